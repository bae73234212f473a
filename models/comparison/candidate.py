"""What takes part in a contest of methods: something that learns from some good samples and scores others."""

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
    """Good samples to learn from."""

    recipe: Recipe
    """With thresholds of no model, and the sense's share of the false-alarm budget."""
    target: float
    files: Sequence[Path]
    group: Groups
    """(n,) near-duplicates have one number, in the order of their first."""
    seed: int = 0
    epochs: int | None = None
    dcgan_epochs: int = 0


@dataclass(frozen=True)
class HeldOutSample:
    """A sample as a model that did not learn from it sees it."""

    share: float
    """Of the alarm level: above 1 it is called."""
    map: Sequence[Sequence[float]] | None = None
    trace: Sequence[Sequence[float]] | None = None


class CandidateModel(Protocol):
    @property
    def notes(self) -> Sequence[str]: ...

    @property
    def seconds(self) -> float | None:
        """That learning took, where another entrant has learnt it already."""

    def judge(self, file: Path) -> HeldOutSample:
        """Raises UnreadableError."""

    def save(self, folder: Path) -> Sequence[str]:
        """Write what a process needs to judge with it; its arguments for models.comparison.runtime_cost.
        Raises GoodpartError."""


class Candidate(Protocol):
    def __call__(self, taught: FoldMaterial, progress: Progress) -> CandidateModel:
        """Learn. Raises GoodpartError."""


@dataclass(frozen=True)
class Alarm:
    """A plain score's alarm level: the conformal threshold of held-out good scores."""

    typical: float
    level: float
    notes: Sequence[str] = field(default=())

    @classmethod
    def of(cls, scores: Numbers, target: float) -> Alarm:
        """Where the scores are too few for the target, the highest of them."""
        few = len(scores) < needed(target)
        level = float(scores.max()) if few else conformal_threshold(scores, target)
        note = f"{len(scores)} held-out scores are few: the threshold is the highest of them"
        return cls(float(np.median(scores)), level, (note,) if few else ())

    def share(self, score: float) -> float:
        """0 for a typical score, 1 at the alarm level."""
        return (score - self.typical) / max(self.level - self.typical, 1e-9)


class TrivialModel:
    """A trivial score as a model: how far a number is from the taught ones, in their standard deviations."""

    seconds = None

    def __init__(self, of: TrivialScore, taught: Numbers, target: float) -> None:
        self._of = of
        self._centre, self._spread = float(taught.mean()), _spread(taught)
        # Each by the mean and spread of the others.
        rest = [np.delete(taught, at) for at in range(len(taught))]
        held = [abs(one - other.mean()) / _spread(other) for one, other in zip(taught, rest, strict=True)]
        self._alarm = Alarm.of(np.array(held), target)
        self.notes = self._alarm.notes

    def judge(self, file: Path) -> HeldOutSample:
        return HeldOutSample(self._alarm.share(abs(self._of(file) - self._centre) / self._spread))

    def save(self, folder: Path) -> Sequence[str]:
        return ()


class TrivialScore(Protocol):
    def __call__(self, file: Path) -> float: ...


def _spread(numbers: Numbers) -> float:
    return max(float(numbers.std()), 1e-9 * max(1.0, abs(float(numbers.mean()))))
