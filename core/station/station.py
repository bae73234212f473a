"""Joins the senses, the verdict and the journal, and publishes snapshots."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.commands import Command, TriggerPart
from core.errors import GoodpartError
from core.inspection.file_trigger import POLL_SECONDS, FileTrigger
from core.inspection.inspection import Inspection
from core.journal.event_log import EventLog
from core.pipelines.base import Pipeline, named
from core.pipelines.factory import make_senses
from core.recipes.lock import RecipeLock
from core.recipes.recipe import Recipe
from core.runtime.clock import Clock
from core.sources.camera.base import PictureSource
from core.sources.microphone.base import SoundSource
from core.state.snapshot import Snapshot
from core.state.verdict import Sense, Verdict
from core.station.handlers import handle
from core.station.knob_thresholds import KnobThresholds
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
        self.recipe = recipe
        self._lock = lock or RecipeLock(recipe.folder)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="station", daemon=True)
        self._ending = asyncio.Event()
        self._subscribers: tuple[Callable[[Snapshot], None], ...] = ()
        self._subscribing = threading.Lock()
        self.log = log or EventLog(recipe)
        self.clock = Clock()
        self.tape = tape
        self._tape_trouble = ""
        if tape is not None:
            tape.clock = self.clock
        self.paused = False
        self.unsaved_target: float | None = None
        """A false-alarm target that was calibrated for and is not in recipe.toml."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._knobs = self._make_knobs(recipe.settings.knobs.port if knobs is None else knobs)
        try:
            self.sight, self.hearing = self._make_senses(source or camera, sound_source or microphone)
        except GoodpartError:
            self._lock.release()
            raise
        found: list[Pipeline[Any]] = [sense for sense in (self.sight, self.hearing) if sense is not None]
        self.senses: dict[Sense, Pipeline[Any]] = {sense.sense: sense for sense in found}
        for perception in found:
            perception.clock, perception.tape = self.clock, tape
        self.retraining = Retraining(recipe, self.log, self.senses, self._command, self._spawn)
        file = recipe.settings.trigger.file
        self.file_trigger = FileTrigger(recipe.folder / file) if file else None
        self.knob_thresholds = KnobThresholds(self._knobs, self.senses)
        self.inspection = Inspection(recipe, self.log, self.sight, self.hearing, self.clock)
        if self.inspection.shot.on:
            self.inspection.turn(True, found)
        self._snapshot = self._look(0, STARTING)

    def _make_senses(
        self, camera: str | PictureSource | None, microphone: str | SoundSource | None
    ) -> tuple[ImagePipeline | None, SoundPipeline | None]:
        return make_senses(self.recipe, self.log, self._publish, self._exchanged, camera, microphone)

    def _make_knobs(self, port: str) -> KnobConnection | None:
        if not port:
            return None
        from core.knobs.connection import KnobConnection

        def trigger() -> None:
            self.do(TriggerPart("knob"))

        return KnobConnection(port, self._told, lambda: self._publish(news=True), trigger, self.tape)

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
        return next((s.refused for s in self.judging() if s.refused), None)

    @property
    def hung(self) -> bool:
        """Whether a sense that judges does not come back."""
        return any(s.hung for s in self.senses.values())

    def note(self, reason: str, **data: Any) -> None:
        """Into the journal: what was asked, and by whom."""
        self.log.record("command", reason, **data)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End training, sources and journal; the last snapshot says `stopped`. May be called twice, or before start."""
        if self._thread.is_alive():
            self._command(self._ending.set)
            self._thread.join(timeout)
        self._lock.release()

    def do(self, command: Command) -> None:
        def begin() -> None:
            rest = handle(self, command)
            if rest is not None:
                self._spawn(rest)

        self._command(begin)

    # The station's own thread.

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
            for sense in self.senses.values():
                sense.close()
            self._loop.close()

    def _command(self, action: Callable[[], None]) -> None:
        def act() -> None:
            self.clock.read()
            try:
                action()
            except GoodpartError as error:
                self.log.complain(str(error))
            except Exception as error:  # noqa: BLE001 - told, and the station goes on
                self.log.complain(f"this could not be done ({named(error)})")
            self._publish(news=True)

        with contextlib.suppress(RuntimeError):  # the station has ended
            self._loop.call_soon_threadsafe(act)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except GoodpartError as error:
                self.log.complain(str(error))
            except Exception as error:  # noqa: BLE001 - told, and the station goes on
                self.log.complain(f"this could not be done ({named(error)})")
            self._publish(news=True)

        task = self._loop.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self) -> None:
        addresses = self._addresses()
        self.log.record("start", camera=addresses.get("image"), microphone=addresses.get("sound"))
        if self.tape:
            self._begin_tape(self.tape)
        ticking = self._loop.create_task(self._tick())
        self._spawn(self.in_files(self.inspection.read))
        try:
            for sense in self.senses.values():
                sense.start()
            watching = [sense.watch(self._ending) for sense in self.senses.values()]
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
                if not self.inspection.shot.on:
                    continue
                trigger = self.file_trigger
                if trigger is not None and await self._loop.run_in_executor(looking, trigger.pulled):
                    self.do(TriggerPart("file"))
                if self.inspection.shot.due(self.clock.read()):
                    self._publish(news=True)
        finally:
            looking.shutdown(wait=False)

    async def _close(self) -> None:
        if self.retraining.running:
            self.retraining.cancel()
        for sense in self.senses.values():
            sense.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        if self.tape:
            await self._loop.run_in_executor(None, self.tape.close)
        image = self._snapshot.image
        await self._loop.run_in_executor(None, self.log.close, image.counters.judged if image else 0)

    def _addresses(self) -> dict[Sense, str]:
        """Of the camera and the microphone."""
        return {sense: state.status.address for sense, state in self._snapshot.senses.items()}

    def _begin_tape(self, tape: TapeWriter) -> None:
        from core.tape.header import head_facts

        addresses, knobs, sight = self._addresses(), self._snapshot.knobs, self.sight
        tape.begin(
            head_facts(
                self.recipe,
                {name: sense.learnt for name, sense in self.senses.items()},
                stills=sight is not None and sight.stills,
                camera=addresses.get("image", ""),
                microphone=addresses.get("sound", ""),
                knobs=knobs.port if knobs else "",
            )
        )

    async def in_files(self, work: Callable[..., None], *arguments: Any) -> None:
        """On the thread that writes into the recipe."""
        await self._loop.run_in_executor(self.log.files, lambda: work(*arguments))

    def _exchanged(self) -> None:
        self.inspection.exchanged()

    # Snapshots.

    def judging(self) -> list[Pipeline[Any]]:
        """The senses that take part in the verdict: those that have learnt something, or else all."""
        return [s for s in self.senses.values() if s.learnt] or list(self.senses.values())

    def _look(self, number: int, verdict: Verdict) -> Snapshot:
        """All that is known now."""
        snapshot = Snapshot(
            number=number,
            at=time.time(),
            recipe=self.recipe.name,
            verdict=verdict,
            image=self.sight.state() if self.sight else None,
            sound=self.hearing.state() if self.hearing else None,
            knobs=self.knob_thresholds.seen(),
            false_alarms=self.recipe.settings.verdict.false_alarms,
            paused=self.paused,
            taping=self.tape.state() if self.tape else None,
            training=self.retraining.training,
            refusals=self.log.complaints,  # before the words: those of the last one are there then
            fault=self.log.fault,
        )
        return self.inspection.shown(snapshot)

    def _publish(self, *, news: bool = False) -> None:
        """`news`: of something else than a step of a sense."""
        self.clock.read()
        if self.tape:
            self.tape.publishes({name: sense.busy for name, sense in self.senses.items() if sense.hung}, news=news)
        judging = self.judging()
        snapshot = self._look(self._snapshot.number + 1, self.inspection.verdict(judging))
        self._deliver(self.inspection.note(snapshot, judging))
        if self.tape:
            self._tell_tape(self.tape)
        if self._knobs:
            self._knobs.tell()

    def _tell_tape(self, tape: TapeWriter) -> None:
        from core.tape.verdict_stream import verdict_line

        tape.said(verdict_line(self._snapshot))
        taping = self._snapshot.taping
        if taping and taping.trouble != self._tape_trouble:
            self._tape_trouble = taping.trouble
            self.log.complain(taping.trouble)

    def _deliver(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        for callback in self._subscribers:
            try:
                callback(snapshot)
            except Exception as error:  # noqa: BLE001 - a screen that fails must not take the station with it
                self._leave_out(callback)
                self.log.complain(f"a screen does not answer any more ({named(error)})")

    def _leave_out(self, callback: Callable[[Snapshot], None]) -> None:
        with self._subscribing:
            self._subscribers = tuple(s for s in self._subscribers if s is not callback)

    # Knobs.

    def _told(self) -> BoardVerdict:
        if self._ending.is_set():
            return STOPPED.state, None, None
        self.clock.read()
        return self.inspection.told(self.judging(), self._snapshot)
