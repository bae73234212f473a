"""Inspection of parts in both modes (single shot, continuous): verdicts, counts and the operator's feedback."""

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
    """The parts of a station. All methods run on the station's loop, except `read`."""

    def __init__(
        self, recipe: Recipe, log: StationLog, sight: ImagePipeline | None, hearing: SoundPipeline | None, clock: Clock
    ) -> None:
        self._log = log
        self._clock = clock
        self._counted_at = clock.now
        self._sight, self._hearing = sight, hearing
        self.shot = SingleShot(recipe)
        self.shift_counter = ShiftCounter(recipe, log)
        self.feedback = OperatorFeedback(recipe, log)
        self._presence = PartPresence(0.0 if sight is not None and sight.stills else LEAST_SECONDS)
        self._alarms = 0
        self._state: State = "UNKNOWN"
        self._part_changed = False

    def read(self) -> None:
        """Read the current shift from the journal and count the review queue; reads the disk. Raises GoodpartError."""
        self.shift_counter.read()
        self.feedback.look()

    def verdict(self, senses: Sequence[Pipeline[Any]]) -> Verdict:
        """Return the present verdict of the station. Counts a single shot that has just become complete."""
        if not self.shot.on:
            return joined({sense.sense: sense.current_verdict() for sense in senses})
        ended = self.shot.advance(self._clock.now)
        if ended is not None:
            self._count(ended, senses)
        return self.shot.verdict(senses, self.shift_counter.part, self._clock.now - self._counted_at)

    def _count(self, verdict: Verdict, senses: Sequence[Pipeline[Any]]) -> None:
        gathered = {sense.sense: sense.part_samples for sense in senses if sense.part_samples is not None}
        models = {sense.sense: sense.model_id for sense in senses}
        scores: dict[str, Any] = {
            sense: kind_as_json(part.judged, part.thresholds, models[sense])
            for sense, part in gathered.items()
            if part.judged is not None and part.thresholds is not None
        }
        anomalous = [
            sense for sense, part in gathered.items() if part.verdict is not None and part.verdict.state == "ANOMALY"
        ]
        material = self._material(scores, anomalous)
        excerpt = self._sound_excerpt() if "sound" in anomalous else None
        counted = self.shift_counter.count(
            verdict, self.shot.by, time.time(), scores, material.picture, material.map, excerpt
        )
        self._counted_at = self._clock.now
        self._alarms += verdict.state == "ANOMALY"
        if verdict.state != "UNKNOWN":
            self.feedback.made(counted.at, verdict, material, counted.number)

    def _material(self, scores: dict[str, Any], anomalous: Sequence[Any]) -> CallMaterial:
        picture = self._sight.picture if self._sight else None
        judgement = self._sight.newest if self._sight else None
        sound = self._hearing.last if self._hearing else ()
        return CallMaterial(picture, judgement.map if judgement else None, sound, scores, anomalous)

    def board_verdict(self, senses: Sequence[Pipeline[Any]], now: Snapshot) -> BoardVerdict:
        """Return what the knob board shows: the verdict's state, density and reconstruction error.

        The scores are those of the sense that has this verdict, the first one if both have; None while UNKNOWN.
        """
        # In single shots `verdict` would advance the shot; only the code that publishes the verdict may do that.
        verdict = now.verdict if self.shot.on else self.verdict(senses)
        if verdict.state == "UNKNOWN":
            return verdict.state, None, None
        scores = self.shift_counter.part.scores if self.shot.on and self.shift_counter.part else kinds_as_json(now)
        decisive = next(
            (sense.sense for sense in senses if sense.current_verdict().state == verdict.state), senses[0].sense
        )
        shown = scores.get(decisive, {})
        return verdict.state, shown.get("density"), shown.get("reconstruction_error")

    def _sound_excerpt(self) -> SoundExcerpt | None:
        return self._hearing.excerpt() if self._hearing else None

    def note(self, snapshot: Snapshot, senses: Sequence[Pipeline[Any]]) -> Snapshot:
        """Journal and count the verdict of the snapshot. Return the snapshot with the state of parts added."""
        if not self.shot.on:
            verdict, scores = snapshot.verdict, kinds_as_json(snapshot)
            material = self._material(scores, [s.sense for s in senses if s.current_verdict().state == "ANOMALY"])
            lasting = any(sense.resting for sense in senses)
            excerpt = self._sound_excerpt if "sound" in material.called else lambda: None
            self._alarms += self._log.verdict(
                verdict, lasting, scores, material.picture, material.map, excerpt, snapshot.at
            )
            if self._sight is not None and self._sight.notices_exchange:
                self._presence.stands(verdict, scores, not self._sight.resting, self._clock.now)
            if verdict.state != "UNKNOWN" and (verdict.state != self._state or self._part_changed):
                self._part_changed = False
                self.feedback.made(snapshot.at, verdict, material)
            self._state = verdict.state
        return self.shown(snapshot)

    def shown(self, snapshot: Snapshot) -> Snapshot:
        """Return the snapshot with the shot, shift, newest part, operator feedback, review queue and alarm count."""
        return replace(
            snapshot,
            shot=self.shot.snapshot() if self.shot.on else None,
            shift=self.shift_counter.shift,
            part=self.shift_counter.part,
            call=self.feedback.call,
            offers=self.feedback.offers,
            called=self._alarms,
        )

    def exchanged(self) -> None:
        """The scene has changed: the next part is in place. In continuous judging the last one is counted."""
        if self.shot.on:
            self.shot.exchanged(self._clock.now)
            return
        ended = self._presence.exchanged(self._clock.now)
        if ended is not None:
            self.shift_counter.count(ended.verdict, "exchange", time.time(), ended.scores, None)
            self._counted_at = self._clock.now
        self._part_changed = True
        if self._hearing is not None:
            self._hearing.part_exchanged()

    def turn(self, single: bool, senses: Sequence[Pipeline[Any]]) -> None:
        """Switch to single shots (true) or to continuous judging. Raises GoodpartError while a part is being judged."""
        self.shot.turn(single)
        self._presence.exchanged(self._clock.now)
        self._state = "UNKNOWN"
        for sense in senses:
            sense.set_single(single)
