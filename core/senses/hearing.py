"""Sound: from the microphone's stretches to judged windows and a verdict; and good sound into the recipe."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import soxr

from core.bundle import Bundle
from core.ear import Ear
from core.holdings import Holdings
from core.logbook import Logbook
from core.recipe import Recipe
from core.recorder import Recorder
from core.senses.sense import PAUSED, Perception
from core.snapshot import Heard, Hearing, Verdict
from core.sound_health import SoundHealth
from core.sources.open_sound import open_microphone
from core.sources.sound import SoundSettings, SoundSource, Stretch

IDLE_SECONDS = 0.25
STEP_SECONDS = 0.1
LISTENING = Verdict("UNKNOWN", "listening: the first window is not full yet")


class Listening(Perception[Ear]):
    sense = "sound"

    def __init__(
        self,
        recipe: Recipe,
        log: Logbook,
        changed: Callable[[], None],
        address: str,
        source: SoundSource | None = None,
    ) -> None:
        """Raises GoodpartError when the address means nothing."""
        super().__init__(recipe, log, changed)
        table = recipe.settings.microphone
        self.interval = 0.0 if table.fast else STEP_SECONDS
        self.source = source or open_microphone(
            address, SoundSettings(table.rate, table.channel, table.loop, table.fast, table.seed)
        )
        self._health = SoundHealth(None)
        self._recorder: Recorder | None = None
        self.holdings = Holdings(recipe, "sound")
        self._recording_ends = False
        self._resampler: soxr.ResampleStream | None = None
        self._anew = True
        self.heard: Heard | None = None
        self._spectrum: tuple[float, ...] = ()
        self._judged = self._anomalies = 0
        self._truth: str | None = None

    def start(self) -> None:
        self.source.start()

    def stop(self) -> None:
        self._end_recording()
        self.source.stop()

    def make(self, bundle: Bundle) -> Ear:
        return Ear(self.recipe, bundle)

    def model_changed(self, judge: Ear) -> None:
        self._health = SoundHealth(judge.taught)
        self._anew = True

    def forget(self) -> None:
        self._anew = True
        self.heard = None
        self._spectrum = ()

    def part_exchanged(self) -> None:
        """What was heard belongs to another part."""
        if not self.resting:
            self.forget()
            self.verdict = LISTENING

    async def step(self) -> None:
        stretch = await self.in_waiter(self.source.take, IDLE_SECONDS)
        fault = self._health.check(stretch, self.source.status(), time.monotonic())
        self.log.health(self.sense, fault)
        if stretch is not None:
            self._truth = stretch.truth
        if self._recorder is not None:
            await self._record(self._recorder, stretch, fault)
        if self.paused:
            self.rest(PAUSED)
        elif self.judge is None:
            self.rest(Verdict("UNKNOWN", self.no_model))
        elif fault is not None:
            self.rest(Verdict("UNKNOWN", fault))
        elif stretch is not None:
            await self._judge_stretch(self.judge, stretch)
            return
        self.changed()

    async def _judge_stretch(self, ear: Ear, stretch: Stretch) -> None:
        anew, self._anew = self._anew or stretch.broken, False
        windows: list[Heard] = await self.in_worker(self._listen, ear, stretch, anew)
        if ear is not self.judge or self.paused or self._anew:  # while it was judged
            return
        if anew and not windows:
            self.heard, self.verdict = None, LISTENING
        self.resting = False
        for heard in windows:
            self._judged += 1
            self._anomalies += heard.anomalous
            self.heard, self._spectrum = replace(heard, number=self._judged), ear.spectrum
            self.verdict = Verdict("ANOMALY" if heard.anomalous else "OK", ear.reason(heard))
            self.changed()
        if not windows:
            self.changed()

    def _listen(self, ear: Ear, stretch: Stretch, anew: bool) -> list[Heard]:
        if anew:
            ear.reset()
            same = stretch.rate == ear.rate
            self._resampler = None if same else soxr.ResampleStream(stretch.rate, ear.rate, 1, dtype="float32")
        samples = stretch.samples
        if self._resampler is not None:
            samples = np.asarray(self._resampler.resample_chunk(samples), np.float32)
        return ear.push(samples)

    # Recording.

    def record(self, on: bool, *, defect: bool = False) -> None:
        """Sound straight into the recipe, from now until it is ended. Raises GoodpartError."""
        if on and self._recorder is None:
            self._recorder = Recorder(self.recipe.material("sound", defect=defect), defect=defect)
            self._clamp("defect" if defect else "good")
        # Ended by the next step, which may be writing just now.
        self._recording_ends = not on

    def _end_recording(self) -> None:
        if self._recorder is None:
            return
        recorder, self._recorder = self._recorder, None
        kept = recorder.close()
        self.collected = "; ".join(kept)
        self._clamp("any")
        for words in kept:
            self.log.record("recording", words)
        self.holdings_changed()

    async def _record(self, recorder: Recorder, stretch: Stretch | None, fault: str | None) -> None:
        try:
            if stretch is not None:
                await asyncio.get_running_loop().run_in_executor(self.log.files, recorder.write, stretch)
            recorder.note = fault or ""
            if self._recording_ends:
                self._end_recording()
        except OSError as error:
            self._end_recording()
            self.log.complain(f"the recording was ended ({error.strerror or error}); what was recorded is kept")

    def snapshot(self) -> Hearing:
        judge = self.judge
        return Hearing(
            microphone=self.source.status(),
            verdict=self.verdict,
            level=self._health.level(),
            window=self.heard,
            thresholds=self.thresholds,
            unsaved=self.unsaved,
            model=judge.model if judge else None,
            new_model=self.new_model,
            judged=self._judged,
            anomalies=self._anomalies,
            spectrum=self._spectrum,
            recording=self._recorder.state() if self._recorder else None,
            recorded=self.collected,
            held=self.holdings.held,
            truth=self._truth,
        )
