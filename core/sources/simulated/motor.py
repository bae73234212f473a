"""Synthesizes the sound of a small motor with a fan wheel in a room, and of its faults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from core.samples import Sound

RATE = 16_000
"""Samples per second."""
BLOCK = RATE // 10
"""Samples per block, 0.1 s."""
SPEED = 26.0
"""Revolutions per second."""
BLADES = 7
BALLS = 3.58
"""Impacts of a worn bearing per revolution; not a whole number, which distinguishes them from the other tones."""
MAINS = 50.0
"""Hertz."""

MotorFault = Literal["bearing", "imbalance", "rub", "stop", "whistle"]
MOTOR_FAULTS: tuple[MotorFault, ...] = get_args(MotorFault)


@dataclass(frozen=True)
class Unit:
    """One motor; seed, number and series determine how it differs a little from the others."""

    seed: int
    number: int
    series: str = "bench"
    fault: MotorFault | None = None
    strength: float = 1.0
    """Of the fault, 0..1: from hardly audible to clear."""


class Motor:
    """Endless sound of one unit in blocks of 0.1 s; one takes about 0.3 ms of a core. The same unit sounds the same."""

    def __init__(self, unit: Unit) -> None:
        series = int.from_bytes(unit.series.encode(), "little") % 2**32
        self._rng = rng = np.random.default_rng([unit.seed, unit.number, series])
        self._unit = unit
        self._speed = SPEED * (1 + 0.004 * rng.standard_normal())
        orders = np.array([1, 2, 3, 4, BLADES, 2 * BLADES, 3 * BLADES], float)
        amplitudes = np.array([0.010, 0.006, 0.004, 0.003, 0.012, 0.006, 0.003])
        self._orders = orders
        self._amplitudes = amplitudes * 10 ** (rng.normal(0, 1.0, len(orders)) / 20)
        self._phases = rng.uniform(0, 2 * np.pi, len(orders))
        self._hum = 10 ** (rng.normal(0, 1.0, 3) / 20) * np.array([0.004, 0.006, 0.002])
        self._hum_phases = rng.uniform(0, 2 * np.pi, 3)
        self._wind = _filter(rng, [(0, -46), (300, -40), (1500, -46), (4000, -56), (8000, -66)], 1.0)
        self._room = _filter(rng, [(0, -50), (200, -56), (1000, -66), (8000, -78)], 0.5)
        self._ring = _resonance(3150 * (1 + 0.01 * rng.standard_normal()), 0.0022)
        self._tails = {"wind": np.zeros(TAPS - 1), "room": np.zeros(TAPS - 1), "rub": np.zeros(TAPS - 1)}
        self._scrape = _filter(rng, [(0, -80), (1200, -70), (2500, -34), (5000, -38), (8000, -60)], 1.0)
        self._turned = rng.uniform(0, 1)
        self._until_impact = rng.uniform(0, 1)
        self._echo = np.zeros(len(self._ring))
        self._time = 0
        self._wander = 0.0

    def block(self) -> Sound:
        """The next 0.1 s: float32 (1600,)."""
        unit, rng = self._unit, self._rng
        running = unit.fault != "stop"
        self._wander = 0.97 * self._wander + 0.0004 * rng.standard_normal()
        speed = self._speed * (1 + self._wander)
        turned = self._turned + speed * np.arange(1, BLOCK + 1) / RATE
        self._turned = float(turned[-1] % 1e6)
        seconds = (self._time + np.arange(BLOCK)) / RATE
        self._time += BLOCK
        sound = self._noise("room", self._room)
        for order, amplitude, phase in zip((1, 2, 3), self._hum, self._hum_phases, strict=True):
            sound += amplitude * (1.0 if running else 0.3) * np.sin(2 * np.pi * MAINS * order * seconds + phase)
        if running:
            sound += self._machine(turned) + self._faulty(turned, seconds)
        return np.asarray(sound, np.float32)

    def _machine(self, turned: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        amplitudes = self._amplitudes
        modulation: npt.NDArray[np.float64] | float = 1.0
        if self._unit.fault == "imbalance":
            amplitudes = amplitudes.copy()
            amplitudes[0] *= 1 + 7 * self._unit.strength
            amplitudes[1] *= 1 + 3 * self._unit.strength
            modulation = 1 + 0.6 * self._unit.strength * np.sin(2 * np.pi * turned)
        angles = 2 * np.pi * np.outer(self._orders, turned) + self._phases[:, None]
        breeze = 1 + 0.15 * np.sin(2 * np.pi * BLADES * turned)
        return np.asarray(amplitudes @ np.sin(angles) + modulation * breeze * self._noise("wind", self._wind))

    def _faulty(self, turned: npt.NDArray[np.float64], seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        unit = self._unit
        if unit.fault == "bearing":
            return self._impacts()
        if unit.fault == "rub":
            # The wheel touches its housing once per turn.
            touch = np.maximum(0, np.cos(2 * np.pi * turned)) ** 6
            return unit.strength * touch * self._noise("rub", self._scrape)
        if unit.fault == "whistle":
            return np.asarray(0.006 * unit.strength * np.sin(2 * np.pi * 3420 * seconds + 0.4 * np.sin(3 * seconds)))
        return np.zeros(BLOCK)

    def _impacts(self) -> npt.NDArray[np.float64]:
        """Short knocks that make the housing ring, at the bearing's rate, with the slip of its balls."""
        struck = np.zeros(BLOCK + len(self._ring))
        struck[: len(self._echo)] += self._echo
        period = RATE / (BALLS * self._speed)
        place = self._until_impact * period
        while place < BLOCK:
            begin = int(place)
            knock = 0.06 * self._unit.strength * (1 + 0.25 * self._rng.standard_normal())
            struck[begin : begin + len(self._ring)] += knock * self._ring
            place += period * (1 + 0.02 * self._rng.standard_normal())
        self._until_impact = (place - BLOCK) / period
        self._echo = struck[BLOCK:]
        return struck[:BLOCK]

    def _noise(self, name: str, taps: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Coloured noise without a seam between blocks: float64 (1600,)."""
        white = self._rng.standard_normal(BLOCK)
        whole = np.convolve(white, taps)
        whole[: TAPS - 1] += self._tails[name]
        self._tails[name] = whole[BLOCK:]
        return whole[:BLOCK]


TAPS = 63


def _filter(rng: np.random.Generator, points: list[tuple[float, float]], spread: float) -> npt.NDArray[np.float64]:
    """Taps (63,) whose response passes through (hertz, dB) points, each varied per unit by about `spread` dB."""
    hertz, wanted = zip(*points, strict=True)
    varied = np.array(wanted) + rng.normal(0, spread, len(wanted))
    response = 10 ** (np.interp(np.linspace(0, RATE / 2, 257), hertz, varied) / 20)
    taps = np.roll(np.fft.irfft(response), TAPS // 2)[:TAPS]
    return np.asarray(taps * np.hanning(TAPS + 2)[1:-1] * np.sqrt(16), np.float64)


def _resonance(hertz: float, decay: float) -> npt.NDArray[np.float64]:
    time = np.arange(int(6 * decay * RATE)) / RATE
    return np.asarray(np.exp(-time / decay) * np.sin(2 * np.pi * hertz * time))


def sound_of(unit: Unit, seconds: float) -> Sound:
    """The sound of a unit from its start: float32 (16000 * seconds,), rounded to 0.1 s."""
    motor = Motor(unit)
    return np.concatenate([motor.block() for _ in range(max(1, round(10 * seconds)))])


def good_sound(count: int, seconds: float, seed: int = 0) -> Iterator[Sound]:
    """Recordings of `count` different good motors to teach; these motors are never on the bench, with any seed."""
    for number in range(count):
        yield sound_of(Unit(seed, number, "taught"), seconds)
