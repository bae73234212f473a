"""The candidates for sound: the sound methods, the DCGAN and trivial scores. A recording is judged as a whole."""

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
"""Recordings: the DCGAN learns from three of every four; the fourth one sets its threshold."""


class SoundModel:
    """A trained sound model that judges exactly as the station does."""

    seconds = None

    def __init__(self, taught: FoldMaterial, method: str, learnt: Learnt) -> None:
        """Build the judge in memory. Raises GoodpartError."""
        settings = taught.recipe.settings
        self._channel = settings.microphone.channel
        with open_recording(taught.files[0]) as recording:
            rate = recording.facts.rate
            health = TaughtSound.of([measure_sound(block, rate) for block in recording.blocks(self._channel)])
        facts = {"channel": self._channel, "level": settings.sound.level, "health": health.to_json(), "seconds": 0.0}
        self._outcome = TrainingResult.of("sound", method, learnt, facts, taught.seed, len(taught.files), "")
        bundle = Bundle("comparison", self._outcome.facts, learnt.arrays, learnt.networks, learnt.held_out)
        self._judge = SoundJudge(at_rate(taught.recipe, taught.target), bundle)
        self.notes = [*learnt.notes]

    def judge(self, file: Path) -> HeldOutSample:
        """Judge a recording as a whole. Raises UnreadableError."""
        judged = judge_sound_file(self._judge, file, self._channel)
        return HeldOutSample(judged.whole.share, trace=[[round(w.end, 2), round(w.share, 3)] for w in judged.windows])

    def save(self, folder: Path) -> Sequence[str]:
        """Write the model file; returns the arguments for models.comparison.runtime_cost. Raises GoodpartError."""
        learnt = self._outcome.learnt
        path = folder / "sound.goodpart"
        write_bundle(path, self._outcome.facts, learnt.arrays, learnt.networks, learnt.held_out)
        return ("sound", str(path))


def lesson_of(taught: FoldMaterial) -> SoundLesson:
    """Return the material as a method's lesson, with folds of its own."""
    settings = taught.recipe.settings
    fold = make_folds(taught.group, longest=1)
    return SoundLesson(
        taught.files, settings.microphone.channel, settings.sound.level, fold, taught.seed, taught.epochs
    )


def by_method(method: str, taught: FoldMaterial, progress: Progress) -> CandidateModel:
    """Train a method of core.methods as for a recipe. Raises GoodpartError."""
    return SoundModel(taught, method, load_object(METHODS[method].learner)(lesson_of(taught), progress))


class DcganModel:
    """A trained DCGAN with one of its measures, averaged over the seconds of a recording."""

    def __init__(self, gan: Gan, measure: str, taught: FoldMaterial, held: Sequence[Path], seconds: float) -> None:
        """Calibrate on the recordings `held`. `measure` is one of models.dcgan.detection.MEASURES, `seconds` the
        training time. Raises UnreadableError."""
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
        """Judge a recording as a whole. Raises UnreadableError."""
        scores = self._scores(file)
        trace = [[float(second), round(self._alarm.share(float(score)), 3)] for second, score in enumerate(scores, 1)]
        return HeldOutSample(self._alarm.share(float(scores.mean())), trace=trace)

    def save(self, folder: Path) -> Sequence[str]:
        """Write a checkpoint; returns the arguments for models.comparison.runtime_cost. Raises GoodpartError."""
        from models.dcgan.training import Checkpoint, Course, write_checkpoint

        (folder / "checkpoints").mkdir(exist_ok=True)
        write_checkpoint(folder, Checkpoint(Course(), "", 0, [], self._gan.state()))
        return ("dcgan", str(folder))


class Dcgans:
    """Trains the DCGAN once per fold for both of its measures."""

    def __init__(self) -> None:
        self._last: tuple[Sequence[Path], Gan, float] | None = None

    def learn(self, measure: str, taught: FoldMaterial, progress: Progress) -> CandidateModel:
        """Return the model for a measure; trains only if the last call was for other files. Raises GoodpartError."""
        every = np.unique(taught.group)[::-1][::CALIBRATED_ON]
        held = [file for file, group in zip(taught.files, taught.group, strict=True) if group in every]
        rest = [file for file in taught.files if file not in held]
        if self._last is None or self._last[0] != taught.files:
            started = time.monotonic()
            self._last = taught.files, self._fit(rest, taught, progress), time.monotonic() - started
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


def mean_level(windows: Windows) -> float:
    """Return the mean level of the windows in dB of full scale."""
    return float(10 * np.log10(np.mean(10 ** (windows.level.astype(np.float64) / 10))))


class LogMel:
    """A trivial score: the mean |z| of the log-mel spectrum over a recording."""

    seconds = None

    def __init__(self, taught: FoldMaterial, windows_of: WindowsOf) -> None:
        """Learn the mean and spread of each band and calibrate by leaving one recording out. Raises UnreadableError."""
        self._windows_of = windows_of
        parts = [windows_of(file).raw.astype(np.float64) for file in taught.files]
        self._centre, self._spread = _moments(parts)
        held = [self._z(part, *_moments(parts[:i] + parts[i + 1 :])).mean() for i, part in enumerate(parts)]
        self._alarm = Alarm.of(np.array(held), taught.target)
        self.notes = self._alarm.notes

    @staticmethod
    def _z(raw: Numbers, centre: Numbers, spread: Numbers) -> Numbers:
        return np.asarray(np.abs((raw - centre) / spread).mean(axis=1))

    def judge(self, file: Path) -> HeldOutSample:
        """Judge a recording as a whole. Raises UnreadableError."""
        z = self._z(self._windows_of(file).raw.astype(np.float64), self._centre, self._spread)
        return HeldOutSample(self._alarm.share(float(z.mean())))

    def save(self, _folder: Path) -> Sequence[str]:
        """Return no arguments: a trivial score costs nothing to judge."""
        return ()


def _moments(parts: Sequence[Numbers]) -> tuple[Numbers, Numbers]:
    joined = np.concatenate(parts)
    return joined.mean(axis=0), joined.std(axis=0) + 1e-3


class WindowsOf:
    """Returns the windows of a recording; each file is decoded once for all models."""

    def __init__(self, channel: int | None) -> None:
        from models.sound import spectrum

        self._windows = cache(partial(spectrum.windows_of, channel=channel))

    def __call__(self, file: Path) -> Windows:
        """Return the windows of a recording, 0.1 s apart. Raises UnreadableError."""
        return self._windows(file)


def candidates(recipe: Recipe) -> Mapping[str, Candidate]:
    """Return all candidates for sound by name."""
    windows_of = WindowsOf(recipe.settings.microphone.channel)
    dcgans = Dcgans()

    def level(taught: FoldMaterial, _progress: Progress) -> CandidateModel:
        def of(file: Path) -> float:
            return mean_level(windows_of(file))

        return TrivialModel(of, np.array([of(file) for file in taught.files]), taught.target)

    def log_mel(taught: FoldMaterial, _progress: Progress) -> CandidateModel:
        return LogMel(taught, windows_of)

    return {
        **{method: partial(by_method, method) for method in methods_of("sound")},
        "dcgan": partial(dcgans.learn, "difference"),
        "dcgan discriminator": partial(dcgans.learn, "discriminator"),
        "level": level,
        "log-mel mean |z|": log_mel,
    }
