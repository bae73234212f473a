"""The simulated motor in place of a microphone: one unit after another, some faulty, with known truth."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from core.sources.microphone.base import SoundSettings
from core.sources.microphone.files import LATE_SECONDS
from core.sources.microphone.stream import SoundThread
from core.sources.simulated.motor import BLOCK, MOTOR_FAULTS, RATE, Motor, Unit
from core.sources.simulated.schedule import PART_SECONDS, Clamped, next_exchange

CLEAR = (0.6, 1.0)
"""Strengths of the faults on the bench."""


def shown_units(seed: int) -> Iterator[Unit]:
    """The endless series of motors on the bench: two to four good ones, then a faulty one. Every fault comes once per
    round, in random order; the first motor is good."""
    rng = np.random.default_rng([seed & 0xFFFFFFFF, 2])
    number = 0
    while True:
        for index in rng.permutation(len(MOTOR_FAULTS)):
            for _ in range(int(rng.integers(2, 5))):
                yield Unit(seed, number)
                number += 1
            yield Unit(seed, number, fault=MOTOR_FAULTS[int(index)], strength=float(rng.uniform(*CLEAR)))
            number += 1


class SimulatedMotor(SoundThread):
    """A SoundSource that runs in real time or as fast as it is taken; each block's `truth` is `good` or the fault."""

    def __init__(self, settings: SoundSettings, seconds_per_part: float = PART_SECONDS) -> None:
        super().__init__("simulated")
        self._settings = settings
        self._seconds = seconds_per_part
        self._clamped: Clamped = "any"

    def clamp(self, kind: Clamped) -> None:
        """Run only good or only faulty motors from now on; `any` runs both."""
        self._clamped = kind

    def _next_unit(self, units: Iterator[Unit]) -> Unit:
        return next(unit for unit in units if self._fits(unit))

    def _fits(self, unit: Unit) -> bool:
        return self._clamped == "any" or (unit.fault is not None) == (self._clamped == "defect")

    def listen(self) -> None:
        """Put blocks of 0.1 s into the ring until stopped; exchange the motor at the times of the schedule."""
        units = shown_units(self._settings.seed)
        unit = next(units)
        motor = Motor(unit)
        due = time.monotonic()
        # In fast mode time is counted in blocks.
        blocks = 0
        exchange = self._seconds if self._settings.fast else next_exchange(due, self._seconds)
        while not self.stopping.is_set():
            block = motor.block()
            due = max(due, time.monotonic() - LATE_SECONDS) + BLOCK / RATE
            blocks += 1
            elapsed = blocks * BLOCK / RATE
            if self._settings.fast:
                self.ring.wait_for_room(self.stopping.is_set)
            elif self.stopping.wait(max(0.0, due - time.monotonic())):
                return
            self.is_live("simulated motor", RATE, 1)
            self.ring.put(block, RATE, unit.fault or "good")
            now = elapsed if self._settings.fast else time.monotonic()
            if now >= exchange or not self._fits(unit):
                unit = self._next_unit(units)
                motor = Motor(unit)
                exchange = elapsed + self._seconds if self._settings.fast else next_exchange(now, self._seconds)
