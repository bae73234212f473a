"""Compares what the live station said with what the replay says."""

from __future__ import annotations

from core.replay.outcome import Difference, ReplayOutcome
from core.tape.verdict_stream import VerdictLine


class StreamComparison:
    """The two verdict streams run side by side: what one has said waits for the other. The first difference goes into
    the outcome."""

    def __init__(self, outcome: ReplayOutcome) -> None:
        self._outcome = outcome
        # What one run has said and the other has not yet.
        self._ahead: list[tuple[float, VerdictLine]] = []
        self._behind: list[tuple[float, VerdictLine]] = []

    def add(self, said: VerdictLine, at: float, *, live: bool) -> None:
        """`said` by the live station, or by the replay, at time.time() `at`."""
        outcome = self._outcome
        (outcome.live if live else outcome.digest).add(said)
        mine, other = (self._behind, self._ahead) if live else (self._ahead, self._behind)
        if outcome.difference is not None or not outcome.exact or outcome.lost:
            return
        if not other:
            mine.append((at, said))
            return
        _, their = other.pop(0)
        if their != said:
            one, two = (said, their) if live else (their, said)
            outcome.difference = Difference(at, one, two)

    def end(self) -> None:
        """Of a torn recording the last verdicts are missing: only what the live run said must be said again. What comes
        after a gap cannot be the same."""
        outcome = self._outcome
        if outcome.lost:
            return
        if outcome.difference is None and self._behind:
            outcome.difference = Difference(self._behind[0][0], self._behind[0][1], None)
        if outcome.difference is None and self._ahead and outcome.whole and not outcome.trouble:
            outcome.difference = Difference(self._ahead[0][0], None, self._ahead[0][1])
