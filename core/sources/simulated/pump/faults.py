"""The faults of the simulated pump body. Each is painted on a finished Surface, at a random place, and grows with its
severity: 0.15 is subtle, 0.5 clearly visible, 1 obvious to anybody."""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from core.sources.simulated.pump.body import (
    AXIS,
    BOLTS,
    BORE_RADIUS,
    FLANGE_HEIGHT,
    FLANGE_RADIUS,
    HEAD_RADIUS,
    HOLE_RADIUS,
    bolt_place,
)
from core.sources.simulated.pump.details import Drive, drill, empty_seat, screw
from core.sources.simulated.pump.lighting import BRASS, FRACTURE, PLATE, STEEL, TURNED, Floats
from core.sources.simulated.pump.surface import NEUTRAL, Point, Surface, darken, noise, patch, ramp, stroke

Fault = Literal["scratch", "missing bore", "chip", "stain", "wrong screw", "burr", "crack"]
FAULTS: tuple[Fault, ...] = get_args(Fault)

BORES = tuple(range(0, BOLTS, 2))
"""Bolt places without a screw."""
SCREWS = tuple(range(1, BOLTS, 2))
"""Bolt places with a screw."""


def paint_fault(surface: Surface, fault: Fault, severity: float, rng: np.random.Generator) -> None:
    """Paint a fault into the surface; with the same state of `rng` its place is the same for every severity."""
    if severity <= 0:
        return
    paint = {
        "scratch": _scratch,
        "missing bore": _missing_bore,
        "chip": _chip,
        "stain": _stain,
        "wrong screw": _wrong_screw,
        "burr": _burr,
        "crack": _crack,
    }[fault]
    paint(surface, min(severity, 1.0), rng)


def _around_axis(radius: float, angle: float) -> Point:
    return AXIS[0] + radius * math.cos(angle), AXIS[1] + radius * math.sin(angle)


def _curve(start: Point, end: Point, bend: float) -> npt.NDArray[np.float64]:
    """Points (24, 2) of an arc whose control point leaves the straight line by `bend` of its length."""
    a, b = np.array(start), np.array(end)
    middle = (a + b) / 2 + bend * np.array([-(b - a)[1], (b - a)[0]])
    t = np.linspace(0, 1, 24)[:, None]
    return np.asarray((1 - t) ** 2 * a + 2 * t * (1 - t) * middle + t**2 * b)


def _scratch(surface: Surface, severity: float, rng: np.random.Generator) -> None:
    # The scratch starts on bright metal between two bolt places.
    between = 2 * math.pi * (int(rng.integers(0, BOLTS)) + float(rng.uniform(-0.2, 0.2))) / BOLTS
    start = np.array(_around_axis(float(rng.uniform(0.275, 0.355)), between))
    # Roughly along the ring or out over the casting, so that most of it lies on bright metal.
    outward = math.atan2(start[1] - AXIS[1], start[0] - AXIS[0])
    way = outward + math.pi / 2 * float(rng.choice([-1, 1])) + float(rng.uniform(-0.7, 0.5))
    length = 0.05 + 0.37 * severity
    bend = float(rng.uniform(-0.12, 0.12))
    side = np.array([-math.sin(way), math.cos(way)])
    for index, offset in enumerate((0.0, *rng.uniform(-0.012, 0.012, 3))):
        if index > 3 * severity:
            break
        reach = length * (1.0 if index == 0 else float(rng.uniform(0.3, 0.8)))
        slide = (length - reach) * float(rng.uniform(0, 1))
        first = start + side * offset + slide * np.array([math.cos(way), math.sin(way)])
        last = first + reach * np.array([math.cos(way), math.sin(way)])
        width = (1.0 + 4.5 * severity) * (1.0 if index == 0 else 0.4)
        line = _curve((first[0], first[1]), (last[0], last[1]), bend)
        window, lips = stroke(surface, line, width + 3, 0.35)
        metal = surface.material[window] != PLATE
        surface.height[window] += lips * metal * np.float32((0.4 + 1.8 * severity) * surface.unit)
        window, cut = stroke(surface, line, width, 0.35)
        # The tool chattered: the cut is deeper and shallower along its way.
        chatter = np.clip(0.9 + 0.3 * noise(cut.shape, max(4, max(cut.shape) // 9), rng), 0.3, 1.15)
        cut = cut * (surface.material[window] != PLATE) * chatter
        surface.height[window] -= cut * np.float32((1.2 + 4.0 * severity) * surface.unit)
        np.copyto(surface.material[window], np.uint8(STEEL), where=cut > 0.6)
        darken(surface, window, cut * (0.35 + 0.30 * severity))


def _face_again(surface: Surface, centre: Point, radius: float) -> None:
    """Restore the plain flange face."""
    spot = patch(surface, centre, radius + 0.002)
    inside = spot.r < radius
    spot.height[inside] = FLANGE_HEIGHT * surface.unit
    spot.material[inside] = TURNED
    spot.tint[inside] = NEUTRAL


def _missing_bore(surface: Surface, severity: float, rng: np.random.Generator) -> None:
    place = bolt_place(int(rng.choice(BORES)))
    _face_again(surface, place, HOLE_RADIUS + 0.007)
    # Less severe: drilled too small and not deep enough.
    size = 1 - severity
    if size > 0.08:
        drill(surface, place, size)


def _wrong_screw(surface: Surface, severity: float, rng: np.random.Generator) -> None:
    place = bolt_place(int(rng.choice(SCREWS)))
    angle = float(rng.uniform(0, math.pi))
    other = int(rng.integers(0, 4))
    _face_again(surface, place, HEAD_RADIUS + 0.009)
    if other == 3 and severity >= 0.6:
        empty_seat(surface, place)
        return
    material = STEEL if other == 0 else BRASS
    drive: Drive = "hexagon" if severity < 0.3 else ("star", "slot", "cross", "slot")[other]
    bright = 0.12 + 0.88 * severity
    # Steel is passivated bluish, so that it differs from the flange as well as from the blackened screws.
    colour = (1.25, 0.95, 0.70) if material == STEEL else (1.0, 1.0, 1.0)
    screw(surface, place, angle, drive, material, (bright * colour[0], bright * colour[1], bright * colour[2]))


def _chip(surface: Surface, severity: float, rng: np.random.Generator) -> None:
    angle = float(rng.uniform(0, 2 * math.pi))
    size = 0.014 + 0.055 * severity
    centre = _around_axis(FLANGE_RADIUS + 0.15 * size, angle)
    spot = patch(surface, centre, 1.9 * size)
    # The chip is longer along the edge than across it.
    across = spot.x * math.cos(angle) + spot.y * math.sin(angle)
    along = spot.y * math.cos(angle) - spot.x * math.sin(angle)
    shape = spot.material.shape
    inside = (size * (1 + 0.16 * noise(shape, 7, rng)) - np.hypot(across * 1.15, along * 0.75)).astype(np.float32)
    # A steep edge, and below it a few planes along which the metal broke.
    planes = np.full(shape, np.inf, np.float32)
    for tilt in rng.uniform(-0.55, 0.55, (5, 2)):
        planes = np.minimum(planes, float(rng.uniform(4, 12)) + 960 * (tilt[0] * across + tilt[1] * along))
    broken = FLANGE_HEIGHT - (9 + 15 * severity) * ramp(inside, 0.006) + np.clip(planes, -14, 8) * ramp(inside, 0.012)
    broken += 0.9 * noise(shape, max(4, round(2 * 1.9 * size * 960 / 7)), rng)
    gone = (inside > 0) & (spot.height > broken * surface.unit) & (spot.material != PLATE)
    np.copyto(spot.height, (broken * surface.unit).astype(np.float32), where=gone)
    spot.material[gone] = FRACTURE
    spot.tint[gone] = NEUTRAL


def _stain(surface: Surface, severity: float, rng: np.random.Generator) -> None:
    centre = _around_axis(float(rng.uniform(0.28, 0.40)), float(rng.uniform(0, 2 * math.pi)))
    size = 0.025 + 0.075 * severity
    spot = patch(surface, centre, 2.1 * size)
    shape = spot.material.shape
    inside = (
        size * (1 + 0.30 * noise(shape, 6, rng)) - np.hypot(spot.x, spot.y * float(rng.uniform(0.8, 1.2)))
    ).astype(np.float32)
    if rng.random() < 0.5:
        # Oil: a brown film with a darker rim.
        colour = np.array([0.22, 0.40, 0.58])
        cover = ramp(inside, 0.012) * (0.72 + 0.28 * np.exp(-np.abs(inside) / 0.007))
    else:
        # Rust: orange and rough, in specks that merge in the middle.
        colour = np.array([0.10, 0.30, 0.66])
        specks = noise(shape, max(6, round(size * 450)), rng) + 0.6 * noise(shape, max(6, round(size * 900)), rng)
        cover = ramp((inside / size * 2.2 + 0.5 * specks).astype(np.float32), 0.9) * (inside > -0.5 * size)
        cover = cover * (0.85 + 0.15 * np.clip(specks, -1, 1))
        spot.height[:] += (np.clip(specks, -1.5, 1.5) * cover * 0.9 * severity * surface.unit).astype(np.float32)
    cover = cover * (spot.material != PLATE)
    strength = (cover * (0.25 + 0.75 * severity))[..., None]
    spot.tint[:] = (spot.tint * (1 - strength * (1 - colour))).astype(np.uint8)


def _burr(surface: Surface, severity: float, rng: np.random.Generator) -> None:
    if rng.random() < 0.5:
        centre, radius, arc = bolt_place(int(rng.choice(BORES))), HOLE_RADIUS + 0.003, 1.0 + 2.2 * severity
        thick = 0.004 + 0.021 * severity
    else:
        centre, radius, arc = AXIS, BORE_RADIUS + 0.003, 0.12 + 0.50 * severity
        thick = 0.006 + 0.026 * severity
    middle = float(rng.uniform(-math.pi, math.pi))
    reach = radius + 2.2 * thick
    spot = patch(surface, centre, reach)
    turn = np.arctan2(spot.y, spot.x) - np.float32(middle)
    turn = (turn + math.pi) % (2 * math.pi) - math.pi
    # Ragged along the edge: torn teeth of uneven length, one per 6 to 12 pixels of a 960 line picture.
    teeth = max(8, round(2 * math.pi * radius * 960 / (6 + 6 * severity)))
    outer, inner, crest = (rng.uniform(0.15, 1.0, teeth) ** 1.3 for _ in range(3))
    tooth = (turn + math.pi) / (2 * math.pi) * teeth
    ends = np.clip((arc - np.abs(turn)) / (0.25 * arc), 0, 1)

    def ragged(lengths: npt.NDArray[np.float64]) -> Floats:
        return np.asarray(np.interp(tooth, np.arange(teeth), lengths, period=teeth) * ends * thick, np.float32)

    r = spot.r
    out, into = ragged(outer) * 1.1, ragged(inner) * 0.75
    away = r - radius
    side = np.where(away > 0, 1 - away / np.maximum(out, 1e-4), 1 + away / np.maximum(into, 1e-4)).astype(np.float32)
    torn = (side > 0) & (ends > 0)
    lift = (5 + 20 * severity) * (0.4 + 0.6 * ragged(crest) / thick) * np.sqrt(np.clip(side, 0, 1))
    lift += 2.0 * noise(spot.material.shape, max(4, round(reach * 2 * 960 / 5)), rng) * severity
    raised = ((FLANGE_HEIGHT + lift) * surface.unit).astype(np.float32)
    np.copyto(spot.height, np.maximum(spot.height, raised), where=torn)
    spot.material[torn] = STEEL
    # Dark between the teeth, which trap the light.
    darken(surface, spot.window, (torn * (1 - np.clip(side, 0, 1)) * 0.8 * severity).astype(np.float32))


def _crack(surface: Surface, severity: float, rng: np.random.Generator) -> None:
    place = int(rng.choice(BORES))
    start = bolt_place(place)
    outward = math.atan2(start[1] - AXIS[1], start[0] - AXIS[0]) + float(rng.uniform(-0.5, 0.5))
    points = [np.array(start) + HOLE_RADIUS * np.array([math.cos(outward), math.sin(outward)])]
    heading = outward
    for _ in range(round(6 + 26 * severity)):
        heading += 0.5 * (outward - heading) + float(rng.uniform(-0.75, 0.75))
        points.append(points[-1] + 0.0055 * np.array([math.cos(heading), math.sin(heading)]))
    width = 1.0 + 2.6 * severity
    window, line = stroke(surface, np.array(points), width, 0.5)
    line = line * (surface.material[window] != PLATE)
    surface.height[window] -= line * np.float32((3 + 5 * severity) * surface.unit)
    darken(surface, window, line * (0.45 + 0.45 * severity))
