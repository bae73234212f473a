"""Compares the verdicts of the live run with those of the replay."""

from __future__ import annotations

from core.replay.outcome import Difference, ReplayOutcome
from core.tape.verdict_stream import VerdictLine


class StreamComparison:
    """Compares two verdict streams line by line; lines that one stream has first wait for the other. The first
    difference goes into the outcome."""

    def __init__(self, outcome: ReplayOutcome) -> None:
        self._outcome = outcome
        # Lines of the replay that the live run has not reached yet, and the other way round.
        self._ahead: list[tuple[float, VerdictLine]] = []
        self._behind: list[tuple[float, VerdictLine]] = []

    def add(self, line: VerdictLine, at: float, *, live: bool) -> None:
        """Add a line of the live run (`live`) or of the replay, from time.time() `at`."""
        outcome = self._outcome
        (outcome.live if live else outcome.digest).add(line)
        mine, other = (self._behind, self._ahead) if live else (self._ahead, self._behind)
        if outcome.difference is not None or not outcome.exact or outcome.lost:
            return
        if not other:
            mine.append((at, line))
            return
        _, other_line = other.pop(0)
        if other_line != line:
            live_line, replayed = (line, other_line) if live else (other_line, line)
            outcome.difference = Difference(at, live_line, replayed)

    def end(self) -> None:
        """Compare the lines left over at the end. A torn recording lacks the last live verdicts, so additional lines of
        the replay are no difference then. After lost samples nothing is compared."""
        outcome = self._outcome
        if outcome.lost:
            return
        if outcome.difference is None and self._behind:
            outcome.difference = Difference(self._behind[0][0], self._behind[0][1], None)
        if outcome.difference is None and self._ahead and outcome.whole and not outcome.trouble:
            outcome.difference = Difference(self._ahead[0][0], None, self._ahead[0][1])
