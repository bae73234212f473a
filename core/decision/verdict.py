"""Scores, thresholds and votes to OK, ANOMALY or UNKNOWN, with the reason in words."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping

import numpy as np

from core.bundle import HeldOut
from core.decision.rule import RULES, share, shares
from core.decision.rule_arrays import share_arrays
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense, State, Thresholds, Verdict


class ScoreRanking:
    """One score a sample, comparable between samples: -log10 of its conformal p-value among the held-out good ones,
    continuous and rising without end beyond the most anomalous of them."""

    def __init__(self, held_out: HeldOut, thresholds: Thresholds) -> None:
        self._good = np.sort(share_arrays(held_out.density, held_out.reconstruction_error, thresholds))

    def p_value(self, share_of_alarm: float) -> float:
        """Share of good samples that are as anomalous or more, the sample itself counted among them."""
        n = len(self._good)
        at_least = n - int(np.searchsorted(self._good, share_of_alarm, side="left"))
        return (1 + at_least) / (n + 1)

    def score(self, share_of_alarm: float) -> float:
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
        # Between two good samples the p-value is interpolated, so that no two samples tie.
        ranks = np.interp(share_of_alarm, self._good, np.arange(n, 0, -1))
        return -math.log10(float(ranks) / (n + 1))


def reason(density: float, error: float, t: Thresholds, anomalous: bool) -> str:
    """Which score says so, in words with numbers."""
    d, threshold_d = score_text(density, t.density_step), score_text(t.density, t.density_step)
    e, threshold_e = score_text(error, t.error_step), score_text(t.reconstruction_error, t.error_step)
    say_d, say_e = f"density {d}, threshold {threshold_d}", f"reconstruction error {e}, threshold {threshold_e}"
    if not (math.isfinite(density) and math.isfinite(error)):
        return "the scores are not numbers"
    if not anomalous:
        return f"like the good parts ({max(0.0, 100 * share(density, error, t)):.0f} % of the alarm level)"
    decisive = RULES[t.rule].decisive(*shares(density, error, t))
    if decisive == "density":
        return f"too little like the good parts: {say_d}"
    if decisive == "reconstruction_error":
        return f"redrawn badly: {say_e}"
    return f"{say_d}; {say_e}"


def decimals(step: float) -> int:
    """How many decimals show a step."""
    return max(0, -math.floor(math.log10(step) + 1e-9))


def score_text(value: float, step: float) -> str:
    """A score or threshold in the decimals of its step."""
    return f"{value:.{decimals(step)}f}"


BADNESS: Mapping[State, int] = {"OK": 0, "UNKNOWN": 1, "ANOMALY": 2}


def joined(verdicts: Mapping[Sense, Verdict]) -> Verdict:
    """The worst of what the senses say; where there are several, the reason says whose it is."""
    worst = max(verdicts.values(), key=lambda verdict: BADNESS[verdict.state])
    if len(verdicts) == 1 or (all(verdict == worst for verdict in verdicts.values()) and worst.state == "UNKNOWN"):
        return worst
    said = {sense: verdict.reason for sense, verdict in verdicts.items() if verdict.state == worst.state}
    return Verdict(worst.state, "; ".join(f"{SENSE_WORDS[sense].sample}: {reason}" for sense, reason in said.items()))


class Votes:
    """The smoothing: the verdict follows when `hold` of the last `of` samples agree; until then it is UNKNOWN."""

    def __init__(self, hold: int, of: int) -> None:
        self.hold = hold
        self._votes: deque[bool] = deque(maxlen=of)
        self._state: bool | None = None

    def clear(self) -> None:
        """Forget: what comes now is another part, or the same one after an interruption."""
        self._votes.clear()
        self._state = None

    def push(self, anomalous: bool) -> None:
        self._votes.append(anomalous)
        # The newest first: with hold <= of / 2 both may have enough votes.
        for candidate in (anomalous, not anomalous):
            if self._votes.count(candidate) >= self.hold:
                self._state = candidate
                return

    def verdict(self, why: str) -> Verdict:
        if self._state is None:
            if len(self._votes) >= self.hold:
                return Verdict("UNKNOWN", f"looking: the last {len(self._votes)} pictures do not agree")
            return Verdict("UNKNOWN", f"looking: {len(self._votes)} of {self.hold} pictures judged")
        return Verdict("ANOMALY" if self._state else "OK", why)

    @property
    def agrees(self) -> bool:
        """Whether the newest sample is of the verdict that stands."""
        return bool(self._votes) and self._votes[-1] == self._state

    def __str__(self) -> str:
        """Oldest first, `A` anomalous, `.` normal, `-` not yet."""
        missing = (self._votes.maxlen or 0) - len(self._votes)
        return "-" * missing + "".join("A" if v else "." for v in self._votes)
