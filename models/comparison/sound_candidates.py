"""The methods that hear, and trivial numbers, as entrants of a contest. A recording is judged as a whole."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.bundle import Bundle, write_bundle
from core.features.sound.spectrum import Windows
from core.features.sound.wav import open_recording
from core.health.microphone import TaughtSound, measure_sound
from core.inference.sound_file import judge_sound_file
from core.inference.sound_judge import SoundJudge
from core.methods import METHODS, load_object, methods_of
from core.recipes.recipe import Recipe
from models.base import Learnt, Progress, SoundLesson
from models.comparison.candidate import (
    Alarm,
    Candidate,
    CandidateModel,
    FoldMaterial,
    HeldOutSample,
    Numbers,
    TrivialModel,
)
from models.comparison.image_candidates import at_rate
from models.folds import make_folds
from models.training_result import TrainingResult

if TYPE_CHECKING:
    from models.dcgan.networks import Gan

CALIBRATED_ON = 4
"""The DCGAN learns from three of four recordings; the fourth sets its threshold."""


class SoundModel:
    """A model file's content at work, as the station has it."""

    seconds = None

    def __init__(self, taught: FoldMaterial, method: str, learnt: Learnt) -> None:
        """Raises GoodpartError."""
        settings = taught.recipe.settings
        self._channel = settings.microphone.channel
        with open_recording(taught.files[0]) as recording:
            rate = recording.facts.rate
            health = TaughtSound.of([measure_sound(block, rate) for block in recording.blocks(self._channel)])
        facts = {"channel": self._channel, "level": settings.sound.level, "health": health.to_json(), "seconds": 0.0}
        self._outcome = TrainingResult.of("sound", method, learnt, facts, taught.seed, len(taught.files), "")
        bundle = Bundle("contest", self._outcome.facts, learnt.arrays, learnt.networks, learnt.held_out)
        self._ear = SoundJudge(at_rate(taught.recipe, taught.target), bundle)
        self.notes = [*learnt.notes]

    def judge(self, file: Path) -> HeldOutSample:
        heard = judge_sound_file(self._ear, file, self._channel)
        return HeldOutSample(heard.whole.share, trace=[[round(w.end, 2), round(w.share, 3)] for w in heard.windows])

    def save(self, folder: Path) -> Sequence[str]:
        learnt = self._outcome.learnt
        place = folder / "sound.goodpart"
        write_bundle(place, self._outcome.facts, learnt.arrays, learnt.networks, learnt.held_out)
        return ("sound", str(place))


def lesson_of(taught: FoldMaterial) -> SoundLesson:
    settings = taught.recipe.settings
    fold = make_folds(taught.group, longest=1)
    return SoundLesson(
        taught.files, settings.microphone.channel, settings.sound.level, fold, taught.seed, taught.epochs
    )


def by_method(method: str, taught: FoldMaterial, progress: Progress) -> CandidateModel:
    """As a recipe would learn it."""
    return SoundModel(taught, method, load_object(METHODS[method].learner)(lesson_of(taught), progress))


class DcganModel:
    """One measure of a trained DCGAN: the mean over the seconds of a recording."""

    def __init__(self, gan: Gan, measure: str, taught: FoldMaterial, held: Sequence[Path], seconds: float) -> None:
        from models.dcgan.detection import Detection

        self._gan, self._measure, self._taught, self.seconds = gan, measure, taught, seconds
        self._detection = Detection(gan)
        scores = np.array([self._scores(file).mean() for file in held])
        self._alarm = Alarm.of(scores, taught.target)
        self.notes = [f"learnt {taught.dcgan_epochs} epochs of 5 steps", *self._alarm.notes]

    def _scores(self, file: Path) -> Numbers:
        from models.dcgan.dataset import seconds_of

        judged = self._detection.judge_seconds(seconds_of(file, self._taught.recipe.settings.microphone.channel))
        return np.asarray(getattr(judged, self._measure), np.float64)

    def judge(self, file: Path) -> HeldOutSample:
        scores = self._scores(file)
        trace = [[at + 1.0, round(self._alarm.share(float(score)), 3)] for at, score in enumerate(scores)]
        return HeldOutSample(self._alarm.share(float(scores.mean())), trace=trace)

    def save(self, folder: Path) -> Sequence[str]:
        from models.dcgan.training import Checkpoint, Course, write_checkpoint

        (folder / "checkpoints").mkdir(exist_ok=True)
        write_checkpoint(folder, Checkpoint(Course(), "", 0, [], self._gan.state()))
        return ("dcgan", str(folder))


class Dcgans:
    """Both measures of one training: the second to ask for it has it from the first."""

    def __init__(self) -> None:
        self._last: tuple[Sequence[Path], Gan, float] | None = None

    def learn(self, measure: str, taught: FoldMaterial, progress: Progress) -> CandidateModel:
        every = np.unique(taught.group)[::-1][::CALIBRATED_ON]
        held = [file for file, group in zip(taught.files, taught.group, strict=True) if group in every]
        rest = [file for file in taught.files if file not in held]
        if self._last is None or self._last[0] != taught.files:
            began = time.monotonic()
            self._last = taught.files, self._fit(rest, taught, progress), time.monotonic() - began
        _, gan, seconds = self._last
        return DcganModel(gan, measure, taught, held, seconds)

    @staticmethod
    def _fit(files: Sequence[Path], taught: FoldMaterial, progress: Progress) -> Gan:
        from models.dcgan.dataset import pictures_of, seconds_of
        from models.dcgan.training import Course, fit

        seconds = []
        for step, file in enumerate(files):
            progress("features", step, len(files))
            seconds += seconds_of(file, taught.recipe.settings.microphone.channel)
        course = Course(epochs=taught.dcgan_epochs, seed=taught.seed)
        return fit(
            pictures_of(seconds), course, lambda epoch, loss: progress("epochs", epoch, course.epochs, loss=loss)
        )


def by_level(file: Path, windows: Windows) -> float:
    """dB of full scale."""
    return float(10 * np.log10(np.mean(10 ** (windows.level.astype(np.float64) / 10))))


class LogMel:
    """The mean |z| of the log-mel spectrum over a recording."""

    seconds = None

    def __init__(self, taught: FoldMaterial, windows_of: WindowsOf) -> None:
        self._windows_of = windows_of
        parts = [windows_of(file).raw.astype(np.float64) for file in taught.files]
        self._centre, self._spread = _moments(parts)
        held = [self._z(part, *_moments(parts[:at] + parts[at + 1 :])).mean() for at, part in enumerate(parts)]
        self._alarm = Alarm.of(np.array(held), taught.target)
        self.notes = self._alarm.notes

    @staticmethod
    def _z(raw: Numbers, centre: Numbers, spread: Numbers) -> Numbers:
        return np.asarray(np.abs((raw - centre) / spread).mean(axis=1))

    def judge(self, file: Path) -> HeldOutSample:
        z = self._z(self._windows_of(file).raw.astype(np.float64), self._centre, self._spread)
        return HeldOutSample(self._alarm.share(float(z.mean())))

    def save(self, folder: Path) -> Sequence[str]:
        return ()


def _moments(parts: Sequence[Numbers]) -> tuple[Numbers, Numbers]:
    known = np.concatenate(parts)
    return known.mean(axis=0), known.std(axis=0) + 1e-3


class WindowsOf:
    """The windows of a recording, listened to once for all models."""

    def __init__(self, channel: int | None) -> None:
        from models.sound import spectrum

        self._windows = cache(partial(spectrum.windows_of, channel=channel))

    def __call__(self, file: Path) -> Windows:
        return self._windows(file)


def entrants(recipe: Recipe) -> Mapping[str, Candidate]:
    windows_of = WindowsOf(recipe.settings.microphone.channel)
    dcgans = Dcgans()

    def level(taught: FoldMaterial, progress: Progress) -> CandidateModel:
        def of(file: Path) -> float:
            return by_level(file, windows_of(file))

        return TrivialModel(of, np.array([of(file) for file in taught.files]), taught.target)

    def log_mel(taught: FoldMaterial, progress: Progress) -> CandidateModel:
        return LogMel(taught, windows_of)

    return {
        **{method: partial(by_method, method) for method in methods_of("sound")},
        "dcgan": partial(dcgans.learn, "difference"),
        "dcgan discriminator": partial(dcgans.learn, "discriminator"),
        "level": level,
        "log-mel mean |z|": log_mel,
    }
