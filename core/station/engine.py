"""The logic of a station: connects pipelines, inspection and journal, and publishes snapshots."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from core.errors import GoodpartError
from core.inspection.file_trigger import POLL_SECONDS, FileTrigger
from core.inspection.inspection import Inspection
from core.pipelines.base import Pipeline, PipelinePorts, named
from core.recipes.recipe import Recipe
from core.state.snapshot import Snapshot
from core.state.verdict import Sense, Verdict
from core.station.knob_thresholds import KnobThresholds
from core.station.ports import Ports
from core.station.retraining import Retraining

if TYPE_CHECKING:
    from core.knobs.connection import BoardVerdict
    from core.tape.writer import TapeWriter

STARTING = Verdict("UNKNOWN", "the model is being loaded")
STOPPED = Verdict("UNKNOWN", "the station has stopped")

Work = Coroutine[Any, Any, None]


class StationEngine:
    """Runs on the loop that runs `run`; has no thread of its own. A replay does not call `run`: it does the steps of
    the pipelines one by one."""

    def __init__(self, recipe: Recipe, ports: Ports, deliver: Callable[[Snapshot], None]) -> None:
        """`deliver` is called with every new snapshot. Raises GoodpartError if the address of a device is invalid."""
        self.recipe = recipe
        self.clock, self.log, self.tape, self._outputs = ports.clock, ports.log, ports.tape, ports.outputs
        self._deliver = deliver
        self._ending = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._tape_trouble = ""
        self.paused = False
        self.unsaved_target: float | None = None
        """The false-alarm rate of the last calibration if it is not in recipe.toml yet; None otherwise."""
        pipelines = ports.pipelines(
            PipelinePorts(recipe, self.log, self.clock, self.tape, self.publish, lambda: self.inspection.exchanged())
        )
        self.image, self.sound, self.pipelines = pipelines.image, pipelines.sound, pipelines.by_sense()
        self.retraining = Retraining(
            recipe, self.log, self.pipelines, ports.start_training, self._from_thread, self._spawn
        )
        file = recipe.settings.trigger.file
        self.file_trigger = FileTrigger(recipe.folder / file) if file else None
        self._knobs = ports.knobs and ports.knobs(
            self._board_verdict, partial(self.publish, news=True), self._part_placed
        )
        self.knob_thresholds = KnobThresholds(self._knobs, self.pipelines)
        self.inspection = Inspection(recipe, self.log, self.image, self.sound, self.clock)
        if self.inspection.shot.on:
            self.inspection.turn(True, list(self.pipelines.values()))
        self.snapshot = self._make_snapshot(0, STARTING)

    def judging(self) -> list[Pipeline[Any]]:
        """Return the pipelines that take part in the verdict: those with a model, or all if no model exists."""
        return [p for p in self.pipelines.values() if p.learnt] or list(self.pipelines.values())

    # Commands.

    def perform(self, action: Callable[[], Work | None]) -> None:
        """Call `action`, publish, and then await the work that it returns. A GoodpartError becomes the snapshot's
        `fault`."""
        self.clock.read()
        with self._reporting_errors():
            rest = action()
            if rest is not None:
                self._spawn(rest)
        self.publish(news=True)

    def trigger_part(self, by: str) -> None:
        """Judge the part in place, once; `by` names who reported it. Raises GoodpartError if it cannot be judged
        now."""
        self.inspection.shot.trigger(self.judging(), by, self.clock.now)
        if self.tape:
            self.tape.part(by, self.inspection.shift_counter.shift)

    async def in_files(self, work: Callable[..., None], *arguments: Any) -> None:
        """Run `work`, which writes into the recipe's folder, after all earlier such work."""
        await asyncio.get_running_loop().run_in_executor(self.log.files, lambda: work(*arguments))

    def _spawn(self, work: Work) -> None:
        async def guarded() -> None:
            with self._reporting_errors():
                await work
            self.publish(news=True)

        task = asyncio.get_running_loop().create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @contextlib.contextmanager
    def _reporting_errors(self) -> Iterator[None]:
        try:
            yield
        except GoodpartError as error:
            self.log.complain(str(error))
        except Exception as error:  # noqa: BLE001 - reported; the station continues
            self.log.complain(f"this could not be done ({named(error)})")

    def _from_thread(self, action: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the station has ended
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self.perform, action)

    def _trigger_soon(self, by: str) -> None:
        asyncio.get_running_loop().call_soon(self.perform, lambda: self.trigger_part(by))

    # Begin and end.

    def end(self) -> None:
        """End `run`."""
        self._ending.set()

    async def run(self) -> None:
        """Judge until `end` is called."""
        self._loop = asyncio.get_running_loop()
        self._outputs.start()
        addresses = self._addresses()
        self.log.record("start", camera=addresses.get("image"), microphone=addresses.get("sound"))
        if self.tape:
            self._begin_tape(self.tape)
        polling = self._loop.create_task(self._poll())
        self._spawn(self.in_files(self.inspection.read))
        try:
            for pipeline in self.pipelines.values():
                pipeline.start()
            watching = [pipeline.watch(self._ending) for pipeline in self.pipelines.values()]
            await asyncio.gather(*watching, *([self._knobs.run(self._ending)] if self._knobs else []))
        finally:
            polling.cancel()
            await self._close(self._loop)

    def stopped(self) -> None:
        """Publish the last snapshot, with verdict UNKNOWN, so that nobody mistakes the last verdict for that of the
        part in place now."""
        last = self.snapshot
        image = last.image and replace(last.image, judged=None, verdict=STOPPED)
        sound = last.sound and replace(last.sound, judged=None, verdict=STOPPED)
        number = last.number + 1
        self._show(replace(last, number=number, verdict=STOPPED, image=image, sound=sound, stopped=True))
        self._outputs.stop()
        for pipeline in self.pipelines.values():
            pipeline.close()

    async def _poll(self) -> None:
        """Polls what no pipeline reports: the trigger file, and time-outs while a pipeline hangs."""
        poller = ThreadPoolExecutor(1, "trigger")
        try:
            while True:
                await asyncio.sleep(POLL_SECONDS)
                if not self.inspection.shot.on:
                    continue
                trigger, loop = self.file_trigger, asyncio.get_running_loop()
                if trigger is not None and await loop.run_in_executor(poller, trigger.pulled):
                    self._trigger_soon("file")
                if self.inspection.shot.due(self.clock.read()):
                    self.publish(news=True)
        finally:
            poller.shutdown(wait=False)

    async def _close(self, loop: asyncio.AbstractEventLoop) -> None:
        if self.retraining.running:
            self.retraining.cancel()
        for pipeline in self.pipelines.values():
            pipeline.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        if self.tape:
            await loop.run_in_executor(None, self.tape.close)
        image = self.snapshot.image
        judged = image.counters.judged if image else 0
        await loop.run_in_executor(None, self.log.close, judged, self._outputs.finish)

    def _addresses(self) -> dict[Sense, str]:
        """Return the addresses of the camera and the microphone."""
        return {sense: state.status.address for sense, state in self.snapshot.senses.items()}

    def _begin_tape(self, tape: TapeWriter) -> None:
        from core.tape.header import head_facts

        addresses, knobs = self._addresses(), self.snapshot.knobs
        tape.begin(
            head_facts(
                self.recipe,
                {sense: pipeline.learnt for sense, pipeline in self.pipelines.items()},
                stills=self.image is not None and self.image.stills,
                camera=addresses.get("image", ""),
                microphone=addresses.get("sound", ""),
                knobs=knobs.port if knobs else "",
            )
        )

    # Snapshots.

    def publish(self, *, news: bool = False) -> None:
        """Make and deliver a snapshot of the present state. `news`: the cause is something other than a step of a
        pipeline."""
        self.clock.read()
        if self.tape:
            self.tape.publishes({sense: p.busy for sense, p in self.pipelines.items() if p.hung}, news=news)
        judging = self.judging()
        snapshot = self._make_snapshot(self.snapshot.number + 1, self.inspection.verdict(judging))
        self._show(self.inspection.note(snapshot, judging))
        if self.tape:
            self._record_verdict(self.tape)
        if self._knobs:
            self._knobs.tell()

    def _show(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._outputs.publish(snapshot)
        self._deliver(snapshot)

    def _make_snapshot(self, number: int, verdict: Verdict) -> Snapshot:
        snapshot = Snapshot(
            number=number,
            at=self.clock.wall(),
            recipe=self.recipe.name,
            verdict=verdict,
            image=self.image.state() if self.image else None,
            sound=self.sound.state() if self.sound else None,
            knobs=self.knob_thresholds.link_state(),
            false_alarms=self.recipe.settings.verdict.false_alarms,
            paused=self.paused,
            taping=self.tape.state() if self.tape else None,
            outputs=self._outputs.states(),
            training=self.retraining.training,
            refusals=self.log.complaints,  # read before `fault`, which then has the text of the last refusal
            fault=self.log.fault,
        )
        return self.inspection.shown(snapshot)

    def _record_verdict(self, tape: TapeWriter) -> None:
        from core.tape.verdict_stream import verdict_line

        tape.said(verdict_line(self.snapshot))
        taping = self.snapshot.taping
        if taping and taping.trouble != self._tape_trouble:
            self._tape_trouble = taping.trouble
            self.log.complain(taping.trouble)

    # Knobs.

    def _part_placed(self) -> None:
        self._trigger_soon("knob")

    def _board_verdict(self) -> BoardVerdict:
        if self._ending.is_set():
            return STOPPED.state, None, None
        self.clock.read()
        return self.inspection.board_verdict(self.judging(), self.snapshot)
