"""The sound pipeline: from blocks of samples to judged windows and a verdict; and recordings into the recipe."""

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
"""Seconds. The longest wait for sound, after which the state is published without any."""
KEPT_SECONDS = 10.0
"""Seconds of recent sound that are kept in case the operator corrects the verdict."""
STEP_SECONDS = 0.1
"""Seconds from one step to the next, unless the recipe asks for `fast`."""
LISTENING = Verdict("UNKNOWN", "listening: the first window is not full yet")


class SoundPipeline(Pipeline[SoundJudge]):
    """Judges the sound of a microphone, window by window."""

    sense = "sound"

    def __init__(self, ports: PipelinePorts, steps: Steps, source: SoundSource) -> None:
        super().__init__(ports, steps)
        self.interval = 0.0 if self.recipe.settings.microphone.fast else STEP_SECONDS
        self.source = source
        self._health = MicrophoneHealth(None)
        self._recorder: SoundCapture | None = None
        self.inventory = Inventory(self.recipe, "sound")
        self._recording_ends = False
        self._resampler: soxr.ResampleStream | None = None
        self._restart = True
        self.newest: SoundJudgement | None = None
        self._last: deque[SoundBlock] = deque()
        self._trace: deque[SoundJudgement] = deque(maxlen=round(TRACE_SECONDS / STEP_SECONDS))
        self._spectrum: tuple[float, ...] = ()

    def state(self) -> SoundState:
        """Return the present state of the microphone and its verdict for a snapshot."""
        return SoundState(
            status=self.source.status(),
            verdict=self.verdict,
            judged=self.newest,
            thresholds=self.thresholds,
            unsaved=self.unsaved,
            model=self.model,
            new_model=self.new_model,
            counters=self.counters,
            inventory=self.inventory.held,
            capture=self._recorder.state() if self._recorder else None,
            stored=self.stored,
            truth=self.truth,
            level=self._health.level(),
            spectrum=self._spectrum,
        )

    def start(self) -> None:
        """Start the microphone."""
        self.source.start()

    def stop(self) -> None:
        """End a recording and stop the microphone."""
        self._end_recording()
        self.source.stop()

    def make(self, bundle: Bundle) -> SoundJudge:
        """Build a sound judge from `bundle`. Raises GoodpartError if the bundle cannot be used."""
        return SoundJudge(self.recipe, bundle)

    def model_changed(self, judge: SoundJudge) -> None:
        """Check sound against the parts that `judge` learnt, and begin a new window."""
        self._health = MicrophoneHealth(judge.taught)
        self._restart = True

    def forget(self) -> None:
        """Discard kept sound and scores, and begin a new window."""
        self._restart = True
        self.newest = None
        self._spectrum = ()
        self._last.clear()
        self._trace.clear()

    @property
    def last(self) -> Sequence[SoundBlock]:
        """The newest judged sound without a gap: at most KEPT_SECONDS, all of the same part."""
        return tuple(self._last)

    def _keep(self, block: SoundBlock) -> None:
        if block.broken:
            self._last.clear()
            self._trace.clear()
        self._last.append(block)
        while sum(len(kept.samples) for kept in self._last) > KEPT_SECONDS * block.rate and len(self._last) > 1:
            self._last.popleft()

    def part_exchanged(self) -> None:
        """Discard the sound so far, because it belongs to another part."""
        if not self.resting:
            self.forget()
            self.verdict = LISTENING

    async def step(self) -> None:
        """Take a block of sound, check its health, record it if asked, and judge it."""
        source: SoundSource = self.source
        block, status, now = await self.steps.take(source, IDLE_SECONDS)
        part, whole = self.part_samples, block
        if part is not None and part.open and not part.begun and block is not None and block.at > part.begin:
            # Silence before the part was reported (its motor stood still) is not the microphone's fault.
            part.begun, self._health = True, MicrophoneHealth(self.judge.taught if self.judge else None)
            block = _since(block, part.begin)
        fault = self._health.check(block, status, now)
        self.log.health(self.sense, fault)
        if block is not None:
            self.truth = block.truth
        if self._recorder is not None:
            await self._record(self._recorder, whole, fault)
        if self.paused:
            self.rest(PAUSED)
        elif self.judge is None:
            self.rest(Verdict("UNKNOWN", self.no_model))
        elif fault is not None:
            self.rest(Verdict("UNKNOWN", fault), block.at if block else None)
        elif self.single:
            await self._step_single(self.judge, block)
        elif block is not None:
            await self._judge_block(self.judge, block)
            return
        self.changed()

    async def _judge_block(self, judge: SoundJudge, block: SoundBlock) -> None:
        restart, self._restart = self._restart or block.broken, False
        windows, milliseconds = await self.steps.judge(self._listen, judge, block, restart)
        if judge is not self.judge or self.paused or self._restart:  # changed while the sound was judged
            return
        self._keep(block)
        if restart and not windows:
            self.newest, self.verdict = None, LISTENING
        self.resting = False
        for window in windows:
            judgement = judge.judge(window, milliseconds)
            self._count(judge, judgement)
            self.verdict = Verdict("ANOMALY" if judgement.anomalous else "OK", judge.reason(judgement))
            self.changed()
        if not windows:
            self.changed()

    def _count(self, judge: SoundJudge, window: SoundJudgement) -> None:
        before = self.counters
        self.counters = Counters(
            before.judged + 1, before.ok + (not window.anomalous), before.anomalies + window.anomalous
        )
        self.newest, self._spectrum = replace(window, number=self.counters.judged), judge.spectrum
        self._trace.append(self.newest)

    def excerpt(self) -> SoundExcerpt | None:
        """Return the newest judged sound with its scores; None before the first window, or without a model."""
        if self.judge is None or not self._last:
            return None
        pieces = tuple(block.samples for block in self._last)
        return SoundExcerpt(tuple(self._trace), self.judge.thresholds, pieces, self._last[-1].rate)

    def _listen(self, judge: SoundJudge, block: SoundBlock, restart: bool) -> tuple[list[WindowScores], float]:
        """Return the windows that `block` completes, not yet compared with thresholds, and the milliseconds per window.

        `restart` clears the incomplete window first.
        """
        began = time.perf_counter()
        windows = judge.listen(self._prepared(judge, block, restart))
        return windows, 1000 * (time.perf_counter() - began) / max(1, len(windows))

    def _prepared(self, judge: SoundJudge, block: SoundBlock, restart: bool) -> Sound:
        """Return the samples at the judge's rate, float32 (n,)."""
        if restart:
            judge.reset()
            same = block.rate == judge.rate
            self._resampler = None if same else soxr.ResampleStream(block.rate, judge.rate, 1, dtype="float32")
        samples = block.samples
        if self._resampler is not None:
            samples = np.asarray(self._resampler.resample_chunk(samples), np.float32)
        return samples

    # Single shots.

    async def _step_single(self, judge: SoundJudge, block: SoundBlock | None) -> None:
        part = self.part_samples
        if block is not None and part is not None and part.open and part.begun:
            if block.broken and part.gathered:
                part.restart(part.begin, "sound was lost in between")
                part.begun = True
                self._restart = True
            left = round((part.wanted - part.gathered) * block.rate)
            block = replace(block, samples=block.samples[:left])
            restart, self._restart = self._restart or block.broken, False
            windows, milliseconds = await self.steps.judge(self._listen, judge, block, restart)
            if (
                judge is not self.judge
                or self.paused
                or part is not self.part_samples
                or not part.open
                or self._restart
            ):
                return
            self._keep(block)
            judged = [(window, judge.judge(window, milliseconds)) for window in windows]
            await self._gather(judge, part, block, judged)
        self.wait()

    async def _gather(
        self,
        judge: SoundJudge,
        part: PartSamples[Any],
        block: SoundBlock,
        judged: list[tuple[WindowScores, SoundJudgement]],
    ) -> None:
        part.samples += judged
        part.gathered += len(block.samples) / block.rate
        for _, window in judged:
            self._count(judge, window)
        if part.complete and not part.samples:
            part.fail(f"{part.wanted:g} s of sound are shorter than a window: raise seconds in recipe.toml", block.at)
        elif part.complete:
            scores, windows = [score for score, _ in part.samples], [window for _, window in part.samples]
            rule = await self.steps.judge(judge.for_whole, len(scores))
            if part is self.part_samples and part.open:
                whole = worst_stretch(scores, windows, rule)
                part.end(whole, rule.thresholds, judge.reason(whole, rule.thresholds))

    # Recording.

    def record(self, on: bool, *, defect: bool = False) -> None:
        """Record sound into the recipe (on), as good or as defective (`defect`), or end that (off).

        Raises GoodpartError if the recipe's folder cannot be written.
        """
        if on and self._recorder is None:
            self._recorder = SoundCapture(self.recipe.material("sound", defect=defect), defect=defect)
            self._clamp("defect" if defect else "good")
        # The next step ends it, because the present one may be writing.
        self._recording_ends = not on

    def _end_recording(self) -> None:
        if self._recorder is None:
            return
        recorder, self._recorder = self._recorder, None
        kept = recorder.close()
        self.stored = "; ".join(kept)
        self._clamp("any")
        for sentence in kept:
            self.log.record("recording", sentence)
        self.inventory_changed()

    async def _record(self, recorder: SoundCapture, block: SoundBlock | None, fault: str | None) -> None:
        try:
            if block is not None:
                await asyncio.get_running_loop().run_in_executor(self.log.files, recorder.write, block)
            recorder.note = fault or ""
            if self._recording_ends:
                self._end_recording()
        except OSError as error:
            self._end_recording()
            self.log.complain(f"the recording was ended ({error.strerror or error}); what was recorded is kept")


def _since(block: SoundBlock, begin: float) -> SoundBlock:
    """Return the sound of `block` after `begin`, a time.monotonic(): at least one sample."""
    count = max(1, min(len(block.samples), round((block.at - begin) * block.rate)))
    return replace(block, samples=block.samples[-count:], broken=True)
