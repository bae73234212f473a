"""Joins the senses, the verdict and the journal, and publishes snapshots."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.errors import GoodpartError
from core.inspection.file_trigger import POLL_SECONDS, FileTrigger
from core.inspection.inspection import Inspection
from core.journal.event_log import EventLog
from core.pipelines.base import PAUSED, Pipeline, named
from core.pipelines.factory import make_senses
from core.recipes.lock import RecipeLock
from core.recipes.recipe import Recipe, open_recipe
from core.runtime.clock import Clock
from core.settings.recipe_settings import KnobTable
from core.sources.camera.base import PictureSource
from core.sources.microphone.base import SoundSource
from core.state.knobs import Grab
from core.state.parts import Word
from core.state.snapshot import Snapshot
from core.state.verdict import Sense, Verdict, Which
from core.station.knob_thresholds import KnobThresholds
from core.station.outputs import open_outputs
from core.station.retraining import Retraining

if TYPE_CHECKING:
    from core.knobs.connection import BoardVerdict, KnobConnection
    from core.pipelines.image import ImagePipeline
    from core.pipelines.sound import SoundPipeline
    from core.tape.writer import TapeWriter

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
        log: EventLog | None = None,
        tape: TapeWriter | None = None,
    ) -> None:
        """`camera`, `microphone` and `knobs` (a serial port) take the place of the recipe's, the sources that of the
        devices, `lock` is held already. What was taught decides which senses there are; a device that is named is one
        more. `tape` records what they perceive, and is closed with the station.

        Raises GoodpartError when another station judges with this recipe, or an address means nothing.
        """
        self._recipe = recipe
        self._lock = lock or RecipeLock(recipe.folder)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="station", daemon=True)
        self._ending = asyncio.Event()
        self._subscribers: tuple[Callable[[Snapshot], None], ...] = ()
        self._subscribing = threading.Lock()
        self._log = log or EventLog(recipe)
        self._clock = Clock()
        self._tape = tape
        self._tape_trouble = ""
        if tape is not None:
            tape.clock = self._clock
        self._paused = False
        self._target: float | None = None
        """A false-alarm target that was calibrated for and is not in recipe.toml."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._knobs = self._make_knobs(recipe.settings.knobs.port if knobs is None else knobs)
        try:
            self._sight, self._hearing = self._make_senses(source or camera, sound_source or microphone)
        except GoodpartError:
            self._lock.release()
            raise
        found: list[Pipeline[Any]] = [sense for sense in (self._sight, self._hearing) if sense is not None]
        self._senses: dict[Sense, Pipeline[Any]] = {sense.sense: sense for sense in found}
        for perception in found:
            perception.clock, perception.tape = self._clock, tape
        self._learning = Retraining(recipe, self._log, self._senses, self._command, self._spawn)
        file = recipe.settings.trigger.file
        self._trigger = FileTrigger(recipe.folder / file) if file else None
        self._grabbing = KnobThresholds(self._knobs, self._senses)
        self._parts = Inspection(recipe, self._log, self._sight, self._hearing, self._clock)
        if self._parts.shot.on:
            self._parts.turn(True, found)
        self._outputs = open_outputs(recipe, self._log)
        self._snapshot = self._look(0, STARTING)

    def _make_senses(
        self, camera: str | PictureSource | None, microphone: str | SoundSource | None
    ) -> tuple[ImagePipeline | None, SoundPipeline | None]:
        return make_senses(self._recipe, self._log, self._publish, self._exchanged, camera, microphone)

    def _make_knobs(self, port: str) -> KnobConnection | None:
        if not port:
            return None
        from core.knobs.connection import KnobConnection

        return KnobConnection(port, self._told, lambda: self._publish(news=True), lambda: self.part("knob"), self._tape)

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

    @property
    def hung(self) -> bool:
        """Whether a sense that judges does not come back."""
        return any(s.hung for s in self._senses.values())

    def note(self, reason: str, **data: Any) -> None:
        """Into the journal: what was asked, and by whom."""
        self._log.record("command", reason, **data)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End training, sources and journal; the last snapshot says `stopped`. May be called twice, or before start."""
        if self._thread.is_alive():
            self._command(self._ending.set)
            self._thread.join(timeout)
        self._lock.release()

    def set_threshold(self, which: Which, value: float, by: str = "key", sense: Sense = "image", how: str = "") -> None:
        """`how` is the reason, in words, for the journal: moved by hand with a good part clamped."""

        def change() -> None:
            if sense not in self._senses:
                raise GoodpartError(f"there are no thresholds to set: the recipe has no {sense}")
            self._senses[sense].set_threshold(which, value, by, **({"how": how} if how else {}))

        self._command(change)

    def grab(self, grab: Grab, sense: Sense = "image") -> None:
        """Take what a knob points at, or both, as threshold. Nothing else than this makes a knob count."""
        self._command(lambda: self._grabbing.grab(grab, sense))

    def undo_grab(self) -> None:
        """Put back the thresholds of before the last grab."""
        self._command(self._grabbing.undo)

    def set_knob(self, sense: Sense, which: Which, table: KnobTable) -> None:
        """What a knob means from now on; written to recipe.toml."""

        async def change() -> None:
            if sense not in self._senses:
                raise GoodpartError(f"the recipe has no {sense}")
            await self._senses[sense].set_knob(which, table)

        self._command(lambda: self._spawn(change()))

    def calibrate(self, false_alarms: float | None = None) -> None:
        """New thresholds from the stored calibration scores: for the target that recipe.toml asks now, or for another,
        which is written there with the thresholds."""

        def change() -> None:
            recipe = open_recipe(str(self._recipe.folder))
            if false_alarms is not None:
                recipe = recipe.asking(false_alarms)
            judging = self._judging()
            for sense in judging:  # all or none
                sense.supports(recipe)
            for sense in judging:
                sense.calibrate(recipe)
            self._recipe = self._recipe.asking(recipe.settings.verdict.false_alarms)
            self._target = false_alarms

        self._command(change)

    def save_thresholds(self) -> None:
        """Write the thresholds to recipe.toml."""

        async def save() -> None:
            for sense in self._judging():
                await sense.save()
            if self._target is not None:
                await self._write("verdict", {"false_alarms": self._target})
                self._target = None

        self._command(lambda: self._spawn(save()))

    def pause(self, paused: bool) -> None:
        self._command(lambda: self._pause(paused))

    def single(self, on: bool) -> None:
        """Judge a part when somebody says that it is in place, or all the time; kept in recipe.toml."""

        async def turn() -> None:
            if self._tape:
                self._tape.single(on)
            self._parts.turn(on, list(self._senses.values()))
            if self._trigger is not None:
                self._trigger.pass_over()
            await self._write("verdict", {"mode": "single" if on else "continuous"})

        self._command(lambda: self._spawn(turn()))

    def part(self, by: str = "key") -> None:
        """A part is in place: judge it, once."""
        self._command(lambda: self._part(by))

    def new_shift(self) -> None:
        """Count from 0; the journal keeps what the last one came to."""
        self._command(self._parts.book.begin)

    def say(self, word: Word, about: float | None = None) -> None:
        """The part of the last call was good, or bad; `about` is that call's `at`, should another have come."""
        self._command(lambda: self._spawn(self._in_files(self._parts.calls.say, word, about)))

    def accept_offers(self, file: str = "") -> None:
        """Teach what is offered because of such words, or one `file` of it, named from the recipe's folder."""

        async def accept() -> None:
            await self._in_files(self._parts.calls.accept, file)
            for sense in self._senses.values():
                sense.holdings_changed()

        self._command(lambda: self._spawn(accept()))

    def discard_offers(self, file: str = "") -> None:
        self._command(lambda: self._spawn(self._in_files(self._parts.calls.discard, file)))

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
        self._command(self._learning.begin)

    def cancel_training(self) -> None:
        self._command(self._learning.cancel)

    def take_over(self) -> None:
        """Judge with what was trained in the background."""
        self._command(lambda: self._spawn(self._learning.take_over()))

    def discard(self) -> None:
        """Keep the old models: what was trained in the background is thrown away."""
        self._command(lambda: self._spawn(self._learning.discard()))

    # The station's own thread.

    def _pause(self, paused: bool) -> None:
        if self._tape:
            self._tape.paused(paused)
        self._paused = paused
        for sense in self._senses.values():
            sense.paused = paused
            if paused:
                sense.rest(PAUSED)

    def _part(self, by: str) -> None:
        self._parts.shot.trigger(self._judging(), by, self._clock.now)
        if self._tape:
            self._tape.part(by, self._parts.book.shift)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._watch())
        finally:
            # Whatever has happened: what was last perceived must not be taken for the part that lies there now.
            last = self._snapshot
            image = last.image and replace(last.image, judged=None, verdict=STOPPED)
            sound = last.sound and replace(last.sound, judged=None, verdict=STOPPED)
            number = last.number + 1
            self._deliver(replace(last, number=number, verdict=STOPPED, image=image, sound=sound, stopped=True))
            self._outputs.stop()
            for sense in self._senses.values():
                sense.close()
            self._loop.close()

    def _command(self, action: Callable[[], None]) -> None:
        def act() -> None:
            self._clock.read()
            try:
                action()
            except GoodpartError as error:
                self._log.complain(str(error))
            except Exception as error:  # noqa: BLE001 - told, and the station goes on
                self._log.complain(f"this could not be done ({named(error)})")
            self._publish(news=True)

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
            self._publish(news=True)

        task = self._loop.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self) -> None:
        self._outputs.start()
        addresses = self._addresses()
        self._log.record("start", camera=addresses.get("image"), microphone=addresses.get("sound"))
        if self._tape:
            self._begin_tape(self._tape)
        ticking = self._loop.create_task(self._tick())
        self._spawn(self._in_files(self._parts.read))
        try:
            for sense in self._senses.values():
                sense.start()
            watching = [sense.watch(self._ending) for sense in self._senses.values()]
            await asyncio.gather(*watching, *([self._knobs.run(self._ending)] if self._knobs else []))
        finally:
            ticking.cancel()
            await self._close()

    async def _tick(self) -> None:
        """What no sense tells of: the trigger file, and time that is over while senses hang."""
        looking = ThreadPoolExecutor(1, "trigger")
        try:
            while True:
                await asyncio.sleep(POLL_SECONDS)
                if not self._parts.shot.on:
                    continue
                if self._trigger is not None and await self._loop.run_in_executor(looking, self._trigger.pulled):
                    self.part("file")
                if self._parts.shot.due(self._clock.read()):
                    self._publish(news=True)
        finally:
            looking.shutdown(wait=False)

    async def _close(self) -> None:
        if self._learning.running:
            self._learning.cancel()
        for sense in self._senses.values():
            sense.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        if self._tape:
            await self._loop.run_in_executor(None, self._tape.close)
        image = self._snapshot.image
        judged = image.counters.judged if image else 0
        await self._loop.run_in_executor(None, self._log.close, judged, self._outputs.finish)

    def _addresses(self) -> dict[Sense, str]:
        """Of the camera and the microphone."""
        return {sense: state.status.address for sense, state in self._snapshot.senses.items()}

    def _begin_tape(self, tape: TapeWriter) -> None:
        from core.tape.header import head_facts

        addresses, knobs, sight = self._addresses(), self._snapshot.knobs, self._sight
        tape.begin(
            head_facts(
                self._recipe,
                {name: sense.learnt for name, sense in self._senses.items()},
                stills=sight is not None and sight.stills,
                camera=addresses.get("image", ""),
                microphone=addresses.get("sound", ""),
                knobs=knobs.port if knobs else "",
            )
        )

    async def _in_files(self, work: Callable[..., None], *arguments: Any) -> None:
        """On the thread that writes into the recipe."""
        await self._loop.run_in_executor(self._log.files, lambda: work(*arguments))

    async def _write(self, section: str, values: Mapping[str, Any]) -> None:
        await self._in_files(self._recipe.change, section, values)

    def _exchanged(self) -> None:
        self._parts.exchanged()

    # Snapshots.

    def _judging(self) -> list[Pipeline[Any]]:
        """The senses that take part in the verdict: those that have learnt something, or else all."""
        return [s for s in self._senses.values() if s.learnt] or list(self._senses.values())

    def _look(self, number: int, verdict: Verdict) -> Snapshot:
        """All that is known now."""
        snapshot = Snapshot(
            number=number,
            at=time.time(),
            recipe=self._recipe.name,
            verdict=verdict,
            image=self._sight.state() if self._sight else None,
            sound=self._hearing.state() if self._hearing else None,
            knobs=self._grabbing.seen(),
            false_alarms=self._recipe.settings.verdict.false_alarms,
            paused=self._paused,
            taping=self._tape.state() if self._tape else None,
            outputs=self._outputs.states(),
            training=self._learning.training,
            refusals=self._log.complaints,  # before the words: those of the last one are there then
            fault=self._log.fault,
        )
        return self._parts.shown(snapshot)

    def _publish(self, *, news: bool = False) -> None:
        """`news`: of something else than a step of a sense."""
        self._clock.read()
        if self._tape:
            self._tape.publishes({name: sense.busy for name, sense in self._senses.items() if sense.hung}, news=news)
        judging = self._judging()
        snapshot = self._look(self._snapshot.number + 1, self._parts.verdict(judging))
        self._deliver(self._parts.note(snapshot, judging))
        if self._tape:
            self._tell_tape(self._tape)
        if self._knobs:
            self._knobs.tell()

    def _tell_tape(self, tape: TapeWriter) -> None:
        from core.tape.verdict_stream import verdict_line

        tape.said(verdict_line(self._snapshot))
        taping = self._snapshot.taping
        if taping and taping.trouble != self._tape_trouble:
            self._tape_trouble = taping.trouble
            self._log.complain(taping.trouble)

    def _deliver(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._outputs.publish(snapshot)
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

    def _told(self) -> BoardVerdict:
        if self._ending.is_set():
            return STOPPED.state, None, None
        self._clock.read()
        return self._parts.told(self._judging(), self._snapshot)
