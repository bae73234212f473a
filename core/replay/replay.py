"""Judges a recording again: the station itself, given what it took, at the times at which it took it."""

from __future__ import annotations

import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.bundle import read_bundle
from core.errors import GoodpartError
from core.pipelines.image import ImagePipeline
from core.pipelines.sound import SoundPipeline
from core.recipes.recipe import Recipe
from core.replay.outcome import Difference, ReplayedSample, ReplayOutcome
from core.replay.ports import (
    GivenClock,
    GivenSource,
    NoLock,
    NoLog,
    ReplayImagePipeline,
    ReplayRecipe,
    ReplaySoundPipeline,
)
from core.samples import Frame, SoundBlock
from core.state.snapshot import Snapshot
from core.state.source_status import MicrophoneStatus, SourceStatus
from core.state.verdict import ImageJudgement, Sense, SoundJudgement, Verdict
from core.station.station import Station
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


class Replay(Station):
    """A station that is never started: the recording's events are done one after the other, as its loop did them.

    exact: with the recorded models and settings, and each change of a threshold that was made meanwhile. Otherwise
    with those of a recipe, and of the recorded commands only pauses.
    """

    def __init__(self, path: Path, recipe: Recipe | None = None, *, keep_samples: bool = False) -> None:
        """Raises GoodpartError where `path` is no recording, or the recipe cannot judge what is in it."""
        self.recording = TapeReader(path)
        head = self.recording.head
        self.outcome = ReplayOutcome(exact=recipe is None)
        self._folder = tempfile.TemporaryDirectory(prefix="goodpart-replay-")
        self._keeps = keep_samples
        self._event_at = head.monotonic
        self._events: Iterator[tuple[float, TapeEvent]] = iter(self.recording.events())
        self._next_event: tuple[float, TapeEvent] | None = None
        self._broken: GoodpartError | None = None
        self._steps: dict[Sense, Coroutine[Any, Any, None]] = {}
        self._under_way: dict[Sense, Frame | SoundBlock] = {}
        self._numbers: dict[Sense, int] = {"image": 0, "sound": 0}
        self._waiting: list[Snapshot] = []
        self._said: VerdictLine | None = None
        # What one run has said and the other has not yet.
        self._ahead: list[tuple[float, VerdictLine]] = []
        self._behind: list[tuple[float, VerdictLine]] = []
        folder, settings, taught = Path(self._folder.name), head.settings, head.taught
        if recipe is not None:
            folder, taught = recipe.folder, recipe.senses
            # In which way parts are judged belongs to what happened.
            mode = replace(recipe.settings.verdict, mode=head.settings.verdict.mode)
            settings = replace(recipe.settings, verdict=mode, outputs={})
        try:
            super().__init__(
                ReplayRecipe(folder, settings, taught, head.perceived), lock=NoLock(), log=NoLog(), knobs=""
            )
            senses: list[Any] = list(self._senses.values())
            for sense in senses:
                sense.recorded_learnt = recipe is None and sense.sense in head.learnt
                if recipe is not None:
                    self._use_model(sense, recipe.bundle(sense.sense))
            if recipe is not None and all(sense.judge is None for sense in self._senses.values()):
                raise next(iter(self._senses.values())).refused or GoodpartError(f"{recipe.name}: has no model")
        except BaseException:
            self.close()
            raise

    def _make_senses(self, camera: Any, microphone: Any) -> tuple[ImagePipeline | None, SoundPipeline | None]:
        head = self.recording.head
        sight: ImagePipeline | None = None
        hearing: SoundPipeline | None = None
        if "image" in head.perceived:
            sight = ReplayImagePipeline(
                self._recipe, self._log, self._publish, self._exchanged, "",
                GivenSource(SourceStatus("opening", head.camera)), stills=head.stills,
            )  # fmt: skip
        if "sound" in head.perceived:
            given = GivenSource(MicrophoneStatus("opening", head.microphone))
            hearing = ReplaySoundPipeline(self._recipe, self._log, self._publish, "", given)
        self._clock = GivenClock(head.monotonic)
        return sight, hearing

    def close(self) -> None:
        for step in self._steps.values():
            step.close()
        self._loop.close()
        self.recording.close()
        self._folder.cleanup()

    def snapshots(self) -> Iterator[Snapshot]:
        """Judge; gives what the station publishes, with the times of the recording. Raises UnreadableError."""
        head, outcome = self.recording.head, self.outcome
        outcome.began = outcome.ended = head.wall
        while (event := self._take_event()) is not None:
            self._at(event[0])
            outcome.ended = max(outcome.ended, self._wall())
            self._do(event[1])
            yield from self._waiting
            self._waiting.clear()
        outcome.torn_bytes = self.recording.torn_bytes
        self._compare_ends()

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

    def _do(self, event: TapeEvent) -> None:
        outcome = self.outcome
        match event:
            case Took():
                self._take(event)
            case Judged():
                self._go_on(event.sense)
            case SaidLive():
                self._compare(event.said, live=True)
            case KnobBytes():
                outcome.knob_bytes += len(event.data)
            case Last():
                outcome.whole, outcome.trouble = True, event.trouble
            case Paused():
                outcome.commands += 1
                self._pause(event.paused)
            case SingleShots():
                outcome.commands += 1
                with suppress(GoodpartError):  # other models may still be judging
                    self._parts.turn(event.on, list(self._senses.values()))
            case PartPlaced():
                outcome.commands += 1
                self._place(event)
            case Published() if event.news:
                self._hang(event)
                self._publish(news=True)
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
            recipe = ReplayRecipe(self._recipe.folder, event.settings, event.taught, self.recording.head.perceived)
            self._judge_of(sense).calibrate(recipe)

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
                place = self._recipe.bundle(event.sense)
                place.write_bytes(event.bundle)
                sense.use(sense.make(read_bundle(place)))
            case ModelRefused():
                self._sense(event.sense).refuse(GoodpartError(event.words))
            case Failed():
                self._leave(event.sense)
                self._sense(event.sense).rest(Verdict("UNKNOWN", event.words))
                self._publish()

    def _take(self, took: Took) -> None:
        sense = self._sense(took.sense)
        if took.lost:
            self.outcome.lost += 1
            self.outcome.first_lost = self.outcome.first_lost or self._wall()
        self._leave(took.sense)
        sense.source.now = took.status
        sense.given = took.sample, took.status, self._event_at
        sense.suspends = self.outcome.exact
        if took.sample is not None:
            self._numbers[took.sense] += 1
            self._under_way[took.sense] = took.sample
        self._steps[took.sense] = sense.step()
        self._go_on(took.sense)

    def _go_on(self, name: Sense) -> None:
        """With a step, until it waits for its judgement, or is done."""
        step = self._steps.get(name)
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
        step, sample = self._steps.pop(name, None), self._under_way.pop(name, None)
        if step is not None:
            step.close()
        if sample is None:
            return
        sense = self._sense(name)
        judged: ImageJudgement | SoundJudgement | None = sense.newest
        score = judged.score if judged else None
        self.outcome.counts[name, sense.verdict.state] += 1
        if self._keeps:
            self.outcome.samples.append(
                ReplayedSample(name, self._numbers[name], self._wall(), sense.verdict, score, sample.truth)
            )

    def _sense(self, name: Sense) -> Any:
        try:
            return self._senses[name]
        except KeyError:
            raise GoodpartError(f"{self.recording.path}: the recording was altered (it has no {name})") from None

    def _judge_of(self, sense: Any) -> Any:
        if sense.judge is None:
            raise GoodpartError(f"{self.recording.path}: the recording was altered (a change before the model)")
        return sense.judge

    def _use_model(self, sense: Any, bundle: Path) -> None:
        try:
            sense.use(sense.make(read_bundle(bundle)))
        except GoodpartError as error:
            sense.refuse(error)

    # What the station says.

    def _wall(self) -> float:
        head = self.recording.head
        return head.wall + (self._event_at - head.monotonic)

    def _hang(self, published: Published) -> None:
        """As the live run noticed it."""
        for name in self._senses:
            self._sense(name).recorded_busy = published.hung.get(name, 0.0) if self.outcome.exact else 0.0

    def _publish(self, *, news: bool = False) -> None:
        """A step's own publication comes next in the recording, with its time."""
        if self.outcome.exact and not news:
            self._expect_publication()
        super()._publish(news=news)
        self._hang(Published(news, {}))

    def _expect_publication(self) -> None:
        if self._next_event is None:
            try:
                self._next_event = next(self._events, None)
            except GoodpartError as error:  # told when it is its turn: here a step is under way
                self._broken = error
        if self._next_event is not None and isinstance(event := self._next_event[1], Published) and not event.news:
            self._at(self._next_event[0])
            self._next_event = None
            self._hang(event)

    def _at(self, now: float) -> None:
        self._event_at = self._clock.now = now

    def _place(self, placed: PartPlaced) -> None:
        ok, anomalies, unknown = placed.counts
        book = self._parts.book
        if self.outcome.exact:
            book.shift = replace(book.shift, ok=ok, anomalies=anomalies, unknown=unknown)
        with suppress(GoodpartError):  # other models may still be judging
            self._part(placed.by)

    def _deliver(self, snapshot: Snapshot) -> None:
        before = self._snapshot.verdict
        snapshot = replace(snapshot, at=self._wall())
        super()._deliver(snapshot)
        self._waiting.append(snapshot)
        if snapshot.verdict.state != before.state or not self.outcome.turns:
            self.outcome.turns.append((snapshot.at, snapshot.verdict))
        said = verdict_line(snapshot)
        if said != self._said:
            self._said = said
            self._compare(said, live=False)

    def _compare(self, said: VerdictLine, *, live: bool) -> None:
        """The two streams run side by side: what one has said waits for the other."""
        (self.outcome.live if live else self.outcome.digest).add(said)
        mine, other = (self._behind, self._ahead) if live else (self._ahead, self._behind)
        if self.outcome.difference is not None or not self.outcome.exact or self.outcome.lost:
            return
        if not other:
            mine.append((self._wall(), said))
            return
        _, their = other.pop(0)
        if their != said:
            one, two = (said, their) if live else (their, said)
            self.outcome.difference = Difference(self._wall(), one, two)

    def _compare_ends(self) -> None:
        """Of a torn recording the last verdicts are missing: only what the live run said must be said again. What comes
        after a gap cannot be the same."""
        outcome = self.outcome
        if outcome.lost:
            return
        if outcome.difference is None and self._behind:
            outcome.difference = Difference(self._behind[0][0], self._behind[0][1], None)
        if outcome.difference is None and self._ahead and outcome.whole and not outcome.trouble:
            outcome.difference = Difference(self._ahead[0][0], None, self._ahead[0][1])


# A station's parts, where they touch the world.
