"""Draws a machined pump body under a ring light, as a USB microscope shows it.

A part is a height map with materials. Its normals are looked up in tables of reflections
(core.sources.simulated.pump.lighting); its shadows are computed from the blurred height map. The same part and view
always give the same picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np

from core.samples import Picture
from core.sources.simulated.pump.body import BOLTS, TURN_STEPS, Body, body, bolt_place
from core.sources.simulated.pump.details import drill, screw, wear
from core.sources.simulated.pump.faults import Fault, paint_fault
from core.sources.simulated.pump.lighting import LEDS, MATERIALS, SIDE, Floats, Light, reflections
from core.sources.simulated.pump.surface import NEUTRAL, Surface

Series = Literal["shown", "taught"]
"""The two series have no part in common."""

MOST_PIXELS = 1280 * 960
"""Pixels. Larger pictures are drawn at this size and enlarged: such a microscope does not resolve more."""


@dataclass(frozen=True)
class PumpPart:
    """One pump body; series, seed and number determine its texture, wear and screws, and the place of its fault."""

    seed: int = 0
    number: int = 0
    fault: Fault | None = None
    severity: float = 1.0
    """Of the fault: 0 is invisible, 0.15 subtle, 0.5 clearly visible, 1 obvious to anybody."""
    series: Series = "shown"

    def generator(self, purpose: int) -> np.random.Generator:
        """A new random generator, the same for every call with this part and purpose."""
        return np.random.default_rng([self.seed & 0xFFFFFFFF, self.number, self.series == "taught", purpose])


@dataclass(frozen=True)
class CameraView:
    """The pose of the part in its fixture, its light and the blur of the lens."""

    dx: float = 0.0
    """Pixels of a picture of 960 lines."""
    dy: float = 0.0
    degrees: float = 0.0
    blur: float = 0.9
    """Standard deviation in pixels of a picture of 960 lines."""
    light: Light = field(default_factory=Light)


def view_of(part: PumpPart, spread: float = 1.0) -> CameraView:
    """The view of a part; `spread` scales how much the views of different parts differ."""
    rng = part.generator(1)
    dx, dy, turn, level, warmth, azimuth, bias, blur = rng.uniform(-1, 1, 8) * spread
    light = Light(
        level=1 + 0.07 * level,
        warmth=0.6 * warmth,
        azimuth=-2.2 + 0.45 * azimuth,
        bias=0.62 + 0.13 * bias,
        leds=tuple(float(gain) for gain in 1 + 0.08 * spread * rng.uniform(-1, 1, LEDS)),
    )
    return CameraView(5.0 * dx, 5.0 * dy, 1.5 * turn, 0.9 + 0.2 * blur, light)


def draw_part(part: PumpPart, view: CameraView, width: int = 1280, height: int = 960) -> Picture:
    """Draw a part without sensor noise: uint8 (height, width, 3), BGR; byte for byte the same for equal arguments."""
    shrink = min(1.0, math.sqrt(MOST_PIXELS / (width * height)))
    columns, rows = max(8, round(width * shrink)), max(8, round(height * shrink))
    base = body(columns, rows)
    surface = _build(part, base)
    picture = _light(surface, base, view.light, part.generator(2))
    picture = _view(picture, view, surface)
    if (columns, rows) != (width, height):
        picture = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    return picture


def _build(part: PumpPart, base: Body) -> Surface:
    tint = np.full((*base.height.shape, 3), NEUTRAL, np.uint8)
    surface = Surface(base.height.copy(), base.material.copy(), tint, base.scale)
    rng = part.generator(3)
    angles = rng.uniform(0, 2 * math.pi, BOLTS)
    for index in range(BOLTS):
        if index % 2:
            screw(surface, bolt_place(index), float(angles[index]))
        else:
            drill(surface, bolt_place(index))
    wear(surface, rng)
    if part.fault is not None:
        paint_fault(surface, part.fault, part.severity, part.generator(4))
    return surface


def _marks(base: Body, rng: np.random.Generator) -> Floats:
    """Height of the turning marks in pixels by distance from the centre, in steps as in Body.turning."""
    unit = base.scale / 960
    steps = int(base.turning.max()) + 1

    def waves(length: float) -> Floats:
        white = rng.standard_normal((1, steps)).astype(np.float32)
        soft = cv2.GaussianBlur(white, (0, 0), length * unit + 0.5, sigmaY=0.1)[0]
        return np.asarray(soft / (soft.std() + 1e-6))

    rough, slow = waves(5.0), waves(70.0)
    turns = np.arange(steps, dtype=np.float32) / (TURN_STEPS * unit * rng.uniform(4.6, 5.4))
    feed = np.sin(2 * math.pi * turns + 3 * slow) * np.clip(0.55 + 0.3 * slow, 0.1, 1.2)
    return np.asarray((0.17 * feed + 0.34 * rough) * unit, np.float32)


def _light(surface: Surface, base: Body, light: Light, rng: np.random.Generator) -> Picture:
    rows, columns = surface.height.shape
    unit = surface.unit
    table = reflections(light)
    marks = _marks(base, rng)
    grain_of, marks_of = np.zeros(256, np.float32), np.zeros(256, np.float32)
    grain_of[: len(MATERIALS)] = [material.grain * unit for material in MATERIALS]
    marks_of[: len(MATERIALS)] = [material.marks for material in MATERIALS]
    shade = _shadows(surface, base, light, rng)
    top, left = (int(n) for n in rng.integers(0, base.grain.shape))
    across = (np.arange(columns) + left) % base.grain.shape[1]
    # The lamp is near: the same slope reflects differently on the left and on the right.
    lean_x = ((np.arange(columns, dtype=np.float32) - columns / 2) * (0.13 / base.scale))[None, :]
    lean_y = ((np.arange(rows, dtype=np.float32) - rows / 2) * (0.13 / base.scale))[:, None]
    picture = np.empty((rows, columns, 3), np.uint8)
    for start in range(0, rows, 120):
        stop = min(rows, start + 120)
        above, below = max(0, start - 1), min(rows, stop + 1)
        material = surface.material[above:below]
        down = (np.arange(above, below) + top) % base.grain.shape[0]
        relief = np.take(base.grain[down], across, axis=1)
        relief *= cv2.LUT(material, grain_of)
        relief += np.take(marks, base.turning[above:below]) * cv2.LUT(material, marks_of)
        relief += surface.height[above:below]
        inner = slice(start - above, start - above + stop - start)
        gx = cv2.Sobel(relief, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)[inner] + lean_x
        gy = cv2.Sobel(relief, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)[inner] + lean_y[start:stop]
        reach = ((SIDE - 1) / 2) / np.sqrt(gx * gx + gy * gy + 1)
        u = (SIDE - 1) / 2 - gx * reach
        v = (SIDE - 1) / 2 - gy * reach + surface.material[start:stop] * np.float32(SIDE)
        colour = cv2.remap(table, u, v, cv2.INTER_LINEAR)
        colour = cv2.multiply(colour, surface.tint[start:stop], scale=1 / NEUTRAL)
        picture[start:stop] = cv2.multiply(
            colour, cv2.cvtColor(shade[start:stop], cv2.COLOR_GRAY2BGR), scale=1 / NEUTRAL
        )
    return picture


def _shadows(surface: Surface, base: Body, light: Light, rng: np.random.Generator) -> Picture:
    """Shadows of walls, blotches of the material and vignetting of the lens: uint8 (h, w), NEUTRAL = full light."""
    rows, columns = surface.height.shape
    size = (max(2, columns // 3), max(2, rows // 3))
    unit = surface.unit * size[0] / columns
    low = cv2.resize(surface.height, size, interpolation=cv2.INTER_AREA) / surface.unit
    hidden = np.zeros_like(low)
    for reach, weight in ((4.0, 0.020), (14.0, 0.010), (45.0, 0.0045)):
        hidden += weight * np.maximum(cv2.GaussianBlur(low, (0, 0), max(0.4, reach * unit)) - low, 0)
    cast = np.zeros_like(low)
    for distance in (7.0, 16.0, 34.0):
        shift = np.array([[1, 0, math.cos(light.azimuth)], [0, 1, math.sin(light.azimuth)]], np.float32)
        shift[:, 2] *= distance * unit
        moved = cv2.warpAffine(
            low, shift, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
        )
        np.maximum(cast, moved - low - distance * 0.9, out=cast)
    cast = cv2.GaussianBlur(cast, (0, 0), max(0.4, 3.0 * unit))
    bright = np.exp(-hidden) * (1 - 0.75 * light.bias * np.clip(cast / 14, 0, 1))
    # Fine turning marks are brightest where they run across the light: two bright wings on every turned face.
    across = base.facing[0] * math.cos(light.azimuth) + base.facing[1] * math.sin(light.azimuth)
    along = base.facing[0] * math.cos(light.azimuth + 1.9) + base.facing[1] * math.sin(light.azimuth + 1.9)
    wing, ghost = np.square(np.square(across)), np.square(np.square(along))
    bright *= 0.94 + light.bias * (0.50 * np.square(wing) + 0.16 * np.square(np.square(ghost)))
    blotches = cv2.resize(rng.standard_normal((12, 16)).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    x = np.linspace(-1, 1, size[0], dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, size[1], dtype=np.float32)[:, None]
    bright *= (1 + 0.018 * blotches) * (1.05 - 0.20 * (x * x + y * y))
    full = cv2.resize(
        np.clip(bright * NEUTRAL, 0, 255).astype(np.uint8), (columns, rows), interpolation=cv2.INTER_LINEAR
    )
    return np.asarray(full, np.uint8)


def _view(picture: Picture, view: CameraView, surface: Surface) -> Picture:
    """The picture rotated and moved by the pose, and blurred by the lens."""
    rows, columns = picture.shape[:2]
    turn = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), view.degrees, 1.0)
    turn[:, 2] += np.array([view.dx, view.dy]) * surface.unit
    turned = cv2.warpAffine(picture, turn, (columns, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(cv2.GaussianBlur(turned, (5, 5), max(0.3, view.blur * surface.unit)), np.uint8)
