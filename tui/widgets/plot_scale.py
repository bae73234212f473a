"""The scale of a sweep plot: it stays the same and changes only if it no longer fits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_FEW = 8
"""Values below which the scale is fitted to threshold and typical value alone."""


@dataclass(frozen=True)
class Scale:
    """The values at the bottom and at the top of a plot."""

    low: float
    high: float

    @property
    def span(self) -> float:
        return self.high - self.low

    def has(self, value: float) -> bool:
        return self.low <= value <= self.high

    def step_of(self, value: float, steps: int) -> int:
        """Return the step of a value, 0 at the bottom to steps - 1 at the top; -1 below and `steps` above the scale."""
        if math.isnan(value) or value < self.low:
            return -1
        if value > self.high:
            return steps
        return min(steps - 1, int((value - self.low) / self.span * steps))


def fitted(threshold: float, typical: float, step: float, values: Sequence[float]) -> Scale:
    """Return a scale with round ends that shows the threshold and the typical value with a margin, and the middle half
    of the values."""
    unit = max(abs(threshold - typical), 10 * step)
    low, high = min(threshold, typical) - unit, max(threshold, typical) + unit
    finite = sorted(value for value in values if math.isfinite(value))
    if len(finite) >= _FEW:
        quarter = len(finite) // 4
        first, last = finite[quarter], finite[-1 - quarter]
        if first < low:
            low = first - 0.1 * (high - first)
        if last > high:
            high = last + 0.1 * (last - low)
    grid = 10.0 ** math.floor(math.log10(max((high - low) / 4, step)))
    return Scale(math.floor(low / grid) * grid, math.ceil(high / grid) * grid)


def kept_or_fitted(
    scale: Scale | None, threshold: float, typical: float, step: float, values: Sequence[float]
) -> Scale:
    """Return the old scale if it still fits (the threshold well inside, most values on it, not much too wide), else a
    new one."""
    if scale is None:
        return fitted(threshold, typical, step, values)
    margin = 0.06 * scale.span
    finite = [value for value in values if math.isfinite(value)]
    off = sum(not scale.has(value) for value in finite)
    best = fitted(threshold, typical, step, values)
    fits = (
        scale.low + margin <= threshold <= scale.high - margin
        and (len(finite) < _FEW or off <= 0.6 * len(finite) or best.span <= scale.span * 1.05)
        and scale.span <= 2.5 * best.span
    )
    return scale if fits else best
