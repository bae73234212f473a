"""Parts in continuous judging: when a verdict has stood long enough to count as a part's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.state.verdict import State, Verdict

LEAST_SECONDS = 1.0
"""So long a verdict must have stood to be a part's: a hand that passes is none."""


UNTOLD_SECONDS = 3.0
"""A part that lay so long without a verdict was UNKNOWN."""


@dataclass(frozen=True)
class PartEnd:
    verdict: Verdict
    scores: Mapping[str, Any]


class PartPresence:
    """Continuous judging: a part is what lies between two exchanges of the picture.

    Its verdict is ANOMALY where that stood for LEAST_SECONDS, else OK where that did; what lay there for
    UNTOLD_SECONDS without either is UNKNOWN. Anything else was no part.
    """

    def __init__(self, least: float = LEAST_SECONDS) -> None:
        """`least` is 0 for a folder of pictures, where each is a part."""
        self._least = least
        self._forget()

    def _forget(self) -> None:
        self._stood: dict[State, float] = {}
        self._told: dict[State, PartEnd] = {}
        self._since: float | None = None
        self._state: State | None = None

    def stands(self, verdict: Verdict, scores: Mapping[str, Any], seen: bool, now: float) -> None:
        """The station's verdict at `now`; `seen` tells whether the camera can be trusted."""
        self._add(now)
        self._state = verdict.state if seen else None
        if seen:
            self._stood.setdefault(verdict.state, 0.0)
            self._told[verdict.state] = PartEnd(verdict, scores)

    def _add(self, now: float) -> None:
        if self._state is not None and self._since is not None:
            self._stood[self._state] += now - self._since
        self._since = now

    def exchanged(self, now: float) -> PartEnd | None:
        """Another part is put in: what the last one was, if it was one."""
        self._add(now)
        stood, told = self._stood, self._told
        self._forget()
        states: tuple[State, ...] = ("ANOMALY", "OK")
        for state in states:
            if state in stood and stood[state] >= self._least:
                return told[state]
        return told["UNKNOWN"] if stood.get("UNKNOWN", 0.0) >= UNTOLD_SECONDS else None
