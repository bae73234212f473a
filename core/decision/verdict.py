"""Derives the verdict OK, ANOMALY or UNKNOWN and its reason from scores, thresholds and votes."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping

import numpy as np

from core.bundle import HeldOut
from core.decision.decimals import decimals
from core.decision.rule import RULES, share, shares
from core.decision.rule_arrays import share_arrays
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense, State, Thresholds, Verdict


class ScoreRanking:
    """Ranks a sample among the held-out good samples.

    The score is -log10 of the sample's conformal p-value. It is continuous, and keeps rising for samples that are more
    anomalous than every held-out one.
    """

    def __init__(self, held_out: HeldOut, thresholds: Thresholds) -> None:
        """The ranking compares shares of the alarm level under `thresholds`."""
        self._good = np.sort(share_arrays(held_out.density, held_out.reconstruction_error, thresholds))

    def p_value(self, share_of_alarm: float) -> float:
        """Return the share of good samples, the sample itself included, that are at least as anomalous."""
        n = len(self._good)
        at_least = n - int(np.searchsorted(self._good, share_of_alarm, side="left"))
        return (1 + at_least) / (n + 1)

    def score(self, share_of_alarm: float) -> float:
        """Return the score of a sample from its share of the alarm level; the share itself without held-out samples."""
        n = len(self._good)
        if n == 0:
            return float(share_of_alarm)
        top, middle = float(self._good[-1]), float(self._good[n // 2])
        spread = max(top - middle, 1e-9)
        if share_of_alarm >= top:
            return math.log10(n + 1) + (share_of_alarm - top) / spread
        low = float(self._good[0])
        if share_of_alarm < low:
            return max(0.0, -math.log10(n / (n + 1))) * math.exp((share_of_alarm - low) / spread)
        # The p-value is interpolated between two good samples, so that different samples get different scores.
        ranks = np.interp(share_of_alarm, self._good, np.arange(n, 0, -1))
        return -math.log10(float(ranks) / (n + 1))


def reason(density: float, error: float, t: Thresholds, anomalous: bool) -> str:
    """Return the reason of a verdict: the decisive score with its threshold, or the share of the alarm level."""
    d, threshold_d = score_text(density, t.density_step), score_text(t.density, t.density_step)
    e, threshold_e = score_text(error, t.error_step), score_text(t.reconstruction_error, t.error_step)
    of_density, of_error = f"density {d}, threshold {threshold_d}", f"reconstruction error {e}, threshold {threshold_e}"
    if not (math.isfinite(density) and math.isfinite(error)):
        return "the scores are not numbers"
    if not anomalous:
        return f"like the good parts ({max(0.0, 100 * share(density, error, t)):.0f} % of the alarm level)"
    decisive = RULES[t.rule].decisive(*shares(density, error, t))
    if decisive == "density":
        return f"too little like the good parts: {of_density}"
    if decisive == "reconstruction_error":
        return f"redrawn badly: {of_error}"
    return f"{of_density}; {of_error}"


def score_text(value: float, step: float) -> str:
    """Return a score or threshold as text with the decimals of its step."""
    return f"{value:.{decimals(step)}f}"


BADNESS: Mapping[State, int] = {"OK": 0, "UNKNOWN": 1, "ANOMALY": 2}
"""The order of verdicts, the worst last."""


def joined(verdicts: Mapping[Sense, Verdict]) -> Verdict:
    """Return the worst verdict of the senses. If there are several senses, the reason names those with this verdict."""
    worst = max(verdicts.values(), key=lambda verdict: BADNESS[verdict.state])
    if len(verdicts) == 1 or (all(verdict == worst for verdict in verdicts.values()) and worst.state == "UNKNOWN"):
        return worst
    reasons = {sense: verdict.reason for sense, verdict in verdicts.items() if verdict.state == worst.state}
    return Verdict(worst.state, "; ".join(f"{SENSE_WORDS[sense].sample}: {text}" for sense, text in reasons.items()))


class Votes:
    """Smooths the results of single samples: the verdict changes when `hold` of the last `of` samples agree.

    It is UNKNOWN until that happens for the first time.
    """

    def __init__(self, hold: int, of: int) -> None:
        """`hold` of the last `of` samples must agree."""
        self.hold = hold
        self._votes: deque[bool] = deque(maxlen=of)
        self._state: bool | None = None

    def clear(self) -> None:
        """Forget all votes, because another part follows, or the same part after an interruption."""
        self._votes.clear()
        self._state = None

    def push(self, anomalous: bool) -> None:
        """Add the result of one sample."""
        self._votes.append(anomalous)
        # The newest result is tried first: if hold <= of / 2, both results may have enough votes.
        for candidate in (anomalous, not anomalous):
            if self._votes.count(candidate) >= self.hold:
                self._state = candidate
                return

    def verdict(self, why: str) -> Verdict:
        """Return the current verdict, with the reason `why` unless it is UNKNOWN."""
        if self._state is None:
            if len(self._votes) >= self.hold:
                return Verdict("UNKNOWN", f"looking: the last {len(self._votes)} pictures do not agree")
            return Verdict("UNKNOWN", f"looking: {len(self._votes)} of {self.hold} pictures judged")
        return Verdict("ANOMALY" if self._state else "OK", why)

    @property
    def agrees(self) -> bool:
        """Whether the newest sample has the result of the current verdict."""
        return bool(self._votes) and self._votes[-1] == self._state

    def __str__(self) -> str:
        """The votes, oldest first: `A` anomalous, `.` normal, `-` not judged yet."""
        missing = (self._votes.maxlen or 0) - len(self._votes)
        return "-" * missing + "".join("A" if v else "." for v in self._votes)
