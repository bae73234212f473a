"""Grabbing: makes the value that a knob points at the threshold, and undoes that."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.decision.verdict import score_text
from core.errors import GoodpartError
from core.knobs.link import refusal, whiches
from core.state.knobs import Grab, Knob, KnobLink
from core.state.verdict import Sense, Thresholds, Which

if TYPE_CHECKING:
    from core.pipelines.base import Pipeline
    from core.station.ports import Knobs

MOST_UNDOES = 50
"""Number of grabs that can be undone."""


@dataclass(frozen=True)
class Grabbed:
    """A threshold that a knob has changed, with its value before."""

    sense: Sense
    which: Which
    before: float
    model: str


class KnobThresholds:
    """Sets thresholds from knobs; used on the station's loop."""

    def __init__(self, knobs: Knobs | None, pipelines: Mapping[Sense, Pipeline[Any]]) -> None:
        self._knobs = knobs
        self._pipelines = pipelines
        self._grabs: deque[list[Grabbed]] = deque(maxlen=MOST_UNDOES)
        self._count = 0

    def link_state(self) -> KnobLink | None:
        """Return the state of the link with what the knobs mean; None if no port is configured."""
        if self._knobs is None:
            return None
        link = self._knobs.status
        meanings = tuple(m for pipeline in self._pipelines.values() for m in pipeline.knob_meanings(link))
        return replace(link, meanings=meanings, grabs=self._count)

    def grab(self, grab: Grab, sense: Sense) -> None:
        """Take what the knobs of `grab` point at as thresholds. Raises GoodpartError if a knob moves, is stale or
        points beyond its range, or if there is no model."""
        if sense not in self._pipelines:
            raise GoodpartError(f"there are no thresholds to set: the recipe has no {sense}")
        link, pipeline = self.link_state(), self._pipelines[sense]
        why = refusal(link, grab, sense, time.monotonic())
        if why or link is None:
            raise GoodpartError(why)
        known = pipeline.thresholds
        if known is None:
            raise GoodpartError(f"there are no thresholds to set: {pipeline.no_model}")
        taken: list[tuple[Knob, Which, float]] = []
        meanings = {m.which: m for m in link.meanings if m.sense == sense}
        for which in whiches(grab):
            knob, meaning = link.knob(which), meanings[which]
            assert knob is not None and meaning.threshold is not None
            step = known.density_step if which == "density" else known.error_step
            # Take the rounded value that the screen shows.
            exact = meaning.threshold if meaning.range == "raw" else float(score_text(meaning.threshold, step))
            taken.append((knob, which, exact))
        self._grabs.append([Grabbed(sense, which, _value(known, which), pipeline.model_id) for _, which, _ in taken])
        for knob, which, threshold in taken:
            detail = {"which": which, "raw": knob.value, "sequence": knob.sequence}
            pipeline.set_threshold(which, threshold, "knob", knob=detail)
        self._count += 1

    def undo(self) -> None:
        """Put back the thresholds from before the last grab. Raises GoodpartError if there is nothing to undo, or if
        another model is in use."""
        if not self._grabs:
            raise GoodpartError("nothing was grabbed that could be undone")
        for grabbed in self._grabs.pop():
            pipeline = self._pipelines[grabbed.sense]
            if pipeline.model_id != grabbed.model:
                raise GoodpartError("not undone: another model judges since then")
            pipeline.set_threshold(grabbed.which, grabbed.before, "undo of a grab")


def _value(thresholds: Thresholds, which: Which) -> float:
    return thresholds.density if which == "density" else thresholds.reconstruction_error
