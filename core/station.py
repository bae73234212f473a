"""Joins the senses, the verdict and the journal, and publishes snapshots."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.errors import GoodpartError
from core.knobs.link import NAMES, not_grabbable
from core.lock import RecipeLock
from core.logbook import Logbook, kinds_as_json
from core.recipe import KnobTable, Recipe
from core.senses.sense import PAUSED, Perception, named
from core.senses.sight import Sight
from core.snapshot import (
    Counters,
    Grab,
    Heard,
    Judgement,
    Knob,
    KnobLink,
    Sense,
    Snapshot,
    Thresholds,
    Training,
    Verdict,
    Which,
)
from core.sources.base import PictureSource
from core.sources.sound import SoundSource
from core.training import TrainingRun
from core.verdict import joined, shown

if TYPE_CHECKING:
    from core.knobs.keeper import KnobKeeper, Told
    from core.senses.hearing import Listening

MOST_UNDOES = 50


@dataclass(frozen=True)
class Grabbed:
    """A threshold that a knob has changed."""

    sense: Sense
    which: Which
    before: float
    model: str


def _value(thresholds: Thresholds, which: Which) -> float:
    return thresholds.density if which == "density" else thresholds.reconstruction_error


STARTING = Verdict("UNKNOWN", "the model is being loaded")
STOPPED = Verdict("UNKNOWN", "the station has stopped")


class Station:
    """Owns the senses, the models and the journal of one recipe; runs on a thread with its own event loop.

    Every public method may be called from any thread and returns at once. A command that cannot be done is told in
    the next snapshots (`fault`), never raised.
    """

    def __init__(
        self,
        recipe: Recipe,
        camera: str | None = None,
        microphone: str | None = None,
        *,
        knobs: str | None = None,
        source: PictureSource | None = None,
        sound_source: SoundSource | None = None,
        lock: RecipeLock | None = None,
    ) -> None:
        """`camera`, `microphone` and `knobs` (a serial port) take the place of the recipe's, the sources that of the
        devices, `lock` is held already. What was taught decides which senses there are; a device that is named is one
        more.

        Raises GoodpartError when another station judges with this recipe, or an address means nothing.
        """
        self._recipe = recipe
        self._lock = lock or RecipeLock(recipe.folder)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="station", daemon=True)
        self._ending = asyncio.Event()
        self._subscribers: tuple[Callable[[Snapshot], None], ...] = ()
        self._subscribing = threading.Lock()
        self._log = Logbook(recipe)
        self._paused = False
        self._run_of_training: TrainingRun | None = None
        self._called = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._knobs = self._make_knobs(recipe.settings.knobs.port if knobs is None else knobs)
        self._grabs: deque[list[Grabbed]] = deque(maxlen=MOST_UNDOES)
        try:
            self._make_senses(camera, microphone, source, sound_source)
        except GoodpartError:
            self._lock.release()
            raise
        self._snapshot = self._look(0, STARTING)

    def _make_senses(
        self,
        camera: str | None,
        microphone: str | None,
        source: PictureSource | None,
        sound_source: SoundSource | None,
    ) -> None:
        settings = self._recipe.settings
        senses = self._recipe.perceived(
            camera is not None or source is not None, microphone is not None or sound_source is not None
        )
        self._sight: Sight | None = None
        self._hearing: Listening | None = None
        self._senses: dict[Sense, Perception[Any]] = {}
        if "image" in senses:
            address = camera if camera is not None else settings.camera.source
            self._sight = Sight(self._recipe, self._log, self._publish, self._part_exchanged, address, source)
            self._senses["image"] = self._sight
        if "sound" in senses:
            # Only who listens waits for the sound libraries.
            from core.senses.hearing import Listening

            address = microphone if microphone is not None else settings.microphone.source
            self._hearing = Listening(self._recipe, self._log, self._publish, address, sound_source)
            self._senses["sound"] = self._hearing

    def _make_knobs(self, port: str) -> KnobKeeper | None:
        if not port:
            return None
        from core.knobs.keeper import KnobKeeper

        return KnobKeeper(port, self._told, self._publish)

    # What others may do: subscribe, look, command.

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """`callback` gets every snapshot on the station's thread and must return at once; gives what ends that."""
        with self._subscribing:
            self._subscribers = (*self._subscribers, callback)

        return lambda: self._leave_out(callback)

    def snapshot(self) -> Snapshot:
        return self._snapshot

    @property
    def refused(self) -> GoodpartError | None:
        """Why a model of the recipe cannot be used; set before the first verdict."""
        return next((s.refused for s in self._judging() if s.refused), None)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End training, sources and journal; the last snapshot says `stopped`. May be called twice, or before start."""
        if self._thread.is_alive():
            self._command(self._ending.set)
            self._thread.join(timeout)
        self._lock.release()

    def set_threshold(self, which: Which, value: float, by: str = "key", sense: Sense = "image") -> None:
        def change() -> None:
            if sense not in self._senses:
                raise GoodpartError(f"there are no thresholds to set: the recipe has no {sense}")
            self._senses[sense].set_threshold(which, value, by)

        self._command(change)

    def grab(self, grab: Grab, sense: Sense = "image") -> None:
        """Take what a knob points at, or both, as threshold. Nothing else than this makes a knob count."""
        self._command(lambda: self._grab(grab, sense))

    def undo_grab(self) -> None:
        """Put back the thresholds of before the last grab."""
        self._command(self._undo_grab)

    def set_knob(self, sense: Sense, which: Which, table: KnobTable) -> None:
        """What a knob means from now on; written to recipe.toml."""

        async def change() -> None:
            if sense not in self._senses:
                raise GoodpartError(f"the recipe has no {sense}")
            await self._senses[sense].set_knob(which, table)

        self._command(lambda: self._spawn(change()))

    def calibrate(self) -> None:
        """New thresholds from the stored calibration scores, for the false-alarm rate that recipe.toml asks now."""

        def change() -> None:
            for sense in self._judging():
                sense.calibrate()

        self._command(change)

    def save_thresholds(self) -> None:
        """Write the thresholds to recipe.toml."""

        async def save() -> None:
            for sense in self._judging():
                await sense.save()

        self._command(lambda: self._spawn(save()))

    def pause(self, paused: bool) -> None:
        def change() -> None:
            self._paused = paused
            for sense in self._senses.values():
                sense.paused = paused
                if paused:
                    sense.rest(PAUSED)

        self._command(change)

    def collect(self, wanted: int | None = None, *, defect: bool = False) -> None:
        """Store pictures from the camera into the recipe: so many, or until `end_collecting`."""

        def begin() -> None:
            if self._sight is None:
                raise GoodpartError("there is no camera: start with --camera, or teach pictures first")
            self._sight.collect(wanted, defect=defect)

        self._command(begin)

    def end_collecting(self) -> None:
        self._command(lambda: self._sight.end_collecting() if self._sight else None)

    def delete_taught(self, sense: Sense = "image", *, defect: bool = False, every: bool = False) -> None:
        """Take the newest picture or recording out of the recipe, or all of them."""

        async def delete() -> None:
            if sense not in self._senses:
                raise GoodpartError(f"the recipe has no {sense}")
            await self._senses[sense].remove(defect=defect, every=every)

        self._command(lambda: self._spawn(delete()))

    def record(self, on: bool, *, defect: bool = False) -> None:
        """Record sound straight into the recipe, until it is ended."""

        def change() -> None:
            if self._hearing is None:
                raise GoodpartError("there is no microphone: start with --microphone, or teach sound first")
            self._hearing.record(on, defect=defect)

        self._command(change)

    def train(self) -> None:
        """Learn anew in the background; judging goes on with the models that are there."""
        self._command(self._train)

    def cancel_training(self) -> None:
        def cancel() -> None:
            if self._run_of_training:
                self._run_of_training.cancel()

        self._command(cancel)

    def take_over(self) -> None:
        """Judge with what was trained in the background."""
        self._command(lambda: self._spawn(self._take_over()))

    def discard(self) -> None:
        """Keep the old models: what was trained in the background is thrown away."""

        async def discard() -> None:
            for sense in self._senses.values():
                await sense.discard()
            self._run_of_training = None

        self._command(lambda: self._spawn(discard()))

    # The station's own thread.

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._watch())
        finally:
            # Whatever has happened: what was last perceived must not be taken for the part that lies there now.
            last = replace(self._snapshot, number=self._snapshot.number + 1, verdict=STOPPED, image=None, stopped=True)
            if last.sound:
                last = replace(last, sound=replace(last.sound, window=None, verdict=STOPPED))
            self._deliver(last)
            for sense in self._senses.values():
                sense.close()
            self._loop.close()

    def _command(self, action: Callable[[], None]) -> None:
        def act() -> None:
            try:
                action()
            except GoodpartError as error:
                self._log.complain(str(error))
            except Exception as error:  # noqa: BLE001 - told, and the station goes on
                self._log.complain(f"this could not be done ({named(error)})")
            self._publish()

        with contextlib.suppress(RuntimeError):  # the station has ended
            self._loop.call_soon_threadsafe(act)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except GoodpartError as error:
                self._log.complain(str(error))
            except Exception as error:  # noqa: BLE001 - told, and the station goes on
                self._log.complain(f"this could not be done ({named(error)})")
            self._publish()

        task = self._loop.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self) -> None:
        camera, sound = self._snapshot.camera, self._snapshot.sound
        self._log.record(
            "start", camera=camera.address if camera else None, microphone=sound.microphone.address if sound else None
        )
        try:
            for sense in self._senses.values():
                sense.start()
            watching = [sense.watch(self._ending) for sense in self._senses.values()]
            await asyncio.gather(*watching, *([self._knobs.run(self._ending)] if self._knobs else []))
        finally:
            await self._close()

    async def _close(self) -> None:
        if self._run_of_training and self._run_of_training.state.state == "running":
            self._run_of_training.cancel()
        for sense in self._senses.values():
            sense.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        await self._loop.run_in_executor(None, self._log.close, self._snapshot.counters.judged)

    def _part_exchanged(self) -> None:
        if self._hearing is not None:
            self._hearing.part_exchanged()

    # Snapshots.

    def _judging(self) -> list[Perception[Any]]:
        """The senses that take part in the verdict: those that have learnt something, or else all."""
        return [s for s in self._senses.values() if s.learnt] or list(self._senses.values())

    def _look(self, number: int, verdict: Verdict) -> Snapshot:
        """All that is known now."""
        sight, training = self._sight, self._run_of_training
        snapshot = Snapshot(
            number=number,
            at=time.time(),
            recipe=self._recipe.name,
            verdict=verdict,
            sound=self._hearing.snapshot() if self._hearing else None,
            knobs=self._knobs_seen(),
            counters=Counters(called=self._called),
            paused=self._paused,
            training=training.state if training else None,
            fault=self._log.fault,
        )
        if sight is None:
            return snapshot
        status, judge = sight.source.status(), sight.judge
        return replace(
            snapshot,
            camera=status,
            image_verdict=sight.verdict,
            image=sight.seen,
            thresholds=sight.thresholds,
            unsaved=sight.unsaved,
            model=judge.model if judge else None,
            counters=replace(sight.counters, called=self._called, dropped=status.dropped),
            votes=str(sight.votes),
            hold=sight.votes.hold,
            new_model=sight.new_model,
            preview=sight.preview,
            held=sight.holdings.held,
            meters=sight.meters,
            collecting=sight.collecting,
            collected=sight.collected,
            truth=sight.truth,
        )

    def _publish(self) -> None:
        judging = self._judging()
        verdict = joined({sense.sense: sense.said() for sense in judging})
        snapshot = self._look(self._snapshot.number + 1, verdict)
        lasting = any(sense.resting for sense in judging)
        picture = self._sight.picture if self._sight else None
        if self._log.verdict(verdict, lasting, kinds_as_json(snapshot), picture):
            self._called += 1
            snapshot = replace(snapshot, counters=replace(snapshot.counters, called=self._called))
        self._deliver(snapshot)
        if self._knobs:
            self._knobs.tell()

    def _deliver(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        for callback in self._subscribers:
            try:
                callback(snapshot)
            except Exception as error:  # noqa: BLE001 - a screen that fails must not take the station with it
                self._leave_out(callback)
                self._log.complain(f"a screen does not answer any more ({named(error)})")

    def _leave_out(self, callback: Callable[[Snapshot], None]) -> None:
        with self._subscribing:
            self._subscribers = tuple(s for s in self._subscribers if s is not callback)

    # Knobs.

    def _knobs_seen(self) -> KnobLink | None:
        if self._knobs is None:
            return None
        link = self._knobs.status
        return replace(link, meanings=tuple(m for sense in self._senses.values() for m in sense.knob_meanings(link)))

    def _told(self) -> Told:
        """What the board is to show: of two senses the scores of the one that says so."""
        judging = self._judging()
        verdict = joined({sense.sense: sense.said() for sense in judging})
        if self._ending.is_set():
            verdict = STOPPED
        if verdict.state == "UNKNOWN":
            return verdict.state, None, None
        speaks = next(sense for sense in judging if sense.said().state == verdict.state)
        now = self._snapshot
        judged: Judgement | Heard | None = now.sound.window if speaks.sense == "sound" and now.sound else now.image
        return (verdict.state, judged.density, judged.reconstruction_error) if judged else (verdict.state, None, None)

    def _grab(self, grab: Grab, sense: Sense) -> None:
        if self._knobs is None:
            raise GoodpartError("there are no knobs: start with --knobs PORT (goodpart devices lists them)")
        if sense not in self._senses:
            raise GoodpartError(f"there are no thresholds to set: the recipe has no {sense}")
        link, now, perception = self._knobs.status, time.monotonic(), self._senses[sense]
        known = perception.thresholds
        if known is None:
            raise GoodpartError(f"there are no thresholds to set: {perception.no_model}")
        taken: list[tuple[Knob, Which, float]] = []
        meanings = {m.which: m.threshold for m in perception.knob_meanings(link)}
        whiches: tuple[Which, ...] = ("density", "reconstruction_error") if grab == "both" else (grab,)
        for which in whiches:
            knob, threshold = link.knob(which), meanings[which]
            why = not_grabbable(knob, now)
            if not why and threshold is None:
                why = "is beyond its span: set its range to raw, or another span"
            if why or knob is None or threshold is None:
                raise GoodpartError(f"not grabbed: the {NAMES[which]} knob {why}")
            step = known.density_step if which == "density" else known.error_step
            raw = perception.knob_tables[which].range == "raw"
            # What is shown is what is taken.
            taken.append((knob, which, threshold if raw else float(shown(threshold, step))))
        self._grabs.append([Grabbed(sense, which, _value(known, which), perception.model_id) for _, which, _ in taken])
        for knob, which, threshold in taken:
            detail = {"which": which, "raw": knob.value, "sequence": knob.sequence}
            perception.set_threshold(which, threshold, "knob", knob=detail)

    def _undo_grab(self) -> None:
        if not self._grabs:
            raise GoodpartError("nothing was grabbed that could be undone")
        for grabbed in self._grabs.pop():
            perception = self._senses[grabbed.sense]
            if perception.model_id != grabbed.model:
                raise GoodpartError("not undone: another model judges since then")
            perception.set_threshold(grabbed.which, grabbed.before, "undo of a grab")

    # Training.

    def _train(self) -> None:
        if self._run_of_training and self._run_of_training.state.state == "running":
            raise GoodpartError("training is under way already")
        self._log.record("training", "started")
        self._run_of_training = TrainingRun(
            self._recipe.folder, ["--candidate"], lambda news: self._command(lambda: self._training_news(news))
        )

    def _training_news(self, news: Training) -> None:
        if news.state == "running":
            return
        self._log.record("training", news.message, state=news.state)
        if news.state == "done":
            self._spawn(self._find_candidates())

    async def _find_candidates(self) -> None:
        for sense in self._senses.values():
            await sense.find_candidate()

    async def _take_over(self) -> None:
        waiting = [sense for sense in self._senses.values() if self._recipe.candidate(sense.sense).exists()]
        if not waiting:
            raise GoodpartError("there is no new model to take over; key t trains one")
        for sense in waiting:
            await sense.take_over()
        self._run_of_training = None
