"""Checks whether sound can be trusted: a silent, clipping or stuck microphone gives UNKNOWN, never OK."""

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
"""Absolute value of a sample; at or above it the sample is clipped."""
SILENCE = -120.0
"""dB, shown for digital silence."""
NOTHING_AFTER = 0.8
"""Seconds without sound until this is a fault."""
LOOKED_AT, ENOUGH = 1.0, 0.25
"""Seconds of sound that are checked, and that are needed for a decision."""
QUIETEST, LOUDEST = 35.0, 35.0
"""dB below and above the taught level that are allowed. The range is wide, because a machine that stops or becomes loud
(a broken propeller was 28 dB louder) has a fault that the model must hear; it is not the microphone's fault."""
DEAD_LOW, DEAD_HIGH = -95.0, -70.0
"""dB: bounds of the level below which a microphone is dead."""
CLIPPED, OFFSET = 0.002, 0.05
"""The share of clipped samples and the constant offset (full scale is 1) that are allowed besides the taught ones."""
HEARD_BY_MODELS = 16_000
"""Samples per second that the models need."""
HELD_SECONDS = 2.0
"""Seconds for which the level shows the highest peak and clipping."""


@dataclass(frozen=True)
class SoundMeasures:
    """The measures of one block of sound that the health check uses."""

    seconds: float
    power: float
    """Mean square, without the offset."""
    peak: float
    """The largest absolute value; full scale is 1."""
    offset: float
    """The mean of the samples."""
    clipped: float
    """Share of samples at full scale, 0..1."""
    constant: bool
    """True if all samples are equal."""
    finite: bool
    """False if samples are NaN or infinite."""
    rate: int
    """Samples per second."""


def measure_sound(samples: Sound, rate: int) -> SoundMeasures:
    """Return the measures of a block of at least one sample; `rate` is in samples per second."""
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
    """Return a power (full scale is 1) in dB; SILENCE if there is almost none."""
    return 10 * math.log10(power) if power > 1e-12 else SILENCE


@dataclass(frozen=True)
class TaughtSound:
    """The measures of the taught recordings, second by second, stored in the bundle's manifest."""

    rms_low: float
    """dB of full scale."""
    rms_high: float
    """dB of full scale."""
    clipped_high: float
    offset_high: float
    rate_low: int

    @classmethod
    def of(cls, measures: Iterable[SoundMeasures]) -> Self:
        """Summarize the measures of the taught sound. Raises GoodpartError if none is long enough."""
        taught = [m for m in measures if m.seconds >= ENOUGH]
        if not taught:
            raise GoodpartError("no good sound was measured: teach some first")
        levels = [decibels(m.power) for m in taught]
        return cls(
            rms_low=min(levels),
            rms_high=max(levels),
            clipped_high=max(m.clipped for m in taught),
            offset_high=max(abs(m.offset) for m in taught),
            rate_low=min(m.rate for m in taught),
        )

    def to_json(self) -> dict[str, float | int]:
        """Return the fields by name, as JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Self:
        """Read what `to_json` returns. Raises GoodpartError if a number is missing or invalid."""

        def number(name: str) -> float:
            value = data.get(name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise GoodpartError(f"the model's data about the sound has no number for {name}: train again")
            return float(value)

        return cls(
            rms_low=number("rms_low"),
            rms_high=number("rms_high"),
            clipped_high=number("clipped_high"),
            offset_high=number("offset_high"),
            rate_low=int(number("rate_low")),
        )


class MicrophoneHealth:
    """Checks every block of sound before it is judged. It has no clock of its own; only one thread may use it."""

    def __init__(self, taught: TaughtSound | None) -> None:
        """`taught` is None before the first training; the check then uses fixed limits."""
        self._taught = taught
        self._last: deque[SoundMeasures] = deque()
        self._peaks: deque[tuple[float, float]] = deque()
        self._clipped_at = -math.inf
        self._heard_at: float | None = None

    def check(self, stretch: SoundBlock | None, status: MicrophoneStatus, now: float) -> str | None:
        """Return why the sound cannot be trusted, as text for the verdict's reason; None if it can.

        `stretch` is the block to be judged, or None if the source has no new one. `now` is time.monotonic().
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
        for measures in reversed(last):
            if not measures.constant or measures.offset != last[-1].offset:
                break
            constant += measures.seconds
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
        """Return the loudness of the newest block; None before the first one."""
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
    """Return why the sound cannot be compared with the taught sound; None if it can."""
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
