"""The state of jobs that run beside judging: a training run and the recording of a tape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class TrainingState:
    """The progress of a training run. `state` decides which of the other fields are set."""

    state: Literal["running", "done", "failed", "cancelled"]
    phase: str = ""
    """Name of the phase, for display: `pictures`, `density`, `autoencoder`, `folds`, `calibration`, `writing` ..."""
    step: int = 0
    of: int = 0
    """Number of steps; 0 while unknown."""
    loss: float | None = None
    validation_loss: float | None = None
    seconds_left: float | None = None
    curve: tuple[tuple[float, float | None], ...] = ()
    """Loss and validation loss so far, for methods that use gradient descent; thinned out evenly if it is long."""
    message: str = ""
    """One sentence: the result if the run is done, the reason if it failed."""


@dataclass(frozen=True)
class TapeState:
    """The recording of all pictures and sound to a tape, which can be judged again later."""

    file: str
    megabytes: float
    lost: int = 0
    """Number of pictures and sound blocks that are missing on the tape."""
    trouble: str = ""
    """An error message, empty if there is no error; it stays after the recording has ended."""
    over: bool = False
    """True if the recording has ended."""
