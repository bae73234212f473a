"""How the materials of the simulated pump body reflect a ring light: one table per material.

For a camera above the part the colour of a surface depends only on its normal. So a part is lit by looking its
normals up in small pictures of a sphere ("matcap"), one per material; a new light needs only new small pictures.
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
"""Cells per side of a table; the middle cell is the normal that points at the camera."""
_LED_TILT = math.radians(44)


@dataclass(frozen=True)
class SurfaceMaterial:
    """How a material reflects light, and its relief."""

    albedo: tuple[float, float, float]
    """Blue, green, red, 0..1."""
    matte: float
    """Weight of the diffuse reflection."""
    gloss: float
    """Weight of the highlight."""
    exponent: float
    """Of the highlight; higher is sharper."""
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
    """A setting of the ring light."""

    level: float = 1.0
    """Brightness; 1 is nominal."""
    warmth: float = 0.0
    """-1 is bluish, 1 is reddish."""
    azimuth: float = -2.2
    """Radians in the picture (y down): the side from which the ring is brighter."""
    bias: float = 0.62
    """How much brighter that side is; 0 is an even ring."""
    leds: tuple[float, ...] = (1.0,) * LEDS
    """Gain of each LED of the ring."""


@cache
def _tables() -> tuple[Floats, Floats]:
    """The light that each LED adds, (LEDS, materials, SIDE, SIDE), and that the room adds, (materials, SIDE, SIDE)."""
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
        # The room is brighter above than at the sides; smooth metal reflects it.
        around[index] = 0.05 * material.matte * (0.5 + 0.5 * nz) + 0.10 * material.gloss * np.clip(1.15 * nz, 0, 1) ** 3
    return diodes, around


def reflections(light: Light) -> npt.NDArray[np.uint8]:
    """The lit spheres of all materials, one below the other: uint8 (materials * SIDE, SIDE, 3), BGR."""
    diodes, around = _tables()
    angles = 2 * np.pi * (np.arange(LEDS) + 0.5) / LEDS
    gains = np.asarray(light.leds) * (1 + light.bias * np.cos(angles - light.azimuth))
    lit = around.copy()
    for gain, diode in zip(gains.astype(np.float32), diodes, strict=True):
        lit += gain * diode
    albedo = np.array([material.albedo for material in MATERIALS], np.float32)
    colour = np.array([1 - 0.09 * light.warmth, 1.0, 1 + 0.07 * light.warmth], np.float32)
    linear = lit[..., None] * (albedo * colour)[:, None, None, :] * (1.75 * light.level)
    # The sensor's curve: gamma, with a soft shoulder instead of hard clipping.
    bright = 1 - np.exp(-linear * 1.35)
    curve = np.power(bright, 1 / 1.65) * 268
    return np.asarray(np.clip(curve, 0, 255), np.uint8).reshape(-1, SIDE, 3)
