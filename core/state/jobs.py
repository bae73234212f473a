"""Work beside judging: a training run, a tape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class TrainingState:
    """How far a training run is. `state` tells which of the other fields mean something."""

    state: Literal["running", "done", "failed", "cancelled"]
    phase: str = ""
    """`pictures`, `density`, `autoencoder`, `folds`, `calibration`, `writing` ..., a word to show."""
    step: int = 0
    of: int = 0
    """0 while unknown."""
    loss: float | None = None
    validation_loss: float | None = None
    seconds_left: float | None = None
    curve: tuple[tuple[float, float | None], ...] = ()
    """Loss and validation loss so far, for methods that learn by steps of descent; evenly thinned out when long."""
    message: str = ""
    """When done: what was learnt, in a sentence. When failed: why, in a sentence."""


@dataclass(frozen=True)
class TapeState:
    """Everything that is perceived is being recorded, to be judged again."""

    file: str
    megabytes: float
    lost: int = 0
    """Pictures and stretches of sound that are missing in it."""
    trouble: str = ""
    """In words; it stays."""
    over: bool = False
    """Nothing is recorded any more."""
