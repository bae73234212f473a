"""The loop that joins source, detector, verdict and journal, and publishes snapshots."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from core.bundle import BundleError, read_bundle
from core.detectors.load import describe
from core.errors import GoodpartError
from core.health import Health, HealthSettings, Motion
from core.judging import Judge, load_judge
from core.lock import RecipeLock
from core.logbook import Logbook, scores_as_json
from core.recipe import Recipe, open_recipe
from core.snapshot import Judgement, Model, Preview, Snapshot, Thresholds, Training, Verdict, Which
from core.sources.base import CameraSettings, Frame, Picture, PictureSource, SourceStatus
from core.sources.open import open_source, shown, shows_stills
from core.sources.opencv import cv2
from core.training import TrainingRun
from core.verdict import Votes, reason

IDLE_SECONDS = 0.25
"""So often a snapshot is published while no frames come."""
PREVIEW_WIDTH = 80
PAUSED = Verdict("UNKNOWN", "paused: nothing is judged")
STOPPED = Verdict("UNKNOWN", "the station has stopped")


class Station:
    """Owns camera, model and journal of one recipe; runs on a thread with its own event loop.

    Every public method may be called from any thread and returns at once. A command that cannot be done is told in
    the next snapshots (`fault`), never raised.
    """

    def __init__(
        self,
        recipe: Recipe,
        camera: str | None = None,
        source: PictureSource | None = None,
        lock: RecipeLock | None = None,
    ) -> None:
        """`camera` takes the place of the recipe's address, `source` that of the camera, `lock` is held already.

        Raises GoodpartError when another station judges with this recipe, or the address means nothing.
        """
        self._recipe = recipe
        table = recipe.settings.camera
        address = camera if camera is not None else table.source
        self._stills = source is None and shows_stills(address)
        # Every still picture is a part of its own, and none shall be missed because they come faster than are judged.
        fps = min(table.fps, recipe.settings.verdict.rate) if self._stills else table.fps
        asked = CameraSettings(table.width, table.height, fps, table.loop, table.seed)
        self._source = source or open_source(address, asked)
        self._lock = lock or RecipeLock(recipe.folder)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="station", daemon=True)
        # Frames are waited for on one thread and judged on another, so that neither holds up the loop.
        self._waiter = ThreadPoolExecutor(1, "frames")
        self._worker = ThreadPoolExecutor(1, "judging")
        self._writer = ThreadPoolExecutor(1, "files")
        self._ending = asyncio.Event()
        self._subscribers: tuple[Callable[[Snapshot], None], ...] = ()
        self._subscribing = threading.Lock()

        self._judge: Judge | None = None
        self._no_model = "the model is being loaded"
        self.refused: GoodpartError | None = None
        """Why the recipe's model cannot be used; set before the first verdict."""
        self._health = Health(None)
        self._motion = Motion()
        smoothing = recipe.settings.verdict
        # A still picture is a whole part: there is nothing to smooth.
        self._votes = Votes(1, 1) if self._stills else Votes(smoothing.hold, smoothing.of)
        self._why = ""
        self._paused = False
        self._unsaved = False
        self._run_of_training: TrainingRun | None = None
        self._previewed = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._log: Logbook  # opened by the station's thread
        self._snapshot = Snapshot(
            number=0,
            at=time.time(),
            recipe=recipe.name,
            verdict=Verdict("UNKNOWN", self._no_model),
            camera=SourceStatus("opening", shown(address)),
            votes=str(self._votes),
            hold=self._votes.hold,
        )

    # What others may do: subscribe, look, command.

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """`callback` gets every snapshot on the station's thread and must return at once; gives what ends that."""
        with self._subscribing:
            self._subscribers = (*self._subscribers, callback)

        return lambda: self._leave_out(callback)

    def snapshot(self) -> Snapshot:
        return self._snapshot

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End training, source and journal; the last snapshot says `stopped`. May be called twice, and before start."""
        if self._thread.is_alive():
            self._command(self._ending.set)
            self._thread.join(timeout)
        self._lock.release()

    def set_threshold(self, which: Which, value: float, by: str = "key") -> None:
        def change(judge: Judge) -> None:
            old = judge.thresholds
            judge.set_threshold(which, value, by)
            self._thresholds_changed(old, judge.thresholds)

        self._with_judge(change)

    def calibrate(self) -> None:
        """New thresholds from the stored calibration scores, for the false-alarm rate that recipe.toml asks now."""

        def change(judge: Judge) -> None:
            old = judge.thresholds
            judge.calibrate(open_recipe(str(self._recipe.folder)).settings.image)
            self._thresholds_changed(old, judge.thresholds)

        self._with_judge(change)

    def save_thresholds(self) -> None:
        """Write the thresholds to recipe.toml."""

        self._with_judge(lambda judge: self._spawn(self._save(judge)))

    def pause(self, paused: bool) -> None:
        def change() -> None:
            self._paused = paused
            if paused:
                self._rest(None, PAUSED)

        self._command(change)

    def train(self) -> None:
        """Learn anew in the background; judging goes on with the model that is there."""
        self._command(self._train)

    def cancel_training(self) -> None:
        def cancel() -> None:
            if self._run_of_training:
                self._run_of_training.cancel()

        self._command(cancel)

    def take_over(self) -> None:
        """Judge with the model that was trained in the background."""
        self._command(lambda: self._spawn(self._take_over()))

    # The station's own thread.

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._log = Logbook(self._recipe)
        try:
            self._loop.run_until_complete(self._watch())
        finally:
            # Whatever has happened: what was last seen must not be taken for the part that lies there now.
            number = self._snapshot.number + 1
            self._deliver(replace(self._snapshot, number=number, verdict=STOPPED, image=None, stopped=True))
            for pool in (self._waiter, self._worker, self._writer):
                pool.shutdown(wait=False)
            self._loop.close()

    def _command(self, action: Callable[[], None]) -> None:
        def act() -> None:
            try:
                action()
            except GoodpartError as error:
                self._log.complain(str(error))
            except Exception as error:  # noqa: BLE001 - told, and the station goes on
                self._log.complain(f"this could not be done ({_named(error)})")
            self._publish()

        with contextlib.suppress(RuntimeError):  # the station has ended
            self._loop.call_soon_threadsafe(act)

    def _with_judge(self, action: Callable[[Judge], None]) -> None:
        def act() -> None:
            if self._judge is None:
                raise GoodpartError(f"there are no thresholds to set: {self._no_model}")
            action(self._judge)

        self._command(act)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except GoodpartError as error:
                self._log.complain(str(error))
            except Exception as error:  # noqa: BLE001 - told, and the station goes on
                self._log.complain(f"this could not be done ({_named(error)})")
            self._publish()

        task = self._loop.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _in_worker(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await self._loop.run_in_executor(self._worker, work, *arguments)

    async def _watch(self) -> None:
        self._log.record("start", camera=self._snapshot.camera.address)
        try:
            self._source.start()
            await self._load()
            while not self._ending.is_set():
                began = time.monotonic()
                try:
                    await self._step()
                except Exception as error:  # noqa: BLE001 - whatever it is, the verdict must not stand
                    self._fail(error)
                await self._pace(began)
        finally:
            await self._close()

    def _fail(self, error: Exception) -> None:
        """What nobody foresaw makes the verdict UNKNOWN, in words; the journal has the details, once."""
        words = f"goodpart could not judge ({_named(error)}): the journal has the details; train again if it stays"
        self._log.unforeseen(error, words)
        self._rest(None, Verdict("UNKNOWN", words))

    async def _pace(self, began: float) -> None:
        left = began + 1.0 / self._recipe.settings.verdict.rate - time.monotonic()
        if left > 0:
            try:
                await asyncio.wait_for(self._ending.wait(), left)
            except TimeoutError:
                return

    async def _close(self) -> None:
        if self._run_of_training and self._run_of_training.state.state == "running":
            self._run_of_training.cancel()
        self._source.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        await self._loop.run_in_executor(self._writer, self._log.close, self._snapshot.counters.judged)

    async def _load(self) -> None:
        """The recipe's model, and one that waits to be taken over."""
        try:
            bundle = await self._in_worker(read_bundle, self._recipe.image_bundle)
            await self._use(await self._in_worker(load_judge, self._recipe, bundle))
        except GoodpartError as error:
            self._no_model, self.refused = str(error), error
        except Exception as error:  # noqa: BLE001 - told, and the station goes on
            self._no_model = f"the model cannot be used ({_named(error)}); train again"
            self.refused = GoodpartError(self._no_model)
        await self._find_candidate()
        self._publish()

    async def _use(self, judge: Judge) -> None:
        self._judge, self.refused = judge, None
        self._health = Health(judge.taught, HealthSettings(frozen_after=None) if self._stills else None)
        self._votes.clear()
        self._unsaved = False
        self._log.record("model", f"{judge.model.method}, {judge.model.taught} good pictures, {judge.bundle.id}")

    async def _find_candidate(self) -> None:
        waiting: Model | None = None
        if self._recipe.image_candidate.exists():
            try:
                bundle = await self._in_worker(read_bundle, self._recipe.image_candidate)
                waiting = describe(bundle, self._recipe.settings.image)
            except BundleError as error:
                self._log.complain(str(error))
        self._snapshot = replace(self._snapshot, new_model=waiting)

    async def _take_over(self) -> None:
        if not self._recipe.image_candidate.exists():
            raise GoodpartError("there is no new model to take over; key t trains one")
        bundle = await self._in_worker(read_bundle, self._recipe.image_candidate)
        judge = await self._in_worker(load_judge, self._recipe, bundle)
        try:
            self._recipe.image_candidate.replace(self._recipe.image_bundle)
        except OSError as error:
            raise GoodpartError(
                f"{self._recipe.image_bundle}: cannot be replaced ({error.strerror}); the old model stays"
            ) from error
        await self._use(judge)
        self._run_of_training = None
        self._snapshot = replace(self._snapshot, new_model=None, training=None)

    async def _save(self, judge: Judge) -> None:
        thresholds = judge.thresholds
        await self._loop.run_in_executor(self._writer, self._recipe.save_thresholds, thresholds, judge.bundle.id)
        if judge is self._judge and judge.thresholds == thresholds:
            self._unsaved = False

    async def _step(self) -> None:
        """One turn: a frame, if there is one, judged and published."""
        frame = await self._loop.run_in_executor(self._waiter, self._source.take, IDLE_SECONDS)
        status = self._source.status()
        fault = self._health.check(frame, status, time.monotonic())
        self._log.health(fault)
        if self._paused:
            self._rest(frame, PAUSED)
        elif self._judge is None:
            self._rest(frame, Verdict("UNKNOWN", self._no_model))
        elif fault is not None:
            self._rest(frame, Verdict("UNKNOWN", fault))
        elif frame is not None:
            await self._judge_frame(self._judge, frame)
        else:
            self._publish()

    def _rest(self, frame: Frame | None, verdict: Verdict) -> None:
        """Nothing can be said: forget the votes, show why."""
        self._votes.clear()
        counters = self._snapshot.counters
        if frame is not None:
            counters = replace(counters, unknown=counters.unknown + 1)
        self._log.unknown(verdict)
        self._publish(
            verdict=verdict,
            image=None,
            counters=counters,
            truth=frame.truth if frame else self._snapshot.truth,
            preview=self._preview(frame),
        )

    async def _judge_frame(self, judge: Judge, frame: Frame) -> None:
        counters = self._snapshot.counters
        judgement: Judgement = await self._in_worker(judge, frame.picture, counters.judged + 1)
        if judge is not self._judge or self._paused:  # while it was judged
            return
        if self._recipe.settings.verdict.settle and self._motion.changed(frame.picture):
            self._votes.clear()
        self._votes.push(judgement.anomalous)
        if self._votes.agrees:
            self._why = reason(judgement.density, judgement.reconstruction_error, judge.thresholds, judgement.anomalous)
        verdict = self._votes.verdict(self._why)
        called = verdict.state == "ANOMALY" and self._snapshot.verdict.state != "ANOMALY"
        counters = replace(
            counters,
            judged=judgement.number,
            ok=counters.ok + (verdict.state == "OK"),
            anomalies=counters.anomalies + (verdict.state == "ANOMALY"),
            unknown=counters.unknown + (verdict.state == "UNKNOWN"),
            called=counters.called + called,
        )
        self._log.judged(
            verdict, self._snapshot.verdict.state, scores_as_json(judgement, judge.thresholds), frame.picture
        )
        self._publish(
            verdict=verdict, image=judgement, counters=counters, truth=frame.truth, preview=self._preview(frame)
        )

    def _publish(self, **changes: Any) -> None:
        status = self._source.status()
        judge = self._judge
        training = self._run_of_training.state if self._run_of_training else self._snapshot.training
        self._snapshot = replace(
            self._snapshot,
            **changes
            | {
                "number": self._snapshot.number + 1,
                "at": time.time(),
                "camera": status,
                "thresholds": judge.thresholds if judge else None,
                "model": judge.model if judge else None,
                "unsaved": self._unsaved,
                "votes": str(self._votes),
                "paused": self._paused,
                "training": training,
                "fault": self._log.fault,
            },
        )
        counters = replace(self._snapshot.counters, dropped=status.dropped)
        self._deliver(replace(self._snapshot, counters=counters))

    def _deliver(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        for callback in self._subscribers:
            try:
                callback(snapshot)
            except Exception as error:  # noqa: BLE001 - a screen that fails must not take the station with it
                self._leave_out(callback)
                self._log.complain(f"a screen does not answer any more ({_named(error)})")

    def _leave_out(self, callback: Callable[[Snapshot], None]) -> None:
        with self._subscribing:
            self._subscribers = tuple(s for s in self._subscribers if s is not callback)

    def _preview(self, frame: Frame | None) -> Preview | None:
        now = time.monotonic()
        if frame is None or (now - self._previewed < 0.5 and self._snapshot.preview):
            return self._snapshot.preview
        self._previewed = now
        return small_preview(frame.picture)

    def _thresholds_changed(self, old: Thresholds, new: Thresholds) -> None:
        self._unsaved = True
        self._log.thresholds(old, new)

    # Training.

    def _train(self) -> None:
        if self._run_of_training and self._run_of_training.state.state == "running":
            raise GoodpartError("training is under way already")
        self._log.record("training", "started")
        self._run_of_training = TrainingRun(
            self._recipe.folder,
            ["--output", str(self._recipe.image_candidate)],
            lambda news: self._command(lambda: self._training_news(news)),
        )

    def _training_news(self, news: Training) -> None:
        if news.state == "running":
            return
        self._log.record("training", news.message, state=news.state)
        if news.state == "done":
            self._spawn(self._find_candidate())


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def small_preview(picture: Picture) -> Preview:
    height, width = picture.shape[:2]
    # Every so many pixels is enough for a preview; averaging a whole 1080p picture would cost as much as judging it.
    step = max(1, width // (2 * PREVIEW_WIDTH))
    rows = max(1, round(PREVIEW_WIDTH * height / width))
    small = cv2.resize(picture[::step, ::step], (PREVIEW_WIDTH, rows), interpolation=cv2.INTER_AREA)
    return Preview(PREVIEW_WIDTH, rows, cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).tobytes())
