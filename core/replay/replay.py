"""Judges a recording again, with the engine of a station, the recorded samples and the recorded times."""

from __future__ import annotations

import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.bundle import read_bundle
from core.commands import Pause
from core.errors import GoodpartError
from core.pipelines.base import Pipeline, PipelinePorts
from core.pipelines.factory import Pipelines
from core.recipes.recipe import Recipe
from core.replay.outcome import ReplayedSample, ReplayOutcome
from core.replay.ports import (
    NoLock,
    RecordedClock,
    SilentLog,
    no_outputs,
    recorded_pipelines,
    recorded_steps,
    replay_recipe,
)
from core.replay.streams import StreamComparison
from core.samples import Frame, SoundBlock
from core.state.snapshot import Snapshot
from core.state.verdict import Sense, State, Verdict
from core.station.engine import StationEngine
from core.station.handlers import handle
from core.station.ports import Ports
from core.tape.events import (
    Calibrated,
    Failed,
    Judged,
    KnobBytes,
    Last,
    ModelRefused,
    ModelUsed,
    PartPlaced,
    Paused,
    Published,
    SaidLive,
    SingleShots,
    TapeEvent,
    ThresholdSet,
    Took,
)
from core.tape.reader import TapeReader
from core.tape.verdict_stream import VerdictLine, verdict_line


class Replay:
    """Applies the events of a recording to a station's engine, in the order of the live run.

    Without a recipe the replay is exact: it uses the recorded models, settings and changes of thresholds. With a recipe
    it uses the models and thresholds of that recipe, and skips recorded changes of thresholds.
    """

    def __init__(self, path: Path, recipe: Recipe | None = None, *, keep_samples: bool = False) -> None:
        """`keep_samples` keeps the verdict after each sample. Raises GoodpartError if `path` is not a recording, or if
        the recipe has no usable model for it."""
        self.recording = TapeReader(path)
        head = self.recording.head
        self.outcome = ReplayOutcome(exact=recipe is None)
        self._streams = StreamComparison(self.outcome)
        self._folder = tempfile.TemporaryDirectory(prefix="goodpart-replay-")
        self._keep_samples = keep_samples
        self._events: Iterator[tuple[float, TapeEvent]] = iter(self.recording.events())
        self._next_event: tuple[float, TapeEvent] | None = None
        self._broken: GoodpartError | None = None
        self._running: dict[Sense, Coroutine[Any, Any, None]] = {}
        self._samples_in_step: dict[Sense, Frame | SoundBlock] = {}
        self._numbers: dict[Sense, int] = {"image": 0, "sound": 0}
        self._unread: list[Snapshot] = []
        self._state: State = "UNKNOWN"
        self._last_line: VerdictLine | None = None
        self._clock = RecordedClock(head.monotonic, head.wall)
        self._log = SilentLog()
        self._steps = recorded_steps(head)
        try:
            ports = Ports(self._clock, self._log, NoLock(), self._pipelines, no_outputs())
            self._recipe = replay_recipe(head, recipe, Path(self._folder.name))
            self._engine = StationEngine(self._recipe, ports, self._deliver)
            if recipe is not None:
                self._use_models(recipe)
        except BaseException:
            self.close()
            raise

    def _pipelines(self, ports: PipelinePorts) -> Pipelines:
        self._publish = ports.changed
        return recorded_pipelines(replace(ports, changed=self._changed), self._steps, stills=self.recording.head.stills)

    def close(self) -> None:
        """End steps in progress and delete the replay's temporary folder."""
        for step in self._running.values():
            step.close()
        self._log.close(0, lambda: None)
        self.recording.close()
        self._folder.cleanup()

    def snapshots(self) -> Iterator[Snapshot]:
        """Judge, and yield each snapshot that the engine publishes, with recorded times. Raises UnreadableError if the
        recording is damaged, and GoodpartError if it lacks a model or was altered."""
        head, outcome = self.recording.head, self.outcome
        outcome.began = outcome.ended = head.wall
        while (event := self._take_event()) is not None:
            self._clock.now = event[0]
            outcome.ended = max(outcome.ended, self._clock.wall())
            self._replay(event[1])
            yield from self._unread
            self._unread.clear()
        outcome.torn_bytes = self.recording.torn_bytes
        self._streams.end()

    def run(self) -> ReplayOutcome:
        """Judge the whole recording and return the result. Raises as `snapshots` does."""
        for _ in self.snapshots():
            pass
        return self.outcome

    # The recording's events.

    def _take_event(self) -> tuple[float, TapeEvent] | None:
        if self._broken:
            raise self._broken
        event, self._next_event = self._next_event, None
        return event or next(self._events, None)

    def _replay(self, event: TapeEvent) -> None:
        outcome = self.outcome
        match event:
            case Took():
                self._begin_step(event)
            case Judged():
                self._resume(event.sense)
            case SaidLive():
                self._streams.add(event.said, self._clock.wall(), live=True)
            case KnobBytes():
                outcome.knob_bytes += len(event.data)
            case Last():
                outcome.whole, outcome.trouble = True, event.trouble
            case Paused():
                outcome.commands += 1
                handle(self._engine, Pause(event.paused))
            case SingleShots():
                outcome.commands += 1
                with suppress(GoodpartError):  # with another model the previous part may still be in progress
                    self._engine.inspection.turn(event.on, list(self._engine.pipelines.values()))
            case PartPlaced():
                outcome.commands += 1
                self._place_part(event)
            case Published() if event.news:
                self._set_busy(event)
                self._changed(news=True)
            case ThresholdSet() | Calibrated():
                outcome.commands += 1
                outcome.left_out += not outcome.exact
                if outcome.exact:
                    self._change_thresholds(event)
            case _ if outcome.exact:
                self._replay_exactly(event)

    def _change_thresholds(self, event: ThresholdSet | Calibrated) -> None:
        pipeline = self._pipeline(event.sense)
        if isinstance(event, ThresholdSet):
            pipeline.set_threshold(event.which, event.value, event.by)
        else:
            recipe = replace(self._recipe, settings=event.settings, taught=event.taught)
            if pipeline.judge is None:
                raise GoodpartError(f"{self.recording.path}: the recording was altered (a change before the model)")
            pipeline.judge.calibrate(recipe)

    def _replay_exactly(self, event: TapeEvent) -> None:
        """Apply an event that only matters in an exact replay."""
        match event:
            case ModelUsed():
                pipeline = self._pipeline(event.sense)
                if not event.bundle:
                    raise GoodpartError(
                        f"{self.recording.path.name} does not hold the model {event.id} that judged: name a recipe"
                        " (--recipe) to judge with"
                    )
                place = self._engine.recipe.bundle(event.sense)
                place.write_bytes(event.bundle)
                pipeline.use(pipeline.make(read_bundle(place)))
            case ModelRefused():
                self._pipeline(event.sense).refuse(GoodpartError(event.words))
            case Failed():
                self._end_step(event.sense)
                self._pipeline(event.sense).rest(Verdict("UNKNOWN", event.words))
                self._changed()

    def _begin_step(self, took: Took) -> None:
        pipeline = self._pipeline(took.sense)
        if took.lost:
            self.outcome.lost += 1
            self.outcome.first_lost = self.outcome.first_lost or self._clock.wall()
        self._end_step(took.sense)
        steps = self._steps[took.sense]
        steps.source.now = took.status
        steps.given = took.sample, took.status, self._clock.now
        steps.suspends = self.outcome.exact
        if took.sample is not None:
            self._numbers[took.sense] += 1
            self._samples_in_step[took.sense] = took.sample
        self._running[took.sense] = pipeline.step()
        self._resume(took.sense)

    def _resume(self, name: Sense) -> None:
        """Resume the step of a sense until it waits for its judgement or ends."""
        step = self._running.get(name)
        if step is None:
            return
        try:
            step.send(None)
        except StopIteration:
            self._end_step(name)
        except Exception as error:  # noqa: BLE001 - as the station does
            if not self.outcome.exact:  # an exact replay reads the live failure from the recording
                self._pipeline(name).fail(error)
            self._end_step(name)

    def _end_step(self, name: Sense) -> None:
        """End the step of a sense: it is done, or the live run ended it without a judgement."""
        step, sample = self._running.pop(name, None), self._samples_in_step.pop(name, None)
        if step is not None:
            step.close()
        if sample is None:
            return
        pipeline = self._pipeline(name)
        score = pipeline.newest.score if pipeline.newest else None
        self.outcome.counts[name, pipeline.verdict.state] += 1
        if self._keep_samples:
            self.outcome.samples.append(
                ReplayedSample(name, self._numbers[name], self._clock.wall(), pipeline.verdict, score, sample.truth)
            )

    def _pipeline(self, name: Sense) -> Pipeline[Any]:
        try:
            return self._engine.pipelines[name]
        except KeyError:
            raise GoodpartError(f"{self.recording.path}: the recording was altered (it has no {name})") from None

    def _use_models(self, recipe: Recipe) -> None:
        """Raises GoodpartError if no model of `recipe` can be used."""
        pipelines = list(self._engine.pipelines.values())
        for pipeline in pipelines:
            try:
                pipeline.use(pipeline.make(read_bundle(recipe.bundle(pipeline.sense))))
            except GoodpartError as error:
                pipeline.refuse(error)
        if all(pipeline.judge is None for pipeline in pipelines):
            raise pipelines[0].refused or GoodpartError(f"{recipe.name}: has no model")

    # Publications of the engine.

    def _set_busy(self, published: Published) -> None:
        """Set how long each step has hung, as in the live run."""
        for name, steps in self._steps.items():
            steps.busy = published.hung.get(name, 0.0) if self.outcome.exact else 0.0

    def _changed(self, *, news: bool = False) -> None:
        """Publish a snapshot. If a step is the cause, the next recorded event is its publication, with the time."""
        if self.outcome.exact and not news:
            self._expect_publication()
        self._publish(news=news)
        self._set_busy(Published(news, {}))

    def _expect_publication(self) -> None:
        if self._next_event is None:
            try:
                self._next_event = next(self._events, None)
            except GoodpartError as error:  # raised later, by _take_event: a step is in progress here
                self._broken = error
        if self._next_event is not None and isinstance(event := self._next_event[1], Published) and not event.news:
            self._clock.now = self._next_event[0]
            self._next_event = None
            self._set_busy(event)

    def _place_part(self, placed: PartPlaced) -> None:
        ok, anomalies, unknown = placed.counts
        counter = self._engine.inspection.shift_counter
        if self.outcome.exact:
            counter.shift = replace(counter.shift, ok=ok, anomalies=anomalies, unknown=unknown)
        with suppress(GoodpartError):  # with another model the previous part may still be in progress
            self._engine.trigger_part(placed.by)

    def _deliver(self, snapshot: Snapshot) -> None:
        self._unread.append(snapshot)
        if snapshot.verdict.state != self._state or not self.outcome.turns:
            self.outcome.turns.append((snapshot.at, snapshot.verdict))
        self._state = snapshot.verdict.state
        line = verdict_line(snapshot)
        if line != self._last_line:
            self._last_line = line
            self._streams.add(line, snapshot.at, live=False)
