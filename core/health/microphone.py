"""Can the sound be trusted at all? A microphone that is silent, clipping or stuck gives UNKNOWN, never OK."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np

from core.errors import GoodpartError
from core.samples import Sound, SoundBlock
from core.state.material import Level
from core.state.source_status import MicrophoneStatus

FULL_SCALE = 0.999
SILENCE = -120.0
"""dB that stand for nothing at all."""
NOTHING_AFTER = 0.8
"""Seconds without sound."""
LOOKED_AT, ENOUGH = 1.0, 0.25
"""Seconds of sound that are looked at, and that it takes to say something."""
QUIETEST, LOUDEST = 35.0, 35.0
"""dB below and above what was taught. A machine that stops, or roars (a broken propeller was 28 dB louder), has a fault
to be heard, which is none of the microphone."""
DEAD_LOW, DEAD_HIGH = -95.0, -70.0
CLIPPED, OFFSET = 0.002, 0.05
HEARD_BY_MODELS = 16_000
HELD_SECONDS = 2.0


@dataclass(frozen=True)
class SoundMeasures:
    """What health looks at in a stretch of sound."""

    seconds: float
    power: float
    """Mean square without the offset."""
    peak: float
    offset: float
    """Mean."""
    clipped: float
    """Share of samples at full scale."""
    constant: bool
    finite: bool
    rate: int


def measure_sound(samples: Sound, rate: int) -> SoundMeasures:
    """Measures of a stretch of any length above 0."""
    finite = bool(np.isfinite(samples).all())
    if not finite:
        samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    offset = float(samples.mean(dtype=np.float64))
    low, high = float(samples.min()), float(samples.max())
    size = np.abs(samples)
    return SoundMeasures(
        seconds=len(samples) / rate,
        power=max(0.0, float(np.mean(np.square(samples, dtype=np.float64))) - offset**2),
        peak=max(-low, high),
        offset=offset,
        clipped=float(np.count_nonzero(size >= FULL_SCALE)) / len(samples),
        constant=low == high,
        finite=finite,
        rate=rate,
    )


def decibels(power: float) -> float:
    return 10 * math.log10(power) if power > 1e-12 else SILENCE


@dataclass(frozen=True)
class TaughtSound:
    """What the taught recordings measured, second by second; belongs into the bundle's manifest."""

    rms_low: float
    """dB of full scale."""
    rms_high: float
    clipped_high: float
    offset_high: float
    rate_low: int

    @classmethod
    def of(cls, measures: Iterable[SoundMeasures]) -> Self:
        """Raises GoodpartError when there are none."""
        seen = [m for m in measures if m.seconds >= ENOUGH]
        if not seen:
            raise GoodpartError("no good sound was measured: teach some first")
        levels = [decibels(m.power) for m in seen]
        return cls(
            rms_low=min(levels),
            rms_high=max(levels),
            clipped_high=max(m.clipped for m in seen),
            offset_high=max(abs(m.offset) for m in seen),
            rate_low=min(m.rate for m in seen),
        )

    def to_json(self) -> dict[str, float | int]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Self:
        """Raises GoodpartError when a number is missing or is none."""

        def number(name: str) -> float:
            value = data.get(name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise GoodpartError(f"what was taught about the sound has no number for {name}: train again")
            return float(value)

        return cls(
            rms_low=number("rms_low"),
            rms_high=number("rms_high"),
            clipped_high=number("clipped_high"),
            offset_high=number("offset_high"),
            rate_low=int(number("rate_low")),
        )


class MicrophoneHealth:
    """Listens to every stretch before it is judged. Has no clock of its own; used by one thread."""

    def __init__(self, taught: TaughtSound | None) -> None:
        self._taught = taught
        self._last: deque[SoundMeasures] = deque()
        self._peaks: deque[tuple[float, float]] = deque()
        self._clipped_at = -math.inf
        self._heard_at: float | None = None

    def check(self, stretch: SoundBlock | None, status: MicrophoneStatus, now: float) -> str | None:
        """Why the sound cannot be trusted, in words for the verdict's reason; None when it can.

        stretch: what is to be judged, or None when `take` gave none. now: time.monotonic().
        """
        if stretch is not None and len(stretch.samples):
            self._listen(stretch)
        if status.state != "live":
            self._last.clear()
            message = status.message or f"{status.address} is {status.state}"
            return message if message.startswith("microphone") else f"microphone: {message}"
        if status.note:
            return f"microphone: {status.note}"
        if self._heard_at is None or not self._last:
            return "microphone: no sound yet"
        age = now - self._heard_at
        if age > NOTHING_AFTER:
            return f"microphone: no sound for {age:.1f} s"
        return self._fault()

    def _listen(self, stretch: SoundBlock) -> None:
        measures = measure_sound(stretch.samples, stretch.rate)
        if stretch.broken or (self._last and self._last[-1].rate != stretch.rate):
            self._last.clear()
        self._last.append(measures)
        while sum(m.seconds for m in self._last) - self._last[0].seconds >= LOOKED_AT:
            self._last.popleft()
        self._heard_at = stretch.at
        self._peaks.append((stretch.at, measures.peak))
        while self._peaks[0][0] < stretch.at - HELD_SECONDS:
            self._peaks.popleft()
        if measures.clipped > 0:
            self._clipped_at = stretch.at

    def _fault(self) -> str | None:
        last, taught = self._last, self._taught
        if not all(m.finite for m in last):
            return "microphone: gives samples that are not numbers: choose another device or driver"
        seconds = sum(m.seconds for m in last)
        constant = 0.0
        for one in reversed(last):
            if not one.constant or one.offset != last[-1].offset:
                break
            constant += one.seconds
        if constant >= ENOUGH:
            if last[-1].offset == 0:
                return "microphone: silent (nothing but zeros): is it muted or unplugged?"
            return f"microphone: stuck at {last[-1].offset:.2f}: check cable and device"
        if seconds < ENOUGH:
            return None

        def mean(name: str) -> float:
            return sum(float(getattr(m, name)) * m.seconds for m in last) / seconds

        level = decibels(mean("power"))
        dead = DEAD_LOW if taught is None else min(max(taught.rms_low - QUIETEST, DEAD_LOW), DEAD_HIGH)
        if level < dead:
            known = "" if taught is None else f", taught {taught.rms_low:.0f} to {taught.rms_high:.0f} dB"
            return f"microphone: as good as silent ({level:.0f} dB{known}): is it muted, or its gain down?"
        clipped = mean("clipped")
        if clipped > CLIPPED + (2 * taught.clipped_high if taught else 0.0):
            return f"microphone: clipping ({100 * clipped:.2g} % of the samples at full scale): turn the gain down"
        offset = mean("offset")
        if abs(offset) > OFFSET + (taught.offset_high if taught else 0.0):
            return f"microphone: constant offset of {offset:.2f}: check the device and its cable"
        return _unlike(level, last[-1].rate, taught)

    def level(self) -> Level | None:
        """How loud the newest stretch is; None before the first."""
        if not self._last or self._heard_at is None:
            return None
        newest = self._last[-1]
        return Level(
            rms=decibels(newest.power),
            peak=decibels(newest.peak**2),
            hold=decibels(max(peak for _, peak in self._peaks) ** 2),
            clipped=self._heard_at - self._clipped_at < HELD_SECONDS,
        )


def _unlike(level: float, rate: int, taught: TaughtSound | None) -> str | None:
    """Sound that cannot be compared with what was taught."""
    if taught is None:
        return None
    if rate < min(taught.rate_low, HEARD_BY_MODELS):
        return (
            f"microphone: {rate} samples a second, taught were {taught.rate_low} and more: high tones are missing;"
            " set rate in recipe.toml or teach again"
        )
    if level < taught.rms_low - QUIETEST:
        return f"microphone: {taught.rms_low - level:.0f} dB quieter than taught: check its place and gain"
    if level > taught.rms_high + LOUDEST:
        return f"microphone: {level - taught.rms_high:.0f} dB louder than taught: check its place and gain"
    return None
