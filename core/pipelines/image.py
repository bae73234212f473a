"""Pictures: from the camera's frames to votes and a verdict."""

from __future__ import annotations

import time
from dataclasses import replace

from core.bundle import Bundle
from core.dataset.capture_images import ImageCapture
from core.dataset.inventory import Inventory
from core.decision.verdict import Votes, reason
from core.errors import GoodpartError
from core.features.image.picture import small_preview
from core.health.camera import CameraHealth, CameraHealthSettings
from core.health.scene_change import SceneChange
from core.inference.image_judge import ImageJudge, RawImageScores
from core.pipelines.base import PAUSED, Pipeline, PipelinePorts
from core.pipelines.part_samples import PartSamples
from core.pipelines.steps import Steps
from core.samples import Frame, Picture
from core.sources.camera.base import PictureSource
from core.state.material import Meters, Preview
from core.state.sense import ImageState
from core.state.verdict import ImageJudgement, Verdict

IDLE_SECONDS = 0.25
"""So often is told how it stands while no frames come."""
WATCH_SECONDS = 0.1
"""So often is looked, in single shots, whether the part that was judged still lies there."""


class ImagePipeline(Pipeline[ImageJudge]):
    sense = "image"

    def __init__(self, ports: PipelinePorts, steps: Steps, source: PictureSource, *, stills: bool = False) -> None:
        """`stills`: each picture of the source shows another part."""
        super().__init__(ports, steps)
        smoothing = self.recipe.settings.verdict
        self.interval = 1.0 / smoothing.rate
        self._exchanged = ports.exchanged
        self.source, self.stills = source, stills
        self._health_settings = CameraHealthSettings(frozen_after=None) if stills else None
        self._health = CameraHealth(None)
        self._collector: ImageCapture | None = None
        self._collecting_ends = False
        self.holdings = Inventory(self.recipe, "image", small_preview)
        self.meters: Meters | None = None
        self._motion = SceneChange()
        self._settles = smoothing.settle
        self._period = self.interval
        # A still picture is a whole part: there is nothing to smooth.
        self.votes = Votes(1, 1) if self.stills else Votes(smoothing.hold, smoothing.of)
        self.newest: ImageJudgement | None = None
        self.preview: Preview | None = None
        self.picture: Picture | None = None
        """The newest that was judged."""
        self._why = ""
        self._previewed = 0.0

    def state(self) -> ImageState:
        status = self.source.status()
        return ImageState(
            status=status,
            verdict=self.verdict,
            judged=self.newest,
            thresholds=self.thresholds,
            unsaved=self.unsaved,
            model=self.model,
            new_model=self.new_model,
            counters=replace(self.counters, dropped=status.dropped),
            inventory=self.holdings.held,
            capture=self._collector.state() if self._collector else None,
            stored=self.stored,
            truth=self.truth,
            votes=str(self.votes),
            hold=self.votes.hold,
            preview=self.preview,
            meters=self.meters,
        )

    def start(self) -> None:
        self.source.start()

    def stop(self) -> None:
        self._end_collecting()
        self.source.stop()

    def make(self, bundle: Bundle) -> ImageJudge:
        return ImageJudge(self.recipe, bundle)

    def model_changed(self, judge: ImageJudge) -> None:
        self._health = CameraHealth(judge.taught, self._health_settings)
        self.votes.clear()

    def forget(self) -> None:
        self.votes.clear()
        self.newest = self.picture = None
        self._motion.unmark()

    @property
    def notices_exchange(self) -> bool:
        return self._settles

    def turn_single(self, single: bool) -> None:
        super().turn_single(single)
        # Between parts nothing is judged, and an exchange shall not be missed.
        self.interval = min(self._period, WATCH_SECONDS) if single else self._period

    def look_at(self, look: PartSamples[ImageJudgement]) -> None:
        super().look_at(look)
        self.interval = self._period

    async def step(self) -> None:
        source: PictureSource = self.source
        frame, status, now = await self.steps.take(source, IDLE_SECONDS)
        fault = self._health.check(frame, status, now)
        self.log.health(self.sense, fault)
        if frame is not None:
            self.truth = frame.truth
            self._show(frame.picture)
        if self._collector is not None:
            await self._collect(self._collector, frame)
        if self.paused:
            self._rest(frame, PAUSED)
        elif self.judge is None:
            self._rest(frame, Verdict("UNKNOWN", self.no_model))
        elif fault is not None:
            self._rest(frame, Verdict("UNKNOWN", fault))
        elif self.single:
            await self._step_single(self.judge, frame)
        elif frame is not None:
            await self._judge_frame(self.judge, frame)
            return
        self.changed()

    def _rest(self, frame: Frame | None, verdict: Verdict) -> None:
        self.rest(verdict, frame.at if frame else None)
        if frame is not None:
            self.counters = replace(self.counters, unknown=self.counters.unknown + 1)

    async def _judge_frame(self, judge: ImageJudge, frame: Frame) -> None:
        looked: RawImageScores = await self.steps.judge(judge.look, frame.picture)
        if judge is not self.judge or self.paused:  # while it was judged
            return
        seen = judge.weigh(looked, self.counters.judged + 1)
        if self.recipe.settings.verdict.settle and self._moved():
            self.votes.clear()
            self._exchanged()
        self.votes.push(seen.anomalous)
        if self.votes.agrees:
            self._why = reason(seen.density, seen.reconstruction_error, judge.thresholds, seen.anomalous)
        self.verdict, self.resting = self.votes.verdict(self._why), False
        self.newest, self.picture = seen, frame.picture
        state = self.verdict.state
        self.counters = replace(
            self.counters,
            judged=seen.number,
            ok=self.counters.ok + (state == "OK"),
            anomalies=self.counters.anomalies + (state == "ANOMALY"),
            unknown=self.counters.unknown + (state == "UNKNOWN"),
        )
        self.changed()

    # Single shots.

    async def _step_single(self, judge: ImageJudge, frame: Frame | None) -> None:
        look = self.look
        if frame is not None and look is not None and look.open and frame.at >= look.begin:
            looked: RawImageScores = await self.steps.judge(judge.look, frame.picture)
            if judge is not self.judge or self.paused or look is not self.look or not look.open:
                return
            self._gather(judge, look, judge.weigh(looked, self.counters.judged + 1), frame)
        elif frame and self._settles and self._moved() and look is not None and not look.open:
            self._exchanged()
        self.wait()

    def _gather(self, judge: ImageJudge, look: PartSamples[ImageJudgement], seen: ImageJudgement, frame: Frame) -> None:
        self.counters = replace(
            self.counters,
            judged=seen.number,
            ok=self.counters.ok + (not seen.anomalous),
            anomalies=self.counters.anomalies + seen.anomalous,
        )
        # Every still picture is another one.
        if self._settles and self._moved() and not self.stills:
            look.anew(frame.at, "the picture did not come to rest")
            self._exchanged()
            return
        look.samples.append(seen)
        look.got += 1
        self.newest, self.picture = seen, frame.picture
        if look.whole:
            self.newest = whole = judge.as_one(look.samples)
            t = judge.thresholds
            look.end(whole, t, reason(whole.density, whole.reconstruction_error, t, whole.anomalous))
            self._motion.mark()
            self.interval = min(self._period, WATCH_SECONDS)

    # Pictures into the recipe.

    def collect(self, wanted: int | None, *, defect: bool) -> None:
        """Store pictures into the recipe: so many, or until `end_collecting`. Raises GoodpartError."""
        if self._collector is not None:
            raise GoodpartError("pictures are being stored already")
        folder = self.recipe.material("image", defect=defect)
        self._collector = ImageCapture(folder, wanted, CameraHealth(None, self._health_settings), defect=defect)
        self._collecting_ends = False
        self._clamp("defect" if defect else "good")

    def end_collecting(self) -> None:
        """By the next step, which may be storing just now."""
        self._collecting_ends = True

    def _end_collecting(self) -> None:
        if self._collector is None:
            return
        collector, self._collector = self._collector, None
        self._clamp("any")
        self.stored = collector.outcome()
        self.log.record("teaching", self.stored)
        self.holdings_changed()

    async def _collect(self, collector: ImageCapture, frame: Frame | None) -> None:
        try:
            if collector.wants(frame, self.source.status(), time.monotonic()) and frame is not None:
                await self.in_files(collector.write, frame.picture)
                self.holdings.added(frame.picture, defect=collector.defect)
        except OSError as error:
            self._end_collecting()
            self.log.complain(f"storing pictures was ended ({error.strerror or error}); what was stored is kept")
            return
        if self._collecting_ends or collector.complete:
            self._end_collecting()

    def _show(self, picture: Picture) -> None:
        now = time.monotonic()
        if self.preview is None or now - self._previewed >= 0.5:
            self._previewed = now
            self.preview = small_preview(picture)
            self.meters = self._measured()

    def _moved(self) -> bool:
        """Whether the newest frame shows another scene than the one before it."""
        return self._health.grey is not None and self._motion.changed(self._health.grey)

    def _measured(self) -> Meters | None:
        measures, taught = self._health.measures, self.judge.taught if self.judge else None
        if measures is None:
            return None
        return Meters(
            measures.brightness,
            measures.saturated,
            measures.sharpness,
            (taught.brightness_low, taught.brightness_high) if taught else None,
            taught.sharpness_low if taught else None,
        )
