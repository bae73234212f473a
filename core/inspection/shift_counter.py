"""Counts the parts of a shift by verdict."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.journal.log import StationLog
from core.journal.sound_excerpt import SoundExcerpt
from core.journal.store import read_shift
from core.recipes.recipe import Recipe
from core.samples import Picture
from core.state.parts import Part, Shift
from core.state.verdict import Verdict

if TYPE_CHECKING:
    from core.samples import AnomalyMap


class ShiftCounter:
    """Counts parts; the counts survive a restart because they are read back from the journal."""

    def __init__(self, recipe: Recipe, log: StationLog) -> None:
        self._recipe = recipe
        self._log = log
        self.shift = Shift(time.time())
        self.part: Part | None = None

    def read(self) -> None:
        """Continue the last shift in the journal; reads the disk. Raises GoodpartError if the journal is unreadable."""
        since, counts = read_shift(self._recipe.journal)
        if since is None:
            self._log.shift("the first shift", self.shift.since)
            return
        counted = self.shift
        self.shift = Shift(
            since,
            counted.ok + counts.get("OK", 0),
            counted.anomalies + counts.get("ANOMALY", 0),
            counted.unknown + counts.get("UNKNOWN", 0),
        )

    def count(
        self,
        verdict: Verdict,
        by: str,
        at: float,
        scores: Mapping[str, Any],
        picture: Picture | None,
        map: AnomalyMap | None = None,
        heard: SoundExcerpt | None = None,
    ) -> Part:
        """Count and journal one part. Picture, map and sound are kept as evidence if the verdict is ANOMALY.

        `by` names the trigger, `at` is the time.time() of the verdict, `heard` the last seconds of sound.
        """
        shift = self.shift
        if verdict.state == "OK":
            self.shift = replace(shift, ok=shift.ok + 1)
        elif verdict.state == "ANOMALY":
            self.shift = replace(shift, anomalies=shift.anomalies + 1)
        else:
            self.shift = replace(shift, unknown=shift.unknown + 1)
        self.part = Part(self.shift.parts, at, verdict, by, scores)
        anomalous = verdict.state == "ANOMALY"
        self._log.part(self.part, *((picture, map, heard) if anomalous else (None, None, None)))
        return self.part

    def begin(self) -> None:
        """Begin a new shift; the counts of the last one are journalled."""
        old = self.shift
        self.shift = Shift(time.time())
        self._log.shift(f"a new shift; the last one: {shift_sentence(old)}", self.shift.since, **numbers(old))


def numbers(shift: Shift) -> dict[str, float | None]:
    """The counts of a shift and its yield (0 to 1, None before the first part), under their journal names."""
    return {
        "parts": shift.parts,
        "ok": shift.ok,
        "anomalies": shift.anomalies,
        "unknown": shift.unknown,
        "yield": shift.share_ok,
    }


def shift_sentence(shift: Shift) -> str:
    """The counts of a shift and its yield in percent, as text."""
    share = "" if shift.share_ok is None else f", yield {100 * shift.share_ok:.1f} %"
    return f"{shift.parts} parts, {shift.ok} OK, {shift.anomalies} ANOMALY, {shift.unknown} UNKNOWN{share}"
