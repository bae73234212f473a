"""Details that differ between pump bodies: bolt holes, screws, harmless wear. Every function paints in place."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from core.sources.simulated.pump.body import FLANGE_HEIGHT, HEAD_RADIUS, HOLE_RADIUS
from core.sources.simulated.pump.lighting import BLACKENED, STEEL, Floats
from core.sources.simulated.pump.surface import NEUTRAL, Point, Surface, patch, ramp, stroke

Drive = Literal["hexagon", "star", "slot", "cross"]


def drill(surface: Surface, centre: Point, size: float = 1.0) -> None:
    """Paint a threaded hole with a chamfer in the flange face; `size` 1 is the specified size, less is a pilot hole."""
    radius = HOLE_RADIUS * size
    spot = patch(surface, centre, radius + 0.012)
    unit = surface.unit
    r = spot.r
    depth = 7 * ramp(radius + 0.006 - r, 0.006) + 75 * min(1.0, size * 1.2) * ramp(radius * 0.97 - r, 0.011 * size)
    thread = 2.2 * np.sin((radius - r) * 960 * 2 * math.pi / 3.6) * ((r < radius * 0.97) & (r > radius * 0.45))
    np.minimum(spot.height, (FLANGE_HEIGHT - depth - thread) * unit, out=spot.height, where=r < radius + 0.006)


def screw(
    surface: Surface,
    centre: Point,
    angle: float,
    drive: Drive = "hexagon",
    material: int = BLACKENED,
    tint: tuple[float, float, float] = (1, 1, 1),
) -> None:
    """Paint a screw's head with its washer on the flange: a socket cap for the hexagon drive, else a rounded head.

    `tint` is blue, green, red; 1 leaves the material's colour.
    """
    spot = patch(surface, centre, HEAD_RADIUS + 0.022)
    unit = surface.unit
    r = spot.r
    cap = drive == "hexagon"
    washer = (r < HEAD_RADIUS + 0.008) & (r > HEAD_RADIUS * 0.5)
    ring = FLANGE_HEIGHT + 4 - 3 * (1 - ramp(HEAD_RADIUS + 0.008 - r, 0.003))
    np.copyto(spot.height, ring * unit, where=washer)
    np.copyto(spot.material, np.uint8(STEEL), where=washer)
    head = HEAD_RADIUS - r
    if cap:
        top = 27 - 5.0 * (1 - ramp(head, 0.0055))
    else:
        top = 25 - 20 * (1 - np.sqrt(np.maximum(0, 1 - (r / (HEAD_RADIUS * 1.06)) ** 2)))
    ca, sa = math.cos(angle), math.sin(angle)
    u, v = spot.x * ca + spot.y * sa, spot.y * ca - spot.x * sa
    socket = _socket(u, v, r, drive)
    deep = {"hexagon": 26.0, "star": 22.0, "slot": 13.0, "cross": 15.0}[drive]
    top = top - 2.0 * ramp(socket + 0.0022, 0.0022) - deep * ramp(socket, 0.0035)
    inside = head > 0
    np.copyto(spot.height, ((FLANGE_HEIGHT + top) * unit).astype(np.float32), where=inside)
    np.copyto(spot.material, np.uint8(material), where=inside)
    colour = np.clip(np.array(tint) * NEUTRAL, 0, 255).astype(np.uint8)
    np.copyto(spot.tint, colour, where=inside[..., None])


def _socket(u: Floats, v: Floats, r: Floats, drive: Drive) -> Floats:
    """Inward distance from the edge of a drive's recess."""
    across, along = np.abs(v), np.abs(u)
    if drive == "slot":
        return np.minimum(0.0062 - across, HEAD_RADIUS * 0.93 - along)
    if drive == "cross":
        arms = 0.0052 - np.minimum(along, across) + 0.12 * (0.024 - r)
        return np.minimum(arms, 0.025 - np.maximum(along, across))
    if drive == "star":
        return np.asarray(0.0185 + 0.0032 * np.cos(6 * np.arctan2(v, u)) - r)
    # A hexagon 0.037 across its flats.
    return np.minimum(0.0185 - across, 0.0185 - math.sqrt(3) / 2 * along - 0.5 * across)


def empty_seat(surface: Surface, centre: Point) -> None:
    """Paint the hole of a missing screw, with the bright ring that its washer left."""
    spot = patch(surface, centre, HEAD_RADIUS + 0.012)
    mark = (spot.r > HEAD_RADIUS) & (spot.r < HEAD_RADIUS + 0.005)
    spot.height[mark] -= np.float32(0.8 * surface.unit)
    drill(surface, centre)


def wear(surface: Surface, rng: np.random.Generator) -> None:
    """Paint harmless traces of handling: faint short scuffs and specks of dust."""
    reach = np.array(surface.height.shape[::-1]) / surface.scale / 2
    for _ in range(int(rng.integers(2, 7))):
        start = rng.uniform(-0.9, 0.9, 2) * reach
        way = rng.uniform(-0.028, 0.028, 2)
        window, line = stroke(surface, np.array([start, start + way]), 1.0)
        surface.height[window] -= line * np.float32(rng.uniform(0.1, 0.4) * surface.unit)
    for _ in range(int(rng.integers(10, 30))):
        place = rng.uniform(-0.98, 0.98, 2) * reach
        spot = patch(surface, (float(place[0]), float(place[1])), 0.006)
        size = rng.uniform(0.0008, 0.0022)
        cover = ramp(np.float32(size * 1.6) - np.hypot(spot.x, spot.y * rng.uniform(0.6, 1)), size)
        shade = 1 - cover * rng.uniform(0.1, 0.45)
        spot.tint[:] = (spot.tint * shade[..., None]).astype(np.uint8)
