"""Held-out good scores to thresholds with a stated false-alarm rate.

Split conformal prediction (Vovk et al. 2005; Lei et al. 2018): with n scores of good samples that the model did not
learn from, the ceil((n + 1)(1 - a))-th smallest is exceeded by a new good sample with probability at most a.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from core.bundle import HeldOut, Scores
from core.decision.rule import RULES
from core.decision.rule_arrays import joined_arrays
from core.errors import GoodpartError
from core.state.verdict import Rule, Thresholds

STEPS = 50
"""Fine steps of a threshold to a standard deviation, about."""

WANTED_RECORDINGS = 20
"""Fewer vary too little among themselves to vouch for a false-alarm rate."""


def smoothed(held_out: HeldOut, count: int) -> HeldOut:
    """Means over every `count` consecutive windows of one recording; over all of a recording that has fewer."""
    if count <= 1 or held_out.recording is None:
        return held_out
    starts = np.flatnonzero(np.diff(held_out.recording, prepend=held_out.recording[:1] - 1))
    pieces = list(zip(starts, [*starts[1:], held_out.count], strict=True))

    def means(scores: Scores) -> Scores:
        return np.concatenate([_running_mean(scores[start:end], count) for start, end in pieces] or [scores])

    recording = [np.full(max(1, end - start - count + 1), held_out.recording[start]) for start, end in pieces]
    return replace(
        held_out,
        density=means(held_out.density),
        reconstruction_error=means(held_out.reconstruction_error),
        recording=np.concatenate(recording or [held_out.recording]),
    )


def window_rate(held_out: HeldOut, false_alarms: float) -> float:
    """The share of held-out windows that may lie beyond the threshold, so that new recordings stay within the target.

    Windows of one recording are alike, recordings differ: the next one counts among r + 1, and a part of its weight,
    1/(r + 1), is held back for what no recording has shown yet. The whole of it would guarantee the rate for any kind
    of clusters (Lee, Barber, Willett, "Distribution-free inference with hierarchical data", 2023); half of it kept the
    rate on real motors, none of it did not.
    """
    if held_out.recording is None or held_out.count == 0:
        return false_alarms
    unseen = 0.5 / (len(np.unique(held_out.recording)) + 1)
    return max((false_alarms - unseen) / (1 - unseen), 1.0 / (held_out.count + 1))


def _running_mean(scores: Scores, count: int) -> Scores:
    count = min(count, len(scores))
    sums = np.cumsum(np.concatenate([[0.0], scores]))
    return np.asarray((sums[count:] - sums[:-count]) / count, np.float64)


class TooFewError(GoodpartError):
    """So few held-out samples cannot support so small a false-alarm rate."""


def needed(false_alarms: float) -> int:
    """The smallest number of held-out samples that supports a false-alarm rate: 19 for 5 %, 99 for 1 %."""
    return math.ceil(1.0 / false_alarms - 1e-9) - 1


def conformal_threshold(scores: Scores, false_alarms: float) -> float:
    """The score (higher is more anomalous) that a new good sample exceeds with probability at most `false_alarms`.

    Raises TooFewError with the number still needed.
    """
    n = len(scores)
    _require(n, "density", false_alarms)
    rank = math.ceil((n + 1) * (1.0 - false_alarms) - 1e-9)
    return float(np.sort(scores)[rank - 1])


def _require(count: int, rule: Rule, false_alarms: float) -> None:
    want = needed_for(rule, false_alarms)
    if count < want:
        raise TooFewError(
            f"{count} good samples cannot support a false-alarm rate of {percent(false_alarms)}: it takes {want},"
            f" {want - count} more" + (f"; {count} support {percent(supported(rule, count))} or more" if count else "")
        )


def supported(rule: Rule, count: int) -> float:
    """The smallest false-alarm rate that so many held-out samples support, rounded up to three digits."""
    rate = RULES[rule].budget_parts / (count + 1)
    digit = 10.0 ** (math.floor(math.log10(rate)) - 2)
    return math.ceil(rate / digit - 1e-9) * digit


def needed_for(rule: Rule, false_alarms: float) -> int:
    """The same under a rule: some give each score a part of the budget."""
    return needed(false_alarms / RULES[rule].budget_parts)


def band(count: int, false_alarms: float) -> tuple[float, float]:
    """The 5-95 % band of the false-alarm rate that one calibration with `count` samples really gives.

    The rate of a conformal threshold is Beta(count + 1 - rank, rank) distributed; its quantiles by a fixed sample.
    """
    rank = math.ceil((count + 1) * (1.0 - false_alarms) - 1e-9)
    if rank > count:
        return 0.0, 1.0
    sample = np.random.default_rng(0).beta(count + 1 - rank, rank, 20_000)
    low, high = np.quantile(sample, [0.05, 0.95])
    return float(low), float(high)


def percent(rate: float) -> str:
    return f"{100 * rate:.3g} %"


def calibrate(held_out: HeldOut, rule: Rule, false_alarms: float, by: str = "") -> Thresholds:
    """Both thresholds for a rule and a false-alarm rate.

    If the rule sets both together, one conformal threshold c of the joined score does: each is c standard deviations,
    or units of the scores, away from the typical value. Otherwise each score gets its part of the budget: under `or`
    half of it, under `density` and `error` all of it (the unused score gets the threshold that it would have alone).

    Raises TooFewError.
    """
    if held_out.recording is None or held_out.count == 0:
        _require(held_out.count, rule, false_alarms)
    # So little sound that it cannot support the target has the highest of its scores for a threshold, provisionally.
    asked, false_alarms = false_alarms, window_rate(held_out, false_alarms)
    d, e = held_out.density, held_out.reconstruction_error
    typical_d, typical_e = _typical(d), _typical(e)
    spread_d, spread_e = _spread(d), _spread(e)
    far_d, far_e = (typical_d - d) / spread_d, (e - typical_e) / spread_e
    of_rule = RULES[rule]
    if of_rule.common_unit and held_out.same_unit:
        far_d, far_e, spread_d, spread_e = typical_d - d, e - typical_e, 1.0, 1.0
    if of_rule.thresholds_together:
        level = conformal_threshold(joined_arrays(of_rule, far_d, far_e), false_alarms)
        level_d = level_e = max(level, 1 / STEPS) if of_rule.needs_room else level
    else:
        budget = max(false_alarms / of_rule.budget_parts, 1.0 / (held_out.count + 1))
        level_d, level_e = conformal_threshold(far_d, budget), conformal_threshold(far_e, budget)
    return made_thresholds(
        held_out, rule, typical_d - level_d * spread_d, typical_e + level_e * spread_e,
        by or f"calibrated for {percent(asked)} false alarms",
    )  # fmt: skip


def made_thresholds(held_out: HeldOut, rule: Rule, density: float, error: float, by: str) -> Thresholds:
    """Thresholds with given values, beside what is typical of good samples, and steps that suit the scale."""
    d, e = held_out.density, held_out.reconstruction_error
    return Thresholds(
        density=density,
        reconstruction_error=error,
        rule=rule,
        typical_density=_typical(d),
        typical_error=_typical(e),
        density_step=nice_step(_spread(d) / STEPS),
        error_step=nice_step(_spread(e) / STEPS),
        by=by,
    )


def _typical(scores: Scores) -> float:
    return float(np.median(scores)) if len(scores) else 0.0


def _spread(scores: Scores) -> float:
    """Standard deviation; never 0, so that a set of identical scores still has a scale."""
    spread = float(scores.std()) if len(scores) else 0.0
    return max(spread, 1e-9 * max(1.0, abs(_typical(scores))), 1e-12)


def nice_step(about: float) -> float:
    """1, 2 or 5 times a power of ten, at or below `about`."""
    power = 10.0 ** math.floor(math.log10(about))
    return next(m * power for m in (5.0, 2.0, 1.0) if m * power <= about * 1.000001)
