"""A candidate of a comparison of methods: it learns from some good samples and scores others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.decision.calibration import conformal_threshold, needed
from core.recipes.recipe import Recipe
from models.base import Progress

Numbers = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FoldMaterial:
    """The good samples that a candidate learns from, and its settings."""

    recipe: Recipe
    """The recipe; its settings apply to every candidate."""
    target: float
    """The sense's share of false alarms, 0..1."""
    files: Sequence[Path]
    """n paths of good samples."""
    group: Groups
    """(n,) near-duplicates have the same number; the numbers follow the order of each group's first sample."""
    seed: int = 0
    epochs: int | None = None
    """Only for networks that learn by gradient; None lets the method choose."""
    dcgan_epochs: int = 0
    """Epochs of the DCGAN."""


@dataclass(frozen=True)
class HeldOutSample:
    """The result for a sample, by a model that did not learn from it."""

    share: float
    """Share of the alarm level: above 1 the sample is an anomaly."""
    map: Sequence[Sequence[float]] | None = None
    """Only of pictures: 14 rows, see core.samples.AnomalyMap."""
    trace: Sequence[Sequence[float]] | None = None
    """Only of sound: [seconds, share of the alarm level] from beginning to end."""


class CandidateModel(Protocol):
    """A trained candidate."""

    @property
    def notes(self) -> Sequence[str]:
        """Sentences that the technician must read."""

    @property
    def seconds(self) -> float | None:
        """The training time if the training was shared with another candidate; otherwise None: the caller measures."""

    def judge(self, file: Path, /) -> HeldOutSample:
        """Score a sample. Raises UnreadableError."""

    def save(self, folder: Path, /) -> Sequence[str]:
        """Write the model; returns the arguments for models.comparison.runtime_cost, empty if judging costs nothing.

        Raises GoodpartError.
        """


class Candidate(Protocol):
    """Trains a model on the good samples of some folds."""

    def __call__(self, taught: FoldMaterial, progress: Progress, /) -> CandidateModel:
        """Learn. Raises GoodpartError."""


@dataclass(frozen=True)
class Alarm:
    """The alarm level of a plain score: the conformal threshold of held-out good scores."""

    typical: float
    """The median of the scores."""
    level: float
    """The score above which a sample is an anomaly."""
    notes: Sequence[str] = field(default=())
    """Sentences that the technician must read."""

    @classmethod
    def of(cls, scores: Numbers, target: float) -> Alarm:
        """Calibrate on held-out good scores (n,) for a share of false alarms, 0..1; if there are too few scores for it,
        the level is the highest score."""
        few = len(scores) < needed(target)
        level = float(scores.max()) if few else conformal_threshold(scores, target)
        note = f"{len(scores)} held-out scores are few: the threshold is the highest of them"
        return cls(float(np.median(scores)), level, (note,) if few else ())

    def share(self, score: float) -> float:
        """Return 0 for a typical score, 1 at the alarm level."""
        return (score - self.typical) / max(self.level - self.typical, 1e-9)


class TrivialModel:
    """A trivial score as a model: the distance of a number from the mean of the good ones, in standard deviations."""

    seconds = None

    def __init__(self, of: TrivialScore, taught: Numbers, target: float) -> None:
        self._of = of
        self._centre, self._spread = float(taught.mean()), _spread(taught)
        # Each number is scored by the mean and the spread of the others.
        rest = [np.delete(taught, index) for index in range(len(taught))]
        held = [abs(number - others.mean()) / _spread(others) for number, others in zip(taught, rest, strict=True)]
        self._alarm = Alarm.of(np.array(held), target)
        self.notes = self._alarm.notes

    def judge(self, file: Path) -> HeldOutSample:
        """Score a sample. Raises UnreadableError."""
        return HeldOutSample(self._alarm.share(abs(self._of(file) - self._centre) / self._spread))

    def save(self, _folder: Path) -> Sequence[str]:
        """Return no arguments: a trivial score costs nothing to judge."""
        return ()


class TrivialScore(Protocol):
    """Computes a single number from a file, such as its mean brightness."""

    def __call__(self, file: Path, /) -> float:
        """Return the number. Raises UnreadableError."""


def _spread(numbers: Numbers) -> float:
    return max(float(numbers.std()), 1e-9 * max(1.0, abs(float(numbers.mean()))))
