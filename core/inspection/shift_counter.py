"""What is counted in a shift, and what a part is where parts are judged continuously."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.journal.event_log import Logbook
from core.journal.sound_excerpt import Overheard
from core.journal.store import read_shift
from core.recipes.recipe import Recipe
from core.sources.camera.base import Picture
from core.state.snapshot import Part, Shift, State, Verdict

if TYPE_CHECKING:
    from core.detectors.image.base import Map

LEAST_SECONDS = 1.0
"""So long a verdict must have stood to be a part's: a hand that passes is none."""
UNTOLD_SECONDS = 3.0
"""A part that lay so long without a verdict was UNKNOWN."""


class ShiftBook:
    """Counts parts; the journal keeps the count over restarts."""

    def __init__(self, recipe: Recipe, log: Logbook) -> None:
        self._recipe = recipe
        self._log = log
        self.shift = Shift(time.time())
        self.part: Part | None = None

    def read(self) -> None:
        """Go on with the shift that the journal tells of; reads the disk. Raises GoodpartError."""
        since, counts = read_shift(self._recipe.journal)
        if since is None:
            self._log.shift("the first shift", self.shift.since)
            return
        now = self.shift
        self.shift = Shift(
            since,
            now.ok + counts.get("OK", 0),
            now.anomalies + counts.get("ANOMALY", 0),
            now.unknown + counts.get("UNKNOWN", 0),
        )

    def count(
        self,
        verdict: Verdict,
        by: str,
        at: float,
        scores: Mapping[str, Any],
        picture: Picture | None,
        map: Map | None = None,
        heard: Overheard | None = None,
    ) -> Part:
        """One more part; the picture with its map and the sound of one that was called are kept. `at` is that of
        its verdict, time.time()."""
        shift = self.shift
        if verdict.state == "OK":
            self.shift = replace(shift, ok=shift.ok + 1)
        elif verdict.state == "ANOMALY":
            self.shift = replace(shift, anomalies=shift.anomalies + 1)
        else:
            self.shift = replace(shift, unknown=shift.unknown + 1)
        self.part = Part(self.shift.parts, at, verdict, by, scores)
        called = verdict.state == "ANOMALY"
        self._log.part(self.part, *((picture, map, heard) if called else (None, None, None)))
        return self.part

    def begin(self) -> None:
        """A new shift; what the last one came to goes into the journal."""
        old = self.shift
        self.shift = Shift(time.time())
        self._log.shift(f"a new shift; the last one: {in_words(old)}", self.shift.since, **numbers(old))


def numbers(shift: Shift) -> dict[str, float | None]:
    return {
        "parts": shift.parts,
        "ok": shift.ok,
        "anomalies": shift.anomalies,
        "unknown": shift.unknown,
        "yield": shift.share_ok,
    }


def in_words(shift: Shift) -> str:
    share = "" if shift.share_ok is None else f", yield {100 * shift.share_ok:.1f} %"
    return f"{shift.parts} parts, {shift.ok} OK, {shift.anomalies} ANOMALY, {shift.unknown} UNKNOWN{share}"


@dataclass(frozen=True)
class Told:
    verdict: Verdict
    scores: Mapping[str, Any]


class Lying:
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
        self._told: dict[State, Told] = {}
        self._since: float | None = None
        self._state: State | None = None

    def stands(self, verdict: Verdict, scores: Mapping[str, Any], seen: bool, now: float) -> None:
        """The station's verdict at `now`; `seen` tells whether the camera can be trusted."""
        self._add(now)
        self._state = verdict.state if seen else None
        if seen:
            self._stood.setdefault(verdict.state, 0.0)
            self._told[verdict.state] = Told(verdict, scores)

    def _add(self, now: float) -> None:
        if self._state is not None and self._since is not None:
            self._stood[self._state] += now - self._since
        self._since = now

    def exchanged(self, now: float) -> Told | None:
        """Another part is put in: what the last one was, if it was one."""
        self._add(now)
        stood, told = self._stood, self._told
        self._forget()
        states: tuple[State, ...] = ("ANOMALY", "OK")
        for state in states:
            if state in stood and stood[state] >= self._least:
                return told[state]
        return told["UNKNOWN"] if stood.get("UNKNOWN", 0.0) >= UNTOLD_SECONDS else None
