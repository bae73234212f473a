"""The shape of the simulated pump body: height, material and turning centre of every pixel, for one picture size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from core.sources.simulated.pump.lighting import CAST, PLATE, RUBBER, STEEL, TURNED, Floats
from core.sources.simulated.pump.surface import NEUTRAL, Patch, Point, Surface, box, patch, ramp

# Lengths and heights as in core.sources.simulated.pump.surface.
AXIS: Point = (-0.115, 0.0)
FLANGE_RADIUS = 0.388
BORE_RADIUS = 0.192
GROOVE = (0.226, 0.254)
BOLT_CIRCLE = 0.318
BOLTS = 8
HOLE_RADIUS = 0.0225
HEAD_RADIUS = 0.039
EARS: tuple[Point, Point] = ((-0.52, -0.365), (-0.52, 0.365))
PORT: Point = (0.445, 0.135)
PAD: Point = (0.425, -0.175)

PLATE_HEIGHT = -85.0
FLANGE_HEIGHT = 15.0

TURN_STEPS = 4
"""Steps per pixel of the distance from the turning centre."""


@dataclass(frozen=True)
class Body:
    """The shape that all parts share; (h, w) is the picture's size."""

    height: Floats
    """float32 (h, w), pixels."""
    material: npt.NDArray[np.uint8]
    """uint8 (h, w), index into core.sources.simulated.pump.lighting.MATERIALS."""
    turning: npt.NDArray[np.uint16]
    """(h, w) distance from the turning centre in 1 / TURN_STEPS pixels."""
    facing: tuple[Floats, Floats]
    """Cosine and sine of the direction from the turning centre, 0 on surfaces that are not turned; (h / 3, w / 3)."""
    grain: Floats
    """(512, 768) periodic noise, standard deviation 1, as fine as the skin of a casting."""
    scale: float
    """Pixels per unit of length."""


def bolt_place(index: int) -> Point:
    """The centre of bolt place 0..7 on the flange."""
    angle = 2 * math.pi * (index + 0.5) / BOLTS
    return AXIS[0] + BOLT_CIRCLE * math.cos(angle), AXIS[1] + BOLT_CIRCLE * math.sin(angle)


@lru_cache(maxsize=1)
def body(width: int, height: int) -> Body:
    """The body for a picture of this size; the last one is kept (about 12 MB at 1280x960)."""
    scale = min(height, width * 0.75)
    unit = max(scale / 960, 0.4)
    tint = np.broadcast_to(np.uint8(NEUTRAL), (height, width, 3))
    surface = Surface(np.empty((height, width), np.float32), np.empty((height, width), np.uint8), tint, scale)
    turning = np.zeros((height, width), np.uint16)

    _casting(surface)
    flange = patch(surface, AXIS, FLANGE_RADIUS + 0.02)
    _flange(flange)
    _pump_chamber(flange)
    turned = [(flange, flange.r)]
    for ear in EARS:
        spot = patch(surface, ear, 0.06)
        _ear(spot)
        turned.append((spot, spot.r))
    port = patch(surface, PORT, 0.155)
    _port(port)
    turned.append((port, port.r))
    pad = patch(surface, PAD, 0.15)
    covered = _pad(pad, scale)
    # The pad is milled in straight lines, as if turned about a distant point.
    turned.append((pad, np.where(covered, 1 + pad.y + 0.15 * pad.x, turning[pad.window] / (scale * TURN_STEPS))))
    for spot, distance in turned:
        turning[spot.window] = np.clip(distance * (scale * TURN_STEPS), 0, 65535)

    # Blur the edges a little, so that highlights show no stairs.
    smooth = np.asarray(cv2.GaussianBlur(surface.height, (0, 0), 0.8), np.float32)
    grain = _periodic_noise(512, 768, 1.9 * unit, 30 * unit)
    return Body(smooth, surface.material, turning, _facing(surface), grain, scale)


def _small_grid(surface: Surface) -> tuple[Floats, Floats]:
    """(1, w), (h, 1): pixel positions in a picture of a third of the size."""
    rows, columns = surface.height.shape
    w, h = max(2, columns // 3), max(2, rows // 3)
    x = ((np.arange(w) + 0.5) / w - 0.5) * columns / surface.scale
    y = ((np.arange(h) + 0.5) / h - 0.5) * rows / surface.scale
    return x[None, :].astype(np.float32), y[:, None].astype(np.float32)


def _facing(surface: Surface) -> tuple[Floats, Floats]:
    x, y = _small_grid(surface)
    metal = np.isin(surface.material, (TURNED, STEEL)).astype(np.float32)
    metal = cv2.resize(metal, (x.shape[1], y.shape[0]), interpolation=cv2.INTER_AREA)
    away_x, away_y = np.broadcast_to(x - AXIS[0], metal.shape).copy(), np.broadcast_to(y - AXIS[1], metal.shape).copy()
    for centre, reach in ((EARS[0], 0.06), (EARS[1], 0.06), (PORT, 0.15)):
        near = np.hypot(x - centre[0], y - centre[1]) < reach
        np.copyto(away_x, x - centre[0], where=near)
        np.copyto(away_y, y - centre[1], where=near)
    on_pad = box(x - PAD[0], y - PAD[1], (0.14, 0.06), 0.01) > 0
    away_x[on_pad], away_y[on_pad] = 0.15, 1.0
    share = metal / np.maximum(np.hypot(away_x, away_y), 1e-3)
    return share * away_x, share * away_y


def _periodic_noise(rows: int, columns: int, fine: float, coarse: float) -> Floats:
    """float32 (rows, columns), mean 0, standard deviation 1, seamless; structure between `fine` and `coarse` pixels."""
    spectrum = np.fft.rfft2(np.random.default_rng(7).standard_normal((rows, columns)))
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :])
    shape = np.exp(-((frequency * fine) ** 2)) / np.maximum(frequency, 1 / coarse) ** 0.9
    shape[0, 0] = 0
    noise = np.fft.irfft2(spectrum * shape, s=(rows, columns))
    return np.asarray(noise / noise.std(), np.float32)


def _union(a: Floats, b: Floats, blend: float) -> Floats:
    """The larger of two inward distances, with a fillet between them."""
    mix = np.clip(0.5 + 0.5 * (a - b) / blend, 0, 1)
    return np.asarray(b + (a - b) * mix + blend * mix * (1 - mix))


def _casting(surface: Surface) -> None:
    """The raw casting on the plate of its fixture."""
    x, y = _small_grid(surface)
    inside: Floats = _union(0.445 - np.hypot(x - AXIS[0], y - AXIS[1]), box(x - 0.36, y, (0.23, 0.335), 0.13), 0.10)
    for ear in EARS:
        ex, ey = ear[0] - AXIS[0], ear[1] - AXIS[1]
        along = np.clip(((x - AXIS[0]) * ex + (y - AXIS[1]) * ey) / (ex * ex + ey * ey), 0, 1)
        inside = _union(inside, 0.066 - np.hypot(x - AXIS[0] - ex * along, y - AXIS[1] - ey * along), 0.07)
    rows, columns = surface.height.shape
    inside = cv2.resize(inside.astype(np.float32), (columns, rows), interpolation=cv2.INTER_LINEAR)
    shoulder = np.sqrt(1 - np.square(1 - ramp(inside, 0.040)))
    surface.height[:] = (PLATE_HEIGHT - PLATE_HEIGHT * shoulder) * surface.unit
    surface.material[:] = np.where(inside > 0, np.uint8(CAST), np.uint8(PLATE))
    for level in (-0.035, 0.05):
        rib = patch(surface, (0.40, level), 0.13)
        rise = ramp(0.013 - np.abs(rib.y - 0.1 * rib.x), 0.010) * ramp(rib.x + 0.115, 0.02) * ramp(0.12 - rib.x, 0.05)
        np.maximum(rib.height, 16 * rise * rib.unit, out=rib.height, where=rise > 0)


def _raise(spot: Patch, inside: Floats, level: Floats | float, material: int, chamfer: float = 0.006) -> None:
    """A machined face where `inside` is positive, with a chamfer that catches the ring light."""
    drop = 0.42 * 960 * chamfer * (1 - ramp(inside + chamfer, chamfer))
    np.maximum(spot.height, (level - drop) * spot.unit, out=spot.height, where=inside > -chamfer)
    np.copyto(spot.material, np.uint8(material), where=inside > -0.6 * chamfer)


def _sink(spot: Patch, inside: Floats, level: float, wall: float, material: int | None = None) -> None:
    """A recess down to `level` where `inside` is positive; its wall appears `wall` wide."""
    np.add(spot.height, (level * spot.unit - spot.height) * ramp(inside, wall), out=spot.height, where=inside > 0)
    if material is not None:
        np.copyto(spot.material, np.uint8(material), where=inside > 0)


def _put(spot: Patch, inside: Floats, level: Floats, material: int) -> None:
    """A separate piece on top where `inside` is positive."""
    np.copyto(spot.height, (level * spot.unit).astype(np.float32), where=inside > 0)
    np.copyto(spot.material, np.uint8(material), where=inside > 0)


def _flange(spot: Patch) -> None:
    r = spot.r
    _raise(spot, FLANGE_RADIUS - r, FLANGE_HEIGHT, TURNED, 0.009)
    # A groove with a sealing cord.
    off = np.abs(r - (GROOVE[0] + GROOVE[1]) / 2)
    _sink(spot, (GROOVE[1] - GROOVE[0]) / 2 - off, FLANGE_HEIGHT - 16, 0.004, RUBBER)
    cord = 0.0105 - off
    _put(spot, cord, FLANGE_HEIGHT - 14 + 11 * np.sqrt(1 - np.square(1 - ramp(cord, 0.0105))), RUBBER)
    # A milled slot for oil, from the bore to the groove.
    slot = box(spot.x - 0.208, spot.y, (0.020, 0.009), 0.009)
    _sink(spot, np.where(r > BORE_RADIUS, slot, np.float32(-1)), FLANGE_HEIGHT - 11, 0.004)


def _pump_chamber(spot: Patch) -> None:
    """The bore with its floor, two kidney ports, and the shaft in its seal."""
    r = spot.r
    _sink(spot, BORE_RADIUS + 0.010 - r, FLANGE_HEIGHT - 4, 0.010)
    _sink(spot, BORE_RADIUS - r, -62, 0.017, TURNED)
    turn = np.arctan2(spot.y, np.abs(spot.x))
    kidney = 0.023 - np.hypot(r - 0.128, np.maximum(np.abs(turn) - 0.72, 0) * 0.128)
    _sink(spot, kidney + 0.004, -65, 0.004)
    _sink(spot, kidney, -150, 0.010, CAST)
    lip = 0.012 - np.abs(r - 0.078)
    _put(spot, lip, -60 + 9 * np.sqrt(ramp(lip, 0.012)), RUBBER)
    shaft = 0.064 - r
    _put(spot, shaft, -14 - 4 * (1 - ramp(shaft, 0.010)), STEEL)
    keyway = box(spot.x, spot.y + 0.056, (0.012, 0.024), 0.003)
    _sink(spot, np.where(r < 0.0635, keyway, np.float32(-1)), -40, 0.003)
    _sink(spot, 0.016 - r, -30, 0.013)


def _ear(spot: Patch) -> None:
    r = spot.r
    _raise(spot, 0.047 - r, 4, TURNED)
    _sink(spot, 0.030 - r, -2, 0.005)
    _sink(spot, 0.025 - r, -130, 0.012)


def _port(spot: Patch) -> None:
    """The pressure port: a boss with a threaded hole."""
    r = spot.r
    boss = 0.15 - r
    np.maximum(spot.height, 26 * np.sqrt(ramp(boss, 0.03)) * spot.unit, out=spot.height, where=boss > 0)
    _raise(spot, 0.112 - r, 30, TURNED)
    _sink(spot, 0.081 - r, 26, 0.010)
    _sink(spot, 0.071 - r, -95, 0.016, TURNED)
    thread = 3.5 * np.sin((r - 0.055) * (960 * 2 * math.pi / 4.4)) * spot.unit
    np.add(spot.height, thread, out=spot.height, where=(r < 0.0705) & (r > 0.055))


def _pad(spot: Patch, scale: float) -> npt.NDArray[np.bool_]:
    """The milled pad with the engraved number; returns its pixels as a mask."""
    inside = box(spot.x, spot.y, (0.135, 0.058), 0.012)
    _raise(spot, inside, 7, TURNED)
    mask = np.zeros(spot.height.shape, np.uint8)
    for text, down, size in (("PB-4471", -0.006, 0.040), ("REV C  0.8", 0.043, 0.026)):
        place = (round((-0.116 - float(spot.x[0, 0])) * scale), round((down - float(spot.y[0, 0])) * scale))
        thick = max(1, round(0.105 * size * scale))
        cv2.putText(mask, text, place, cv2.FONT_HERSHEY_SIMPLEX, size * scale / 22, 255, thick, cv2.LINE_AA)
    cut = cv2.GaussianBlur(mask, (0, 0), max(0.3, 0.9 * spot.unit)).astype(np.float32) / 255
    np.subtract(spot.height, 5 * cut * spot.unit, out=spot.height)
    return np.asarray(inside > -0.007)
