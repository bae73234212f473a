"""Sound: from the microphone's stretches to judged windows and a verdict; and good sound into the recipe."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import soxr

from core.bundle import Bundle
from core.dataset.capture_sound import SoundCapture
from core.dataset.inventory import Inventory
from core.detectors.sound.base import WindowScores
from core.health.microphone import MicrophoneHealth
from core.inference.sound_file import worst_stretch
from core.inference.sound_judge import SoundJudge
from core.journal.sound_excerpt import TRACE_SECONDS, SoundExcerpt
from core.pipelines.base import PAUSED, Pipeline, PipelinePorts
from core.pipelines.part_samples import PartSamples
from core.pipelines.steps import Steps
from core.samples import Sound, SoundBlock
from core.sources.microphone.base import SoundSource
from core.state.sense import Counters, SoundState
from core.state.verdict import SoundJudgement, Verdict

IDLE_SECONDS = 0.25
KEPT_SECONDS = 10.0
"""Of the newest sound, should the operator have a word on what was said of it."""
STEP_SECONDS = 0.1
LISTENING = Verdict("UNKNOWN", "listening: the first window is not full yet")


class SoundPipeline(Pipeline[SoundJudge]):
    sense = "sound"

    def __init__(self, ports: PipelinePorts, steps: Steps, source: SoundSource) -> None:
        super().__init__(ports, steps)
        self.interval = 0.0 if self.recipe.settings.microphone.fast else STEP_SECONDS
        self.source = source
        self._health = MicrophoneHealth(None)
        self._recorder: SoundCapture | None = None
        self.holdings = Inventory(self.recipe, "sound")
        self._recording_ends = False
        self._resampler: soxr.ResampleStream | None = None
        self._anew = True
        self.newest: SoundJudgement | None = None
        self._last: deque[SoundBlock] = deque()
        self._trace: deque[SoundJudgement] = deque(maxlen=round(TRACE_SECONDS / STEP_SECONDS))
        self._spectrum: tuple[float, ...] = ()

    def state(self) -> SoundState:
        return SoundState(
            status=self.source.status(),
            verdict=self.verdict,
            judged=self.newest,
            thresholds=self.thresholds,
            unsaved=self.unsaved,
            model=self.model,
            new_model=self.new_model,
            counters=self.counters,
            inventory=self.holdings.held,
            capture=self._recorder.state() if self._recorder else None,
            stored=self.stored,
            truth=self.truth,
            level=self._health.level(),
            spectrum=self._spectrum,
        )

    def start(self) -> None:
        self.source.start()

    def stop(self) -> None:
        self._end_recording()
        self.source.stop()

    def make(self, bundle: Bundle) -> SoundJudge:
        return SoundJudge(self.recipe, bundle)

    def model_changed(self, judge: SoundJudge) -> None:
        self._health = MicrophoneHealth(judge.taught)
        self._anew = True

    def forget(self) -> None:
        self._anew = True
        self.newest = None
        self._spectrum = ()
        self._last.clear()
        self._trace.clear()

    @property
    def last(self) -> Sequence[SoundBlock]:
        """What was judged last, without a gap: at most KEPT_SECONDS, and nothing of another part."""
        return tuple(self._last)

    def _keep(self, stretch: SoundBlock) -> None:
        if stretch.broken:
            self._last.clear()
            self._trace.clear()
        self._last.append(stretch)
        while sum(len(one.samples) for one in self._last) > KEPT_SECONDS * stretch.rate and len(self._last) > 1:
            self._last.popleft()

    def part_exchanged(self) -> None:
        """What was heard belongs to another part."""
        if not self.resting:
            self.forget()
            self.verdict = LISTENING

    async def step(self) -> None:
        source: SoundSource = self.source
        stretch, status, now = await self.steps.take(source, IDLE_SECONDS)
        look, whole = self.look, stretch
        if look is not None and look.open and not look.begun and stretch is not None and stretch.at > look.begin:
            # A motor that stood still until now is no fault of the microphone.
            look.begun, self._health = True, MicrophoneHealth(self.judge.taught if self.judge else None)
            stretch = _since(stretch, look.begin)
        fault = self._health.check(stretch, status, now)
        self.log.health(self.sense, fault)
        if stretch is not None:
            self.truth = stretch.truth
        if self._recorder is not None:
            await self._record(self._recorder, whole, fault)
        if self.paused:
            self.rest(PAUSED)
        elif self.judge is None:
            self.rest(Verdict("UNKNOWN", self.no_model))
        elif fault is not None:
            self.rest(Verdict("UNKNOWN", fault), stretch.at if stretch else None)
        elif self.single:
            await self._step_single(self.judge, stretch)
        elif stretch is not None:
            await self._judge_stretch(self.judge, stretch)
            return
        self.changed()

    async def _judge_stretch(self, ear: SoundJudge, stretch: SoundBlock) -> None:
        anew, self._anew = self._anew or stretch.broken, False
        windows, milliseconds = await self.steps.judge(self._listen, ear, stretch, anew)
        if ear is not self.judge or self.paused or self._anew:  # while it was judged
            return
        self._keep(stretch)
        if anew and not windows:
            self.newest, self.verdict = None, LISTENING
        self.resting = False
        for window in windows:
            heard = ear.judge(window, milliseconds)
            self._count(ear, heard)
            self.verdict = Verdict("ANOMALY" if heard.anomalous else "OK", ear.reason(heard))
            self.changed()
        if not windows:
            self.changed()

    def _count(self, ear: SoundJudge, window: SoundJudgement) -> None:
        before = self.counters
        self.counters = Counters(
            before.judged + 1, before.ok + (not window.anomalous), before.anomalies + window.anomalous
        )
        self.newest, self._spectrum = replace(window, number=self.counters.judged), ear.spectrum
        self._trace.append(self.newest)

    def overheard(self) -> SoundExcerpt | None:
        """The last seconds of what was heard."""
        if self.judge is None or not self._last:
            return None
        pieces = tuple(stretch.samples for stretch in self._last)
        return SoundExcerpt(tuple(self._trace), self.judge.thresholds, pieces, self._last[-1].rate)

    def _listen(self, ear: SoundJudge, stretch: SoundBlock, anew: bool) -> tuple[list[WindowScores], float]:
        """The windows that a stretch completes, not yet compared with thresholds, and the milliseconds of each."""
        began = time.perf_counter()
        windows = ear.listen(self._prepared(ear, stretch, anew))
        return windows, 1000 * (time.perf_counter() - began) / max(1, len(windows))

    def _prepared(self, ear: SoundJudge, stretch: SoundBlock, anew: bool) -> Sound:
        """Samples at the ear's rate."""
        if anew:
            ear.reset()
            same = stretch.rate == ear.rate
            self._resampler = None if same else soxr.ResampleStream(stretch.rate, ear.rate, 1, dtype="float32")
        samples = stretch.samples
        if self._resampler is not None:
            samples = np.asarray(self._resampler.resample_chunk(samples), np.float32)
        return samples

    # Single shots.

    async def _step_single(self, ear: SoundJudge, stretch: SoundBlock | None) -> None:
        look = self.look
        if stretch is not None and look is not None and look.open and look.begun:
            if stretch.broken and look.got:
                look.anew(look.begin, "sound was lost in between")
                look.begun = True
                self._anew = True
            left = round((look.wanted - look.got) * stretch.rate)
            stretch = replace(stretch, samples=stretch.samples[:left])
            anew, self._anew = self._anew or stretch.broken, False
            windows, milliseconds = await self.steps.judge(self._listen, ear, stretch, anew)
            if ear is not self.judge or self.paused or look is not self.look or not look.open or self._anew:
                return
            self._keep(stretch)
            heard = [(window, ear.judge(window, milliseconds)) for window in windows]
            await self._gather(ear, look, stretch, heard)
        self.wait()

    async def _gather(
        self,
        ear: SoundJudge,
        look: PartSamples[Any],
        stretch: SoundBlock,
        heard: list[tuple[WindowScores, SoundJudgement]],
    ) -> None:
        look.samples += heard
        look.got += len(stretch.samples) / stretch.rate
        for _, window in heard:
            self._count(ear, window)
        if look.whole and not look.samples:
            look.fail(f"{look.wanted:g} s of sound are shorter than a window: raise seconds in recipe.toml", stretch.at)
        elif look.whole:
            scores, windows = [score for score, _ in look.samples], [window for _, window in look.samples]
            rule = await self.steps.judge(ear.for_whole, len(scores))
            if look is self.look and look.open:
                whole = worst_stretch(scores, windows, rule)
                look.end(whole, rule.thresholds, ear.reason(whole, rule.thresholds))

    # Recording.

    def record(self, on: bool, *, defect: bool = False) -> None:
        """Sound straight into the recipe, from now until it is ended. Raises GoodpartError."""
        if on and self._recorder is None:
            self._recorder = SoundCapture(self.recipe.material("sound", defect=defect), defect=defect)
            self._clamp("defect" if defect else "good")
        # Ended by the next step, which may be writing just now.
        self._recording_ends = not on

    def _end_recording(self) -> None:
        if self._recorder is None:
            return
        recorder, self._recorder = self._recorder, None
        kept = recorder.close()
        self.stored = "; ".join(kept)
        self._clamp("any")
        for words in kept:
            self.log.record("recording", words)
        self.holdings_changed()

    async def _record(self, recorder: SoundCapture, stretch: SoundBlock | None, fault: str | None) -> None:
        try:
            if stretch is not None:
                await asyncio.get_running_loop().run_in_executor(self.log.files, recorder.write, stretch)
            recorder.note = fault or ""
            if self._recording_ends:
                self._end_recording()
        except OSError as error:
            self._end_recording()
            self.log.complain(f"the recording was ended ({error.strerror or error}); what was recorded is kept")


def _since(stretch: SoundBlock, begin: float) -> SoundBlock:
    """What of it was heard since `begin`."""
    count = max(1, min(len(stretch.samples), round((stretch.at - begin) * stretch.rate)))
    return replace(stretch, samples=stretch.samples[-count:], broken=True)
