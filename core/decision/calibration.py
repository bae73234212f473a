"""Derives thresholds with a stated false-alarm rate from held-out good scores.

Split conformal prediction (Vovk et al. 2005; Lei et al. 2018): given n scores of good samples that the model was not
trained on, a new good sample exceeds the ceil((n + 1)(1 - a))-th smallest score with probability at most a.
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
"""Approximate number of fine steps of a threshold per standard deviation."""

WANTED_RECORDINGS = 20
"""Number of recordings below which they vary too little to support a false-alarm rate."""


def smoothed(held_out: HeldOut, count: int) -> HeldOut:
    """Replace the scores by their means over every `count` consecutive windows of a recording.

    A recording with fewer windows gives one mean over all of them. Pictures, and `count` <= 1, are returned unchanged.
    """
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
    """Return the share of held-out windows (0..1) that may exceed the threshold so that new recordings keep the target.

    The windows of one recording are alike, while recordings differ. With r recordings, a new one has the weight
    1/(r + 1), and a part of this weight is reserved for variation that the r recordings do not show. Reserving all of
    it would guarantee the rate for any kind of clusters (Lee, Barber, Willett, "Distribution-free inference with
    hierarchical data", 2023). On real motors half of it kept the rate; reserving nothing did not.
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
    """There are too few held-out samples for the false-alarm rate; the text gives the number that is missing."""


def needed(false_alarms: float) -> int:
    """Return the smallest number of held-out samples that supports a false-alarm rate (0..1): 19 for 0.05, 99 for
    0.01."""
    return math.ceil(1.0 / false_alarms - 1e-9) - 1


def conformal_threshold(scores: Scores, false_alarms: float) -> float:
    """Return the score that a new good sample exceeds with probability at most `false_alarms`.

    `scores` (n,) are held-out good scores; higher is more anomalous. Raises TooFewError if n is too small.
    """
    n = len(scores)
    _require(n, "density", false_alarms)
    rank = math.ceil((n + 1) * (1.0 - false_alarms) - 1e-9)
    return float(np.sort(scores)[rank - 1])


def _require(count: int, rule: Rule, false_alarms: float) -> None:
    least = needed_for(rule, false_alarms)
    if count < least:
        raise TooFewError(
            f"{count} good samples cannot support a false-alarm rate of {percent(false_alarms)}: it takes {least},"
            f" {least - count} more" + (f"; {count} support {percent(supported(rule, count))} or more" if count else "")
        )


def supported(rule: Rule, count: int) -> float:
    """Return the smallest false-alarm rate (0..1) that `count` held-out samples support under a rule, rounded up to
    three digits."""
    rate = RULES[rule].budget_parts / (count + 1)
    digit = 10.0 ** (math.floor(math.log10(rate)) - 2)
    return math.ceil(rate / digit - 1e-9) * digit


def needed_for(rule: Rule, false_alarms: float) -> int:
    """Return the smallest number of held-out samples under a rule: some rules split the rate between both scores."""
    return needed(false_alarms / RULES[rule].budget_parts)


def band(count: int, false_alarms: float) -> tuple[float, float]:
    """Return the 5 % and 95 % quantiles of the real false-alarm rate after a calibration with `count` samples.

    The rate of a conformal threshold follows Beta(count + 1 - rank, rank). The quantiles come from a random sample with
    a fixed seed.
    """
    rank = math.ceil((count + 1) * (1.0 - false_alarms) - 1e-9)
    if rank > count:
        return 0.0, 1.0
    sample = np.random.default_rng(0).beta(count + 1 - rank, rank, 20_000)
    low, high = np.quantile(sample, [0.05, 0.95])
    return float(low), float(high)


def percent(rate: float) -> str:
    """Return a rate (0..1) as text in percent with at most three digits: `5 %`."""
    return f"{100 * rate:.3g} %"


def calibrate(held_out: HeldOut, rule: Rule, false_alarms: float, by: str = "") -> Thresholds:
    """Return the thresholds of both scores for a rule and a false-alarm rate (0..1).

    If the rule sets both thresholds together, they come from one conformal threshold c of the joined score: each
    threshold is c standard deviations, or c units of the scores, away from the typical value. Otherwise each score gets
    its part of the false-alarm rate: under `or` half of it, under `density` and `error` all of it (the score that the
    rule does not use gets the threshold that it would have alone).

    Raises TooFewError if there are too few held-out scores.
    """
    if held_out.recording is None or held_out.count == 0:
        _require(held_out.count, rule, false_alarms)
    # If there is too little sound for the target, its highest score is the provisional threshold.
    target, false_alarms = false_alarms, window_rate(held_out, false_alarms)
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
        by or f"calibrated for {percent(target)} false alarms",
    )  # fmt: skip


def made_thresholds(held_out: HeldOut, rule: Rule, density: float, error: float, by: str) -> Thresholds:
    """Return thresholds with the given values; typical values and steps come from the held-out scores."""
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
    """Return the standard deviation, but at least a tiny positive number, so that identical scores have a scale too."""
    spread = float(scores.std()) if len(scores) else 0.0
    return max(spread, 1e-9 * max(1.0, abs(_typical(scores))), 1e-12)


def nice_step(about: float) -> float:
    """Return the largest number of the form 1, 2 or 5 times a power of ten that is at most `about` (> 0)."""
    power = 10.0 ** math.floor(math.log10(about))
    return next(m * power for m in (5.0, 2.0, 1.0) if m * power <= about * 1.000001)
