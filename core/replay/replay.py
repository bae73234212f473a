"""Judges a recording again: the station itself, given what it took, at the times at which it took it."""

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
    """Does the recording's events one after the other with a station's engine, as the station's loop did them.

    exact: with the recorded models and settings, and each change of a threshold that was made meanwhile. Otherwise
    with those of a recipe, and of the recorded commands only pauses.
    """

    def __init__(self, path: Path, recipe: Recipe | None = None, *, keep_samples: bool = False) -> None:
        """Raises GoodpartError if `path` is not a recording, or if the recipe cannot judge what is in it."""
        self.recording = TapeReader(path)
        head = self.recording.head
        self.outcome = ReplayOutcome(exact=recipe is None)
        self._streams = StreamComparison(self.outcome)
        self._folder = tempfile.TemporaryDirectory(prefix="goodpart-replay-")
        self._keeps = keep_samples
        self._events: Iterator[tuple[float, TapeEvent]] = iter(self.recording.events())
        self._next_event: tuple[float, TapeEvent] | None = None
        self._broken: GoodpartError | None = None
        self._running: dict[Sense, Coroutine[Any, Any, None]] = {}
        self._under_way: dict[Sense, Frame | SoundBlock] = {}
        self._numbers: dict[Sense, int] = {"image": 0, "sound": 0}
        self._waiting: list[Snapshot] = []
        self._state: State = "UNKNOWN"
        self._said: VerdictLine | None = None
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
        for step in self._running.values():
            step.close()
        self._log.close(0, lambda: None)
        self.recording.close()
        self._folder.cleanup()

    def snapshots(self) -> Iterator[Snapshot]:
        """Judge; gives what the station publishes, with the times of the recording. Raises UnreadableError."""
        head, outcome = self.recording.head, self.outcome
        outcome.began = outcome.ended = head.wall
        while (event := self._take_event()) is not None:
            self._clock.now = event[0]
            outcome.ended = max(outcome.ended, self._clock.wall())
            self._replay(event[1])
            yield from self._waiting
            self._waiting.clear()
        outcome.torn_bytes = self.recording.torn_bytes
        self._streams.end()

    def run(self) -> ReplayOutcome:
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
                self._take(event)
            case Judged():
                self._go_on(event.sense)
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
                with suppress(GoodpartError):  # other models may still be judging
                    self._engine.inspection.turn(event.on, list(self._engine.pipelines.values()))
            case PartPlaced():
                outcome.commands += 1
                self._place(event)
            case Published() if event.news:
                self._hang(event)
                self._changed(news=True)
            case ThresholdSet() | Calibrated():
                outcome.commands += 1
                outcome.left_out += not outcome.exact
                if outcome.exact:
                    self._change(event)
            case _ if outcome.exact:
                self._live_only(event)

    def _change(self, event: ThresholdSet | Calibrated) -> None:
        sense = self._sense(event.sense)
        if isinstance(event, ThresholdSet):
            sense.set_threshold(event.which, event.value, event.by)
        else:
            recipe = replace(self._recipe, settings=event.settings, taught=event.taught)
            if sense.judge is None:
                raise GoodpartError(f"{self.recording.path}: the recording was altered (a change before the model)")
            sense.judge.calibrate(recipe)

    def _live_only(self, event: TapeEvent) -> None:
        """What only holds for the station that recorded."""
        match event:
            case ModelUsed():
                sense = self._sense(event.sense)
                if not event.bundle:
                    raise GoodpartError(
                        f"{self.recording.path.name} does not hold the model {event.id} that judged: name a recipe"
                        " (--recipe) to judge with"
                    )
                place = self._engine.recipe.bundle(event.sense)
                place.write_bytes(event.bundle)
                sense.use(sense.make(read_bundle(place)))
            case ModelRefused():
                self._sense(event.sense).refuse(GoodpartError(event.words))
            case Failed():
                self._leave(event.sense)
                self._sense(event.sense).rest(Verdict("UNKNOWN", event.words))
                self._changed()

    def _take(self, took: Took) -> None:
        sense = self._sense(took.sense)
        if took.lost:
            self.outcome.lost += 1
            self.outcome.first_lost = self.outcome.first_lost or self._clock.wall()
        self._leave(took.sense)
        steps = self._steps[took.sense]
        steps.source.now = took.status
        steps.given = took.sample, took.status, self._clock.now
        steps.suspends = self.outcome.exact
        if took.sample is not None:
            self._numbers[took.sense] += 1
            self._under_way[took.sense] = took.sample
        self._running[took.sense] = sense.step()
        self._go_on(took.sense)

    def _go_on(self, name: Sense) -> None:
        """With a step, until it waits for its judgement, or is done."""
        step = self._running.get(name)
        if step is None:
            return
        try:
            step.send(None)
        except StopIteration:
            self._leave(name)
        except Exception as error:  # noqa: BLE001 - as the station does
            if not self.outcome.exact:  # what the live run made of it is recorded
                self._sense(name).fail(error)
            self._leave(name)

    def _leave(self, name: Sense) -> None:
        """A step is over, or the live run has ended it without a judgement."""
        step, sample = self._running.pop(name, None), self._under_way.pop(name, None)
        if step is not None:
            step.close()
        if sample is None:
            return
        sense = self._sense(name)
        score = sense.newest.score if sense.newest else None
        self.outcome.counts[name, sense.verdict.state] += 1
        if self._keeps:
            self.outcome.samples.append(
                ReplayedSample(name, self._numbers[name], self._clock.wall(), sense.verdict, score, sample.truth)
            )

    def _sense(self, name: Sense) -> Pipeline[Any]:
        try:
            return self._engine.pipelines[name]
        except KeyError:
            raise GoodpartError(f"{self.recording.path}: the recording was altered (it has no {name})") from None

    def _use_models(self, recipe: Recipe) -> None:
        """Raises GoodpartError if none of them can be used."""
        pipelines = list(self._engine.pipelines.values())
        for pipeline in pipelines:
            try:
                pipeline.use(pipeline.make(read_bundle(recipe.bundle(pipeline.sense))))
            except GoodpartError as error:
                pipeline.refuse(error)
        if all(pipeline.judge is None for pipeline in pipelines):
            raise pipelines[0].refused or GoodpartError(f"{recipe.name}: has no model")

    # What the engine says.

    def _hang(self, published: Published) -> None:
        """As the live run noticed it."""
        for name, steps in self._steps.items():
            steps.busy = published.hung.get(name, 0.0) if self.outcome.exact else 0.0

    def _changed(self, *, news: bool = False) -> None:
        """Publish; a step's own publication comes next in the recording, with its time."""
        if self.outcome.exact and not news:
            self._expect_publication()
        self._publish(news=news)
        self._hang(Published(news, {}))

    def _expect_publication(self) -> None:
        if self._next_event is None:
            try:
                self._next_event = next(self._events, None)
            except GoodpartError as error:  # told when it is its turn: here a step is under way
                self._broken = error
        if self._next_event is not None and isinstance(event := self._next_event[1], Published) and not event.news:
            self._clock.now = self._next_event[0]
            self._next_event = None
            self._hang(event)

    def _place(self, placed: PartPlaced) -> None:
        ok, anomalies, unknown = placed.counts
        book = self._engine.inspection.book
        if self.outcome.exact:
            book.shift = replace(book.shift, ok=ok, anomalies=anomalies, unknown=unknown)
        with suppress(GoodpartError):  # other models may still be judging
            self._engine.trigger_part(placed.by)

    def _deliver(self, snapshot: Snapshot) -> None:
        self._waiting.append(snapshot)
        if snapshot.verdict.state != self._state or not self.outcome.turns:
            self.outcome.turns.append((snapshot.at, snapshot.verdict))
        self._state = snapshot.verdict.state
        said = verdict_line(snapshot)
        if said != self._said:
            self._said = said
            self._streams.add(said, snapshot.at, live=False)
