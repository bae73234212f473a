"""Grabbing: what a knob points at becomes a threshold, and back again."""

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


@dataclass(frozen=True)
class Grabbed:
    """A threshold that a knob has changed."""

    sense: Sense
    which: Which
    before: float
    model: str


class KnobThresholds:
    """Used on the station's loop."""

    def __init__(self, knobs: Knobs | None, senses: Mapping[Sense, Pipeline[Any]]) -> None:
        self._knobs = knobs
        self._senses = senses
        self._grabs: deque[list[Grabbed]] = deque(maxlen=MOST_UNDOES)
        self._count = 0

    def seen(self) -> KnobLink | None:
        """The link, with what the knobs mean; None where no port is named."""
        if self._knobs is None:
            return None
        link = self._knobs.status
        meanings = tuple(m for sense in self._senses.values() for m in sense.knob_meanings(link))
        return replace(link, meanings=meanings, grabs=self._count)

    def grab(self, grab: Grab, sense: Sense) -> None:
        """Raises GoodpartError: moving, stale, beyond its span."""
        if sense not in self._senses:
            raise GoodpartError(f"there are no thresholds to set: the recipe has no {sense}")
        link, perception = self.seen(), self._senses[sense]
        why = refusal(link, grab, sense, time.monotonic())
        if why or link is None:
            raise GoodpartError(why)
        known = perception.thresholds
        if known is None:
            raise GoodpartError(f"there are no thresholds to set: {perception.no_model}")
        taken: list[tuple[Knob, Which, float]] = []
        meanings = {m.which: m for m in link.meanings if m.sense == sense}
        for which in whiches(grab):
            knob, meaning = link.knob(which), meanings[which]
            assert knob is not None and meaning.threshold is not None
            step = known.density_step if which == "density" else known.error_step
            # What is shown is what is taken.
            exact = meaning.threshold if meaning.range == "raw" else float(score_text(meaning.threshold, step))
            taken.append((knob, which, exact))
        self._grabs.append([Grabbed(sense, which, _value(known, which), perception.model_id) for _, which, _ in taken])
        for knob, which, threshold in taken:
            detail = {"which": which, "raw": knob.value, "sequence": knob.sequence}
            perception.set_threshold(which, threshold, "knob", knob=detail)
        self._count += 1

    def undo(self) -> None:
        """Raises GoodpartError where there is nothing to undo."""
        if not self._grabs:
            raise GoodpartError("nothing was grabbed that could be undone")
        for grabbed in self._grabs.pop():
            perception = self._senses[grabbed.sense]
            if perception.model_id != grabbed.model:
                raise GoodpartError("not undone: another model judges since then")
            perception.set_threshold(grabbed.which, grabbed.before, "undo of a grab")


def _value(thresholds: Thresholds, which: Which) -> float:
    return thresholds.density if which == "density" else thresholds.reconstruction_error
