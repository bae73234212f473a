"""The image pipeline: from camera frames to votes and a verdict; and pictures into the recipe."""

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
"""Seconds. The longest wait for a frame, after which the state is published without one."""
WATCH_SECONDS = 0.1
"""Seconds between looks for an exchange of the judged part, in the single-shot mode."""


class ImagePipeline(Pipeline[ImageJudge]):
    """Judges the frames of a camera."""

    sense = "image"

    def __init__(self, ports: PipelinePorts, steps: Steps, source: PictureSource, *, stills: bool = False) -> None:
        """`stills`: each picture of `source` shows another part."""
        super().__init__(ports, steps)
        smoothing = self.recipe.settings.verdict
        self.interval = 1.0 / smoothing.rate
        self._exchanged = ports.exchanged
        self.source, self.stills = source, stills
        self._health_settings = CameraHealthSettings(frozen_after=None) if stills else None
        self._health = CameraHealth(None)
        self._collector: ImageCapture | None = None
        self._collecting_ends = False
        self.inventory = Inventory(self.recipe, "image", small_preview)
        self.meters: Meters | None = None
        self._motion = SceneChange()
        self._settles = smoothing.settle
        self._period = self.interval
        # A still picture is a whole part: there is nothing to smooth.
        self.votes = Votes(1, 1) if self.stills else Votes(smoothing.hold, smoothing.of)
        self.newest: ImageJudgement | None = None
        self.preview: Preview | None = None
        self.picture: Picture | None = None
        """The newest judged picture."""
        self._reason = ""
        self._previewed_at = 0.0

    def state(self) -> ImageState:
        """Return the present state of the camera and its verdict for a snapshot."""
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
            inventory=self.inventory.held,
            capture=self._collector.state() if self._collector else None,
            stored=self.stored,
            truth=self.truth,
            votes=str(self.votes),
            hold=self.votes.hold,
            preview=self.preview,
            meters=self.meters,
        )

    def start(self) -> None:
        """Start the camera."""
        self.source.start()

    def stop(self) -> None:
        """End storing pictures and stop the camera."""
        self._end_collecting()
        self.source.stop()

    def make(self, bundle: Bundle) -> ImageJudge:
        """Build an image judge from `bundle`. Raises GoodpartError if the bundle cannot be used."""
        return ImageJudge(self.recipe, bundle)

    def model_changed(self, judge: ImageJudge) -> None:
        """Check frames against the parts that `judge` learnt, and clear the votes."""
        self._health = CameraHealth(judge.taught, self._health_settings)
        self.votes.clear()

    def forget(self) -> None:
        """Clear the votes, the newest judgement, and the scene of the judged part."""
        self.votes.clear()
        self.newest = self.picture = None
        self._motion.unmark()

    @property
    def notices_exchange(self) -> bool:
        """Whether a changed scene counts as an exchange (`settle` in recipe.toml)."""
        return self._settles

    def set_single(self, single: bool) -> None:
        """Switch the mode; in the single-shot mode steps come at least every WATCH_SECONDS between parts."""
        super().set_single(single)
        # Between parts nothing is judged, so there is time to watch for an exchange more often.
        self.interval = min(self._period, WATCH_SECONDS) if single else self._period

    def begin_part(self, part: PartSamples[ImageJudgement]) -> None:
        """Gather judgements for `part` at the recipe's rate."""
        super().begin_part(part)
        self.interval = self._period

    async def step(self) -> None:
        """Take a frame, check its health, store it if asked, and judge it."""
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
        raw: RawImageScores = await self.steps.judge(judge.look, frame.picture)
        if judge is not self.judge or self.paused:  # changed while the frame was judged
            return
        judgement = judge.weigh(raw, self.counters.judged + 1)
        if self.recipe.settings.verdict.settle and self._scene_changed():
            self.votes.clear()
            self._exchanged()
        self.votes.push(judgement.anomalous)
        if self.votes.agrees:
            self._reason = reason(
                judgement.density, judgement.reconstruction_error, judge.thresholds, judgement.anomalous
            )
        self.verdict, self.resting = self.votes.verdict(self._reason), False
        self.newest, self.picture = judgement, frame.picture
        state = self.verdict.state
        self.counters = replace(
            self.counters,
            judged=judgement.number,
            ok=self.counters.ok + (state == "OK"),
            anomalies=self.counters.anomalies + (state == "ANOMALY"),
            unknown=self.counters.unknown + (state == "UNKNOWN"),
        )
        self.changed()

    # Single shots.

    async def _step_single(self, judge: ImageJudge, frame: Frame | None) -> None:
        part = self.part_samples
        if frame is not None and part is not None and part.open and frame.at >= part.begin:
            raw: RawImageScores = await self.steps.judge(judge.look, frame.picture)
            if judge is not self.judge or self.paused or part is not self.part_samples or not part.open:
                return
            self._gather(judge, part, judge.weigh(raw, self.counters.judged + 1), frame)
        elif frame and self._settles and self._scene_changed() and part is not None and not part.open:
            self._exchanged()
        self.wait()

    def _gather(
        self, judge: ImageJudge, part: PartSamples[ImageJudgement], judgement: ImageJudgement, frame: Frame
    ) -> None:
        self.counters = replace(
            self.counters,
            judged=judgement.number,
            ok=self.counters.ok + (not judgement.anomalous),
            anomalies=self.counters.anomalies + judgement.anomalous,
        )
        # Each still picture shows another part: a changed scene is no motion.
        if self._settles and self._scene_changed() and not self.stills:
            part.restart(frame.at, "the picture did not come to rest")
            self._exchanged()
            return
        part.samples.append(judgement)
        part.gathered += 1
        self.newest, self.picture = judgement, frame.picture
        if part.complete:
            self.newest = whole = judge.as_one(part.samples)
            t = judge.thresholds
            part.end(whole, t, reason(whole.density, whole.reconstruction_error, t, whole.anomalous))
            self._motion.mark()
            self.interval = min(self._period, WATCH_SECONDS)

    # Storing pictures into the recipe.

    def collect(self, wanted: int | None, *, defect: bool) -> None:
        """Store `wanted` pictures into the recipe (None: until `end_collecting`), as good or as defective (`defect`).

        Raises GoodpartError if pictures are being stored already.
        """
        if self._collector is not None:
            raise GoodpartError("pictures are being stored already")
        folder = self.recipe.material("image", defect=defect)
        self._collector = ImageCapture(folder, wanted, CameraHealth(None, self._health_settings), defect=defect)
        self._collecting_ends = False
        self._clamp("defect" if defect else "good")

    def end_collecting(self) -> None:
        """End storing at the next step, because the present one may be storing a picture."""
        self._collecting_ends = True

    def _end_collecting(self) -> None:
        if self._collector is None:
            return
        collector, self._collector = self._collector, None
        self._clamp("any")
        self.stored = collector.outcome()
        self.log.record("teaching", self.stored)
        self.inventory_changed()

    async def _collect(self, collector: ImageCapture, frame: Frame | None) -> None:
        try:
            if collector.wants(frame, self.source.status(), time.monotonic()) and frame is not None:
                await self.in_files(collector.write, frame.picture)
                self.inventory.added(frame.picture, defect=collector.defect)
        except OSError as error:
            self._end_collecting()
            self.log.complain(f"storing pictures was ended ({error.strerror or error}); what was stored is kept")
            return
        if self._collecting_ends or collector.complete:
            self._end_collecting()

    def _show(self, picture: Picture) -> None:
        now = time.monotonic()
        if self.preview is None or now - self._previewed_at >= 0.5:
            self._previewed_at = now
            self.preview = small_preview(picture)
            self.meters = self._meters_now()

    def _scene_changed(self) -> bool:
        """Whether the newest frame shows another scene than the one before it."""
        return self._health.grey is not None and self._motion.changed(self._health.grey)

    def _meters_now(self) -> Meters | None:
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
