"""How the materials of the simulated pump body shine under a ring light: one table of reflections for each material.

A camera above the part sees the colour of a surface as a function of its normal alone. So a part is lit by looking
its normals up in small pictures of a sphere ("matcap"), one for each material; a new light only makes new small
pictures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]

LEDS = 12
SIDE = 80
"""Side of a table in cells; its middle is the normal that points at the camera."""
_LED_TILT = math.radians(44)


@dataclass(frozen=True)
class SurfaceMaterial:
    albedo: tuple[float, float, float]
    """Blue, green, red."""
    matte: float
    gloss: float
    exponent: float
    """Of the highlight: higher is smoother."""
    grain: float
    """Height of the random texture, in pixels of a 960 line picture."""
    marks: float
    """Height of turning marks, in the same pixels."""


PLATE, CAST, TURNED, BLACKENED, STEEL, RUBBER, BRASS, FRACTURE = range(8)

MATERIALS = (
    SurfaceMaterial((0.052, 0.047, 0.045), 0.60, 0.10, 14, 0.26, 0.0),
    SurfaceMaterial((0.33, 0.345, 0.35), 0.62, 0.50, 11, 0.72, 0.0),
    SurfaceMaterial((0.76, 0.785, 0.79), 0.16, 1.05, 24, 0.07, 1.0),
    SurfaceMaterial((0.070, 0.064, 0.062), 0.50, 1.5, 30, 0.12, 0.0),
    SurfaceMaterial((0.62, 0.645, 0.645), 0.14, 1.3, 50, 0.05, 0.7),
    SurfaceMaterial((0.026, 0.024, 0.024), 0.7, 0.25, 16, 0.12, 0.0),
    SurfaceMaterial((0.16, 0.50, 0.76), 0.32, 1.1, 36, 0.08, 0.2),
    SurfaceMaterial((0.55, 0.57, 0.58), 0.70, 0.60, 10, 1.35, 0.0),
)


@dataclass(frozen=True)
class Light:
    level: float = 1.0
    warmth: float = 0.0
    """-1 is bluish, 1 is reddish."""
    azimuth: float = -2.2
    """Radians in the picture (y down): the side from which the ring is brighter."""
    bias: float = 0.62
    """How much brighter that side is: 0 is an even ring."""
    leds: tuple[float, ...] = (1.0,) * LEDS
    """Gain of each diode of the ring."""


@cache
def _tables() -> tuple[Floats, Floats]:
    """What each diode adds, (LEDS, materials, SIDE, SIDE), and what the surroundings add, (materials, SIDE, SIDE)."""
    axis = np.linspace(-1, 1, SIDE, dtype=np.float32)
    nx: Floats = axis[None, :]
    ny: Floats = axis[:, None]
    flat = np.hypot(nx, ny)
    shrink = 1 / np.maximum(flat, 1)
    nx, ny = nx * shrink, ny * shrink
    nz = np.sqrt(np.maximum(0, 1 - nx * nx - ny * ny))
    diodes = np.empty((LEDS, len(MATERIALS), SIDE, SIDE), np.float32)
    around = np.empty((len(MATERIALS), SIDE, SIDE), np.float32)
    for led in range(LEDS):
        angle = 2 * math.pi * (led + 0.5) / LEDS
        light = np.array([math.cos(angle), math.sin(angle), 1 / math.tan(_LED_TILT)]) * math.sin(_LED_TILT)
        half = light + np.array([0, 0, 1])
        half /= np.linalg.norm(half)
        toward = np.maximum(0, nx * light[0] + ny * light[1] + nz * light[2])
        along = np.maximum(0, nx * half[0] + ny * half[1] + nz * half[2])
        for index, material in enumerate(MATERIALS):
            shine = along**material.exponent + 0.5 * along ** (material.exponent * 9)
            diodes[led, index] = (material.matte * toward + material.gloss * shine * 1.6) / LEDS
    for index, material in enumerate(MATERIALS):
        # The room, brighter above than at the sides; smooth metal mirrors it.
        around[index] = 0.05 * material.matte * (0.5 + 0.5 * nz) + 0.10 * material.gloss * np.clip(1.15 * nz, 0, 1) ** 3
    return diodes, around


def reflections(light: Light) -> npt.NDArray[np.uint8]:
    """uint8 (materials * SIDE, SIDE, 3), BGR: the spheres of all materials below each other."""
    diodes, around = _tables()
    angles = 2 * np.pi * (np.arange(LEDS) + 0.5) / LEDS
    gains = np.asarray(light.leds) * (1 + light.bias * np.cos(angles - light.azimuth))
    lit = around.copy()
    for gain, diode in zip(gains.astype(np.float32), diodes, strict=True):
        lit += gain * diode
    albedo = np.array([material.albedo for material in MATERIALS], np.float32)
    colour = np.array([1 - 0.09 * light.warmth, 1.0, 1 + 0.07 * light.warmth], np.float32)
    linear = lit[..., None] * (albedo * colour)[:, None, None, :] * (1.75 * light.level)
    # The sensor's curve: gamma, with a soft shoulder instead of hard white.
    bright = 1 - np.exp(-linear * 1.35)
    curve = np.power(bright, 1 / 1.65) * 268
    return np.asarray(np.clip(curve, 0, 255), np.uint8).reshape(-1, SIDE, 3)
