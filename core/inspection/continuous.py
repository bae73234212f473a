"""Parts in continuous judging: decides which verdict counts as the verdict of a part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.state.verdict import State, Verdict

LEAST_SECONDS = 1.0
"""Seconds that a verdict must last to count as a part; shorter ones (a passing hand) do not count."""


UNTOLD_SECONDS = 3.0
"""Seconds without OK or ANOMALY after which a part counts as UNKNOWN."""


@dataclass(frozen=True)
class PartEnd:
    """The result of a part that has just been replaced by the next one."""

    verdict: Verdict
    scores: Mapping[str, Any]
    """Scores per sense (`image`, `sound`), from the newest sample with this verdict."""


class PartPresence:
    """Continuous judging: a part is present between two scene changes.

    Its verdict is ANOMALY if that verdict lasted LEAST_SECONDS in total, otherwise OK if OK did, otherwise UNKNOWN if
    UNKNOWN lasted UNTOLD_SECONDS. If none of them lasted long enough, no part was present.
    """

    def __init__(self, least: float = LEAST_SECONDS) -> None:
        """`least` is in seconds; 0 for a folder of pictures, in which every picture is a part."""
        self._least = least
        self._forget()

    def _forget(self) -> None:
        self._lasted: dict[State, float] = {}  # seconds
        self._newest: dict[State, PartEnd] = {}
        self._since: float | None = None
        self._state: State | None = None

    def stands(self, verdict: Verdict, scores: Mapping[str, Any], seen: bool, now: float) -> None:
        """Record the station's verdict at `now` (time.monotonic()); `seen` is false if the camera cannot be trusted."""
        self._add(now)
        self._state = verdict.state if seen else None
        if seen:
            self._lasted.setdefault(verdict.state, 0.0)
            self._newest[verdict.state] = PartEnd(verdict, scores)

    def _add(self, now: float) -> None:
        if self._state is not None and self._since is not None:
            self._lasted[self._state] += now - self._since
        self._since = now

    def exchanged(self, now: float) -> PartEnd | None:
        """End the present part at `now` and start the next one. Return the result, None if no part was present."""
        self._add(now)
        lasted, newest = self._lasted, self._newest
        self._forget()
        states: tuple[State, ...] = ("ANOMALY", "OK")
        for state in states:
            if state in lasted and lasted[state] >= self._least:
                return newest[state]
        return newest["UNKNOWN"] if lasted.get("UNKNOWN", 0.0) >= UNTOLD_SECONDS else None
