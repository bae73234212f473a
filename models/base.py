"""What every way of learning takes and gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.bundle import HeldOut

Array = npt.NDArray[np.generic]


class Progress(Protocol):
    def __call__(
        self,
        phase: str,
        step: int,
        of: int,
        *,
        loss: float | None = None,
        validation_loss: float | None = None,
    ) -> None:
        """Tell how far the work is. Called at least once a second; raises KeyboardInterrupt when it shall end."""


@dataclass(frozen=True)
class ImageLesson:
    """What to learn from, and how."""

    pictures: Sequence[Path]
    """Good pictures that can be decoded, in the order in which they were taken."""
    region: tuple[float, float, float, float]
    """Region of interest, see core.features.image.picture.crop."""
    folds: npt.NDArray[np.int64]
    """(n,) the fold of each picture, 0..k-1: blocks of the order taken, near-duplicates always in one fold."""
    seed: int = 0
    epochs: int | None = None
    """Only for networks that learn by gradient; None lets the method choose and stop early."""


@dataclass(frozen=True)
class SoundLesson:
    """What to learn from, and how, by ear."""

    recordings: Sequence[Path]
    """Good recordings that can be decoded and hold at least one window."""
    channel: int | None
    """See core.features.sound.wav.read_wave."""
    level: bool
    """How loud it is counts too."""
    folds: npt.NDArray[np.int64]
    """(n,) the fold of each recording, 0..k-1, k at most 10."""
    seed: int = 0
    epochs: int | None = None


@dataclass(frozen=True)
class Learnt:
    """What a detector needs (arrays, networks, settings go into the bundle as they are) and how good parts score
    on models that did not learn from them."""

    arrays: Mapping[str, Array]
    networks: Mapping[str, bytes]
    """LiteRT files by name."""
    settings: Mapping[str, object]
    """JSON: numbers and words that the detector needs besides."""
    held_out_density: npt.NDArray[np.float64]
    """(n,) in the scale of the detector's density."""
    held_out_error: npt.NDArray[np.float64]
    """(n,) in the scale of the detector's reconstruction error."""
    held_out_recording: npt.NDArray[np.int64] | None = None
    """(n,) only of sound: the recording that each held-out window is from. Windows of one recording stand together,
    in order, 0.1 s apart."""
    same_unit: bool = False
    """Both scores are in standard deviations, so that they may be added as they are."""
    backbone: str = ""
    notes: Sequence[str] = field(default_factory=tuple)
    """Sentences that the technician must read."""

    @property
    def held_out(self) -> HeldOut:
        return HeldOut(self.held_out_density, self.held_out_error, self.same_unit, self.held_out_recording)
