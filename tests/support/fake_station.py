"""A station without cameras: tests publish snapshots through it and read the commands that it received."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Literal, cast

from core.commands import (
    Calibrate,
    CancelTraining,
    Command,
    Pause,
    RecordSound,
    SaveThresholds,
    SetSingleShot,
    SetThreshold,
    TakeOverModel,
    Train,
)
from core.state.jobs import TrainingState
from core.state.knobs import Knob, KnobLink, KnobMeaning
from core.state.material import Level, Preview, SoundRecording
from core.state.parts import Part, Shift, Shot
from core.state.sense import Counters, ImageState, SoundState
from core.state.snapshot import Snapshot
from core.state.source_status import MicrophoneStatus, SourceStatus
from core.state.verdict import ImageJudgement, ModelInfo, SoundJudgement, Thresholds, Verdict

if TYPE_CHECKING:
    from core.samples import AnomalyMap

NOW = 1000.0
"""Seconds: the time of the tests' fake clock (time.monotonic())."""

THRESHOLDS = Thresholds(
    density=-4.10,
    reconstruction_error=0.0040,
    rule="sum",
    typical_density=-2.90,
    typical_error=0.0025,
    density_step=0.05,
    error_step=0.0001,
    by="calibrated for 5 % false alarms",
)
MODEL = ModelInfo(
    method="features",
    bundle="3fa9c1",
    taught=120,
    trained_at="2024-11-05T14:03:22",
    backbone="EfficientNet-Lite0",
    note="false alarms: 5 %, at most 9 % (120 pictures)",
)


def anomaly_map(hot: float = 1.5, seed: int = 3) -> AnomalyMap:
    """Return a (14, 14) float32 map with its highest value `hot` at row 6, column 9."""
    # Imported only after the first paint, as in the real station.
    import numpy as np

    rows = np.random.default_rng(seed).uniform(0, 1.6, (14, 14)).astype(np.float32)
    rows[5:8, 8:11] += np.float32(hot / 2)
    rows[6, 9] = hot
    return rows


def judgement(
    number: int = 42, density: float = -3.02, error: float = 0.0028, hot: float = 1.5, *, mapped: bool = True
) -> ImageJudgement:
    """Return a judgement of a picture. Without a map it needs no NumPy; only the screen's map shows it."""
    share = (-2.90 - density) / 1.2 + (error - 0.0025) / 0.0015
    heat = anomaly_map(hot) if mapped else cast("AnomalyMap", None)
    return ImageJudgement(number, density, error, share > 1, share, max(0.0, share), 0.4, heat, 17.0)


OF_IMAGE = {field.name for field in fields(ImageState)} - {"verdict"}


def camera(**changes: object) -> SourceStatus:
    """Return the status of a live camera, with changes."""
    live = SourceStatus("live", "0", "", 1920, 1080, 29.8, 1300, 12, 0, NOW - 0.1)
    return replace(live, **changes)


def preview(width: int = 56, height: int = 42) -> Preview:
    """Return a preview of a drawn part."""

    def grey(x: int, y: int) -> int:
        distance = math.hypot(x - width / 2, (y - height / 2) * 1.2) / (height / 2)
        return max(0, min(255, int(230 * (1 - distance)) + (40 if (x // 4 + y // 4) % 2 else 0)))

    return Preview(width, height, bytes(grey(x, y) for y in range(height) for x in range(width)))


def snapshot(**changes: object) -> Snapshot:
    """Return a snapshot of a station that judges pictures, with changes to its fields and those of its image;
    `verdict` is the station's."""
    image = ImageState(
        status=camera(),
        verdict=Verdict("OK", ""),
        judged=None if "judged" in changes else judgement(),
        thresholds=THRESHOLDS,
        model=MODEL,
        counters=Counters(1234, 1180, 30, 24, 12),
        votes=".....",
        hold=3,
        preview=preview(),
    )
    usual = Snapshot(
        number=1,
        at=1_730_000_000.0,
        recipe="pump-housing-7",
        verdict=Verdict("OK", "like the good parts (30 % of the alarm level)"),
        image=image,
        called=5,
        shift=Shift(1_729_980_000.0, 83, 4, 1),
    )
    of_image = {name: changes.pop(name) for name in tuple(changes) if name in OF_IMAGE}
    return replace(with_image(usual, **of_image), **changes)


def with_image(now: Snapshot, **changes: object) -> Snapshot:
    """Return the snapshot with changes to its image."""
    assert now.image is not None
    return replace(now, image=replace(now.image, **changes))


def with_sound(now: Snapshot, **changes: object) -> Snapshot:
    """Return the snapshot with changes to its sound."""
    assert now.sound is not None
    return replace(now, sound=replace(now.sound, **changes))


def anomaly() -> Snapshot:
    """Return a snapshot of a scratched part."""
    return snapshot(
        verdict=Verdict("ANOMALY", "too little like the good parts: density -5.21, threshold -4.10"),
        judged=judgement(43, -5.21, 0.0051, hot=7.4),
        votes="..AAA",
        truth="scratch",
    )


def lost() -> Snapshot:
    """Return a snapshot in which the camera does not answer."""
    return snapshot(
        verdict=Verdict("UNKNOWN", "camera: no picture for 4 s"),
        status=camera(
            state="lost", fps=0.0, last_at=NOW - 4.2, message="does not answer: is it plugged in? next try in 2 s"
        ),
        judged=None,
        votes="-----",
    )


def training() -> Snapshot:
    """Return a snapshot in which a training runs."""
    return snapshot(training=TrainingState("running", "autoencoder", 12, 40, 0.01234, 0.01301, 42.0))


SOUND_THRESHOLDS = replace(
    THRESHOLDS,
    density=-2.75,
    reconstruction_error=2.21,
    rule="sum",
    typical_density=-0.61,
    typical_error=0.02,
    error_step=0.05,
    by="calibrated for 2.5 % false alarms",
)


def heard(number: int = 42, density: float = -0.7, error: float = 0.1) -> SoundJudgement:
    """Return a judgement of a window of sound."""
    share = (-0.61 - density) / 2.14 + (error - 0.02) / 2.19
    head = "modulation, 1.8-3.5 kHz"
    return SoundJudgement(number, 3.1, 4.1, density, error, share > 1, share, max(0.0, share), 0.4, head, 1.5)


def hearing(**changes: object) -> SoundState:
    """Return the state of a healthy microphone, with changes."""
    usual = SoundState(
        status=MicrophoneStatus("live", "default", "", "", "USB Audio: Mic", 48000, 2, 75.0, 0, 0, NOW - 0.05),
        verdict=Verdict("OK", "like the good parts (4 % of the alarm level)"),
        level=Level(-33.2, -21.5, -14.0, False),
        judged=heard(),
        thresholds=SOUND_THRESHOLDS,
        model=replace(MODEL, method="spectrum", bundle="77aa01", taught=30, backbone=""),
        counters=Counters(751, 748, 3),
        spectrum=tuple(-60 + 40 * math.exp(-(((band - 9) / 6) ** 2)) for band in range(32)),
    )
    return replace(usual, **changes)


def sound_alone() -> Snapshot:
    """Return a snapshot of a station that has only a microphone."""
    return snapshot(image=None, sound=hearing())


def both() -> Snapshot:
    """Return a snapshot of a station with camera and microphone."""
    words = (
        "picture: like the good parts (30 % of the alarm level); sound: like the good parts (4 % of the alarm level)"
    )
    return snapshot(sound=hearing(), verdict=Verdict("OK", words))


def clipping() -> Snapshot:
    """Return a snapshot in which the microphone clips."""
    words = "microphone: clipping (3.1 % of the samples at full scale): turn the gain down"
    state = Verdict("UNKNOWN", words)
    sound = hearing(verdict=state, level=Level(-4.0, 0.0, 0.0, True), judged=None, spectrum=())
    return replace(sound_alone(), verdict=state, sound=sound)


def recording() -> Snapshot:
    """Return a snapshot in which sound is recorded into the recipe."""
    now = SoundRecording(72.4, "000031-recorded-20261124-081418.wav", "microphone: clipping")
    return replace(both(), sound=hearing(capture=now))


def microphone_lost() -> Snapshot:
    """Return a snapshot in which the microphone gives no sound."""
    words = "microphone default: gives no sound any more: is it plugged in?; trying again in 2 s"
    status = MicrophoneStatus("lost", "default", words, overruns=3)
    state = Verdict("UNKNOWN", words)
    return replace(
        both(),
        verdict=replace(state, reason=f"sound: {words}"),
        sound=hearing(status=status, verdict=state, judged=None, spectrum=(), level=None),
    )


def knobs(**changes: object) -> KnobLink:
    """Return a live link to the knob board, with changes."""
    usual = KnobLink(
        "live",
        "/dev/ttyUSB0",
        version=1,
        firmware="1.0.0",
        density=Knob(2765, 2765, NOW - 0.3, NOW - 8.0, 421),
        reconstruction_error=Knob(0.1632, 1632, NOW - 0.2, NOW - 0.4, 422),
        answered=57,
        answered_at=NOW - 0.3,
        meanings=(
            KnobMeaning("image", "density", -3.68, (-5.3, -2.9), "span", True),
            KnobMeaning("image", "reconstruction_error", 0.0037, (0.0025, 0.0055), "span", False),
        ),
    )
    return replace(usual, **changes)


def turning() -> Snapshot:
    """Return a snapshot in which the density knob controls its threshold."""
    return snapshot(knobs=knobs())


def knobs_lost() -> Snapshot:
    """Return a snapshot in which the knob board is unplugged."""
    words = "the port has gone: unplugged, or out of reach"
    return snapshot(knobs=knobs(state="lost", message=words, version=0, crc_errors=3))


def waiting() -> Snapshot:
    """Return a snapshot in which a station that judges part by part waits for the next one."""
    last = Part(88, 1_729_999_958.0, Verdict("OK", "like the good parts (30 % of the alarm level)"), "key")
    words = "waiting for a part; last: 88 OK, 42 s ago"
    return snapshot(verdict=Verdict("UNKNOWN", words), judged=None, votes="", shot=Shot("waiting"), part=last)


def judging() -> Snapshot:
    """Return a snapshot in which a part is being judged once."""
    words = "judging: 2 of 5 pictures, 1.2 of 3.0 s of sound"
    return replace(waiting(), verdict=Verdict("UNKNOWN", words), shot=Shot("judging", 2, 5, 1.2, 3.0))


class FakeStation:
    """A station that records its commands and publishes the snapshots of the test."""

    def __init__(self, first: Snapshot | None = None, confirm: bool = True) -> None:
        self.now = first or snapshot()
        self.confirm = confirm
        self.calls: list[Command | Literal["start", "stop"]] = []
        """The commands that the station received, in order."""
        self._callbacks: list[Callable[[Snapshot], None]] = []
        self._lock = threading.Lock()

    def publish(self, new: Snapshot) -> None:
        """Publish a snapshot to all subscribers, with the next number."""
        with self._lock:
            self.now = replace(new, number=self.now.number + 1)
            callbacks, newest = list(self._callbacks), self.now
        for callback in callbacks:
            callback(newest)

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Call the callback for every snapshot that is published; returns a function that ends this."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def snapshot(self) -> Snapshot:
        """Return the newest snapshot."""
        return self.now

    def do(self, command: Command) -> None:
        """Record the command, and publish its effect if it changes what the screen shows at once."""
        self.calls.append(command)
        match command:
            case SetThreshold():
                self._set(command)
            case Pause(paused):
                self.publish(replace(self.now, paused=paused))
            case SetSingleShot(on):
                self.publish(replace(self.now, shot=Shot("waiting") if on else None))
            case RecordSound(on) if self.now.sound is not None:
                recording = SoundRecording(0.0, "000007-recorded-20261124-141530.wav") if on else None
                self.publish(with_sound(self.now, capture=recording))

    def _set(self, asked: SetThreshold) -> None:
        state = self.now.senses.get(asked.sense)
        if self.confirm and state is not None and state.thresholds is not None:
            thresholds = replace(state.thresholds, **{asked.which: asked.value}, by=asked.by)
            self.publish(replace(self.now, **{asked.sense: replace(state, thresholds=thresholds, unsaved=True)}))

    def start(self) -> None:
        """Record the call."""
        self.calls.append("start")

    def stop(self, _timeout: float = 2.0) -> None:
        """Record the call."""
        self.calls.append("stop")


class LiveStation(FakeStation):
    """Publishes snapshots of a noisy bench by itself, for measurements and to look at the screen."""

    def __init__(self, per_second: float = 10.0, faults: bool = True, sound: bool = False, mapped: bool = True) -> None:
        super().__init__(
            snapshot(verdict=Verdict("UNKNOWN", "starting"), status=camera(state="opening"), judged=None, votes="-----")
        )
        self._sound = sound
        self._mapped = mapped
        self._period = 1 / per_second
        self._faults = faults
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Start to publish."""
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End publishing and wait for the thread for at most `timeout` seconds."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def do(self, command: Command) -> None:
        """Apply the commands whose effect is visible on the screen."""
        image = self.now.image
        match command:
            case Train():
                begun = TrainingState("running", "pictures", 0, 60, seconds_left=30.0)
                self.publish(replace(self.now, training=begun))
            case CancelTraining():
                ended = TrainingState("cancelled", message="cancelled: the old model stays")
                self.publish(replace(self.now, training=ended))
            case TakeOverModel() if image is not None and image.new_model is not None:
                self.publish(replace(with_image(self.now, model=image.new_model, new_model=None), training=None))
            case SaveThresholds():
                self.publish(with_image(self.now, unsaved=False))
            case Calibrate():
                self.publish(with_image(self.now, thresholds=THRESHOLDS, unsaved=True))
            case _:
                super().do(command)

    def _hearing(self, number: int, noise: random.Random) -> SoundState:
        rms = noise.gauss(-33, 0.4)
        spectrum = tuple(noise.gauss(level, 1.5) for level in hearing().spectrum)
        status = MicrophoneStatus(
            "live", "default", "", "", "USB Audio: Mic", 48000, 2, number / 10, 0, 0, time.monotonic()
        )
        window = heard(number, noise.gauss(-0.7, 0.2), noise.gauss(0.1, 0.2))
        level = Level(rms, rms + noise.gauss(11, 0.5), rms + 14, False)
        return hearing(status=status, level=level, spectrum=spectrum, counters=Counters(number), judged=window)

    def _run(self) -> None:
        noise, number, votes = random.Random(1), 0, "-----"
        counters = Counters()
        while not self._ended.wait(self._period):
            number += 1
            if self.now.paused:
                self.publish(self.now)
                continue
            bad = self._faults and number % 150 > 110
            judged = judgement(
                number,
                noise.gauss(-5.2 if bad else -2.9, 0.25),
                noise.gauss(0.0048 if bad else 0.0025, 0.0003),
                hot=7.4 if bad else 1.5,
                mapped=self._mapped,
            )
            votes = (votes + ("A" if judged.anomalous else "."))[-5:]
            anomaly = votes.count("A") >= 3
            words = "too little like the good parts: density below its threshold" if anomaly else "like the good parts"
            counters = replace(
                counters,
                judged=number,
                ok=counters.ok + (not anomaly),
                anomalies=counters.anomalies + anomaly,
                dropped=2 * number,
            )
            self.publish(
                replace(
                    with_image(
                        self.now,
                        status=camera(last_at=time.monotonic(), fps=noise.gauss(29.8, 0.2), dropped=2 * number),
                        judged=judged,
                        counters=counters,
                        votes=votes,
                        truth="scratch" if bad else "good",
                        new_model=_new_model(self.now),
                    ),
                    at=time.time(),
                    verdict=Verdict("ANOMALY" if anomaly else "OK", words),
                    sound=self._hearing(number, noise) if self._sound else None,
                    training=_trained(self.now.training, number),
                )
            )


def _trained(run: TrainingState | None, number: int) -> TrainingState | None:
    if run is None or run.state != "running" or number % 3:
        return run
    if run.step >= run.of:
        return TrainingState("done", message="learnt from 134 pictures; 5 % false alarms")
    step = run.step + 1
    return replace(
        run,
        phase="pictures" if step < 20 else "autoencoder",
        step=step,
        loss=1 / (step + 10),
        seconds_left=(run.of - step) * 0.3,
    )


def _new_model(now: Snapshot) -> ModelInfo | None:
    if now.training is not None and now.training.state == "done":
        return replace(MODEL, bundle="77be02", taught=134)
    return now.image.new_model if now.image else None


def watch_live() -> int:
    """Show the dashboard on this terminal with a LiveStation; returns the exit code."""
    from tui.app.run import run_dashboard

    return run_dashboard(LiveStation())


if __name__ == "__main__":
    raise SystemExit(watch_live())
