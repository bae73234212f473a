"""Inputs and outputs that all learning methods share."""

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
    """A callback through which a learning method reports its progress."""

    def __call__(
        self,
        phase: str,
        step: int,
        of: int,
        /,
        *,
        loss: float | None = None,
        validation_loss: float | None = None,
    ) -> None:
        """Report that `step` of `of` steps of the phase are done.

        Methods call it at least once per second. It raises KeyboardInterrupt if learning must stop.
        """


@dataclass(frozen=True)
class ImageLesson:
    """The pictures that an image method learns from, and its settings."""

    pictures: Sequence[Path]
    """Good pictures that can be decoded, in the order in which they were taken."""
    region: tuple[float, float, float, float]
    """Region of interest, see core.features.image.picture.crop."""
    folds: npt.NDArray[np.int64]
    """(n,) the fold of each picture, 0..k-1: blocks in the order taken; near-duplicates are always in one fold."""
    seed: int = 0
    """Seed of the random generator."""
    epochs: int | None = None
    """Only for networks that learn by gradient; None lets the method choose and stop early."""


@dataclass(frozen=True)
class SoundLesson:
    """The recordings that a sound method learns from, and its settings."""

    recordings: Sequence[Path]
    """Good recordings that can be decoded and hold at least one window."""
    channel: int | None
    """See core.features.sound.wav.read_wave."""
    level: bool
    """Whether the loudness counts too."""
    folds: npt.NDArray[np.int64]
    """(n,) the fold of each recording, 0..k-1, k at most 10."""
    seed: int = 0
    """Seed of the random generator."""
    epochs: int | None = None
    """Only for networks that learn by gradient; None lets the method choose."""


@dataclass(frozen=True)
class Learnt:
    """What a method has learnt: the detector's content (arrays, networks and settings go into the bundle unchanged),
    and the scores of good parts by models that did not learn from them."""

    arrays: Mapping[str, Array]
    """NumPy arrays by name."""
    networks: Mapping[str, bytes]
    """LiteRT files by name."""
    settings: Mapping[str, object]
    """Further numbers and strings that the detector needs, as JSON."""
    held_out_density: npt.NDArray[np.float64]
    """(n,) on the scale of the detector's density."""
    held_out_error: npt.NDArray[np.float64]
    """(n,) on the scale of the detector's reconstruction error."""
    held_out_recording: npt.NDArray[np.int64] | None = None
    """(n,) the recording of each held-out window; None for pictures. The windows of a recording are contiguous, in
    order and 0.1 s apart."""
    same_unit: bool = False
    """Both scores are in standard deviations, so they can be added without scaling."""
    backbone: str = ""
    """Name of the network that extracts the features; empty if the method uses no backbone."""
    notes: Sequence[str] = field(default_factory=tuple)
    """Sentences that the technician must read."""

    @property
    def held_out(self) -> HeldOut:
        """The held-out scores in the form that the bundle and the calibration take."""
        return HeldOut(self.held_out_density, self.held_out_error, self.same_unit, self.held_out_recording)
