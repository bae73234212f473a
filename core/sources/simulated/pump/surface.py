"""The surface of a simulated part, and the functions that paint on it.

Lengths are in picture heights; the origin is the middle of the picture and y points down. Heights are in pixels of a
picture of 960 lines and are multiplied by `Surface.unit` when they are written.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from core.sources.simulated.pump.lighting import Floats

Point = tuple[float, float]
Window = tuple[slice, slice]

NEUTRAL = 200
"""The tint that leaves a material's colour as it is."""


@dataclass(frozen=True)
class Surface:
    """A part to paint on, in place."""

    height: Floats
    """float32 (h, w), pixels."""
    material: npt.NDArray[np.uint8]
    """uint8 (h, w), index into core.sources.simulated.pump.lighting.MATERIALS."""
    tint: npt.NDArray[np.uint8]
    """uint8 (h, w, 3), BGR, NEUTRAL = unchanged."""
    scale: float
    """Pixels per picture height: a length of 0.1 is `0.1 * scale` pixels."""

    @property
    def unit(self) -> float:
        """Pixels of this picture per pixel of a picture of 960 lines."""
        return self.scale / 960


@dataclass(frozen=True)
class Patch:
    """A window of a Surface: views into its arrays, and each pixel's offset from the window's centre."""

    height: Floats
    material: npt.NDArray[np.uint8]
    tint: npt.NDArray[np.uint8]
    window: Window
    x: Floats
    """(1, w)"""
    y: Floats
    """(h, 1)"""
    unit: float

    @property
    def r(self) -> Floats:
        """(h, w) distance from the centre."""
        return np.hypot(self.x, self.y)


def patch(surface: Surface, centre: Point, radius: float) -> Patch:
    """The square window that extends `radius` around `centre`, cut at the picture's edges."""
    rows, columns = surface.height.shape
    middle_x = centre[0] * surface.scale + (columns - 1) / 2
    middle_y = centre[1] * surface.scale + (rows - 1) / 2
    reach = radius * surface.scale
    left, right = (min(max(0, round(middle_x + side * reach)), columns) for side in (-1, 1))
    top, bottom = (min(max(0, round(middle_y + side * reach)), rows) for side in (-1, 1))
    window = (slice(top, bottom), slice(left, right))
    x = ((np.arange(left, right) - middle_x) / surface.scale)[None, :].astype(np.float32)
    y = ((np.arange(top, bottom) - middle_y) / surface.scale)[:, None].astype(np.float32)
    return Patch(surface.height[window], surface.material[window], surface.tint[window], window, x, y, surface.unit)


def ramp(distance: Floats, width: float) -> Floats:
    """0 if `distance` <= 0, 1 if it is >= width, linear between; same shape as `distance`."""
    return np.asarray(np.clip(distance / np.float32(width), 0, 1))


def box(x: Floats, y: Floats, half: Point, corner: float) -> Floats:
    """Inward distance from the edge of a box with rounded corners around the origin."""
    dx = np.abs(x) - (half[0] - corner)
    dy = np.abs(y) - (half[1] - corner)
    outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
    return np.asarray(corner - outside - np.minimum(np.maximum(dx, dy), 0))


def noise(shape: tuple[int, ...], cells: int, rng: np.random.Generator) -> Floats:
    """Smooth noise, float32 (h, w), standard deviation about 1, with about `cells` blobs per side."""
    coarse = rng.standard_normal((cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def darken(surface: Surface, window: Window, share: Floats) -> None:
    """Remove the `share` (h, w), 0..1, of the light in a window."""
    surface.tint[window] = (surface.tint[window] * (1 - share[..., None])).astype(np.uint8)


def stroke(surface: Surface, points: npt.NDArray[np.float64], width: float, fade: float = 0.0) -> tuple[Window, Floats]:
    """A line through `points` (n, 2), `width` pixels of a 960 line picture wide, whose last share `fade` fades out.

    Returns the window that the line needs and its coverage there, float32 0..1; paints nothing.
    """
    rows, columns = surface.height.shape
    places = points * surface.scale + ((columns - 1) / 2, (rows - 1) / 2)
    margin = 4 + width * surface.unit
    limit = np.array([columns, rows])
    low = np.clip(np.floor(places.min(axis=0) - margin), 0, limit).astype(int)
    high = np.clip(np.ceil(places.max(axis=0) + margin) + 1, 0, limit).astype(int)
    window = (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])))
    mask = np.zeros((high - low)[::-1], np.uint8)
    if not mask.size:
        return window, mask.astype(np.float32)
    fixed = np.round((places - low) * 16).astype(np.int32)
    thick = max(1, round(width * surface.unit))
    # Widths below a pixel are fainter; so is the end. The strongest pieces are drawn last, over the ends of the others.
    along = (np.arange(len(fixed) - 1) + 0.5) / (len(fixed) - 1)
    thins = np.clip((1 - along) / fade, 0, 1) if fade else np.ones(len(along))
    strength = np.round(255 * min(1.0, width * surface.unit / thick) * thins)
    for index in np.argsort(strength, kind="stable"):
        first, last = fixed[index].tolist(), fixed[index + 1].tolist()
        cv2.line(mask, first, last, float(strength[index]), thick, cv2.LINE_AA, 4)
    return window, cv2.GaussianBlur(mask, (0, 0), 0.6).astype(np.float32) / 255
