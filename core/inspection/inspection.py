"""What a part is in either mode, what is counted of it, and what the operator says about it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.decision.verdict import joined
from core.inspection.continuous import LEAST_SECONDS, PartPresence
from core.inspection.operator_feedback import CallMaterial, OperatorFeedback
from core.inspection.shift_counter import ShiftCounter
from core.inspection.single_shot import SingleShot
from core.journal.log import StationLog
from core.journal.sound_excerpt import SoundExcerpt
from core.recipes.recipe import Recipe
from core.runtime.clock import Clock
from core.serialization.verdict_json import kind_as_json, kinds_as_json
from core.state.snapshot import Snapshot
from core.state.verdict import State, Verdict

if TYPE_CHECKING:
    from core.knobs.connection import BoardVerdict
    from core.pipelines.base import Pipeline
    from core.pipelines.image import ImagePipeline
    from core.pipelines.sound import SoundPipeline


class Inspection:
    """Used on the station's loop."""

    def __init__(
        self, recipe: Recipe, log: StationLog, sight: ImagePipeline | None, hearing: SoundPipeline | None, clock: Clock
    ) -> None:
        self._log = log
        self._clock = clock
        self._counted_at = clock.now
        self._sight, self._hearing = sight, hearing
        self.shot = SingleShot(recipe)
        self.book = ShiftCounter(recipe, log)
        self.calls = OperatorFeedback(recipe, log)
        self._lying = PartPresence(0.0 if sight is not None and sight.stills else LEAST_SECONDS)
        self._called = 0
        self._state: State = "UNKNOWN"
        self._another = False

    def read(self) -> None:
        """The shift that the journal tells of, and what is offered; reads the disk. Raises GoodpartError."""
        self.book.read()
        self.calls.look()

    def verdict(self, senses: Sequence[Pipeline[Any]]) -> Verdict:
        """What stands now. A single shot that is complete is counted."""
        if not self.shot.on:
            return joined({sense.sense: sense.said() for sense in senses})
        ended = self.shot.advance(self._clock.now)
        if ended is not None:
            self._count(ended, senses)
        return self.shot.verdict(senses, self.book.part, self._clock.now - self._counted_at)

    def _count(self, verdict: Verdict, senses: Sequence[Pipeline[Any]]) -> None:
        looks = {sense.sense: sense.look for sense in senses if sense.look is not None}
        models = {sense.sense: sense.model_id for sense in senses}
        scores: dict[str, Any] = {
            of: kind_as_json(look.judged, look.thresholds, models[of])
            for of, look in looks.items()
            if look.judged is not None and look.thresholds is not None
        }
        called = [of for of, look in looks.items() if look.verdict is not None and look.verdict.state == "ANOMALY"]
        material = self._material(scores, called)
        heard = self._overheard() if "sound" in called else None
        part = self.book.count(verdict, self.shot.by, time.time(), scores, material.picture, material.map, heard)
        self._counted_at = self._clock.now
        self._called += verdict.state == "ANOMALY"
        if verdict.state != "UNKNOWN":
            self.calls.made(part.at, verdict, material, part.number)

    def _material(self, scores: dict[str, Any], called: Sequence[Any]) -> CallMaterial:
        picture = self._sight.picture if self._sight else None
        seen = self._sight.newest if self._sight else None
        return CallMaterial(
            picture, seen.map if seen else None, self._hearing.last if self._hearing else (), scores, called
        )

    def told(self, senses: Sequence[Pipeline[Any]], now: Snapshot) -> BoardVerdict:
        """What the board with the knobs is to show: of two senses the scores of the one that says so."""
        # A shot goes on where the verdict is published, and nowhere else.
        verdict = now.verdict if self.shot.on else self.verdict(senses)
        if verdict.state == "UNKNOWN":
            return verdict.state, None, None
        scores = self.book.part.scores if self.shot.on and self.book.part else kinds_as_json(now)
        speaks = next((sense.sense for sense in senses if sense.said().state == verdict.state), senses[0].sense)
        numbers = scores.get(speaks, {})
        return verdict.state, numbers.get("density"), numbers.get("reconstruction_error")

    def _overheard(self) -> SoundExcerpt | None:
        return self._hearing.overheard() if self._hearing else None

    def note(self, snapshot: Snapshot, senses: Sequence[Pipeline[Any]]) -> Snapshot:
        """Journal and count what the snapshot says; gives it with all that is known of parts."""
        if not self.shot.on:
            verdict, scores = snapshot.verdict, kinds_as_json(snapshot)
            material = self._material(scores, [s.sense for s in senses if s.said().state == "ANOMALY"])
            lasting = any(sense.resting for sense in senses)
            overheard = self._overheard if "sound" in material.called else lambda: None
            self._called += self._log.verdict(
                verdict, lasting, scores, material.picture, material.map, overheard, snapshot.at
            )
            if self._sight is not None and self._sight.notices_exchange:
                self._lying.stands(verdict, scores, not self._sight.resting, self._clock.now)
            if verdict.state != "UNKNOWN" and (verdict.state != self._state or self._another):
                self._another = False
                self.calls.made(snapshot.at, verdict, material)
            self._state = verdict.state
        return self.shown(snapshot)

    def shown(self, snapshot: Snapshot) -> Snapshot:
        return replace(
            snapshot,
            shot=self.shot.snapshot() if self.shot.on else None,
            shift=self.book.shift,
            part=self.book.part,
            call=self.calls.call,
            offers=self.calls.offers,
            called=self._called,
        )

    def exchanged(self) -> None:
        """Another part is put in."""
        if self.shot.on:
            self.shot.exchanged(self._clock.now)
            return
        lay = self._lying.exchanged(self._clock.now)
        if lay is not None:
            self.book.count(lay.verdict, "exchange", time.time(), lay.scores, None)
            self._counted_at = self._clock.now
        self._another = True
        if self._hearing is not None:
            self._hearing.part_exchanged()

    def turn(self, single: bool, senses: Sequence[Pipeline[Any]]) -> None:
        """To single shots, or back. Raises GoodpartError while a part is judged."""
        self.shot.turn(single)
        self._lying.exchanged(self._clock.now)
        self._state = "UNKNOWN"
        for sense in senses:
            sense.turn_single(single)
