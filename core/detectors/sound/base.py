"""The interface of every sound detector, and its scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.detectors.image.base import Floats
from core.samples import Sound

STEP_SECONDS = 0.1
"""Seconds from one window to the next."""


@dataclass(frozen=True)
class WindowScores:
    """The scores of one window of sound."""

    start: float
    """Seconds since `reset`."""
    end: float
    """Seconds since `reset`."""
    density: float
    """Log density of the window under the good class, up to an affine map: higher is more normal. 0 if the method has
    no density."""
    reconstruction_error: float
    """Reconstruction error of the autoencoder: higher is less normal."""
    head: str = ""
    """The most anomalous part of the density, as text: `modulation, 1.2-3.4 kHz`."""
    heads: Mapping[str, float] | None = None
    """The parts of the density and the error by name, in the same unit: higher is more anomalous."""
    spectrum: npt.NDArray[np.float32] | None = None
    """(bands,) spectrum of the window's newest 0.1 s in dB, from low to high, for display."""


class SoundDetector(Protocol):
    """Scores sound; made from a bundle by `core.detectors.load.load_sound_detector`, used by one thread at a time."""

    method: str
    rate: int
    """Samples per second that `push` takes."""

    def reset(self) -> None:
        """Forget all samples; the next ones do not continue them."""

    def push(self, samples: Sound) -> list[WindowScores]:
        """The scores of the windows that these samples, float32 (n,), complete: one per 0.1 s after the first."""

    def redraw(self, samples: Sound) -> tuple[str, Floats, Floats]:
        """The autoencoder's input from the middle of these samples, at least two seconds, and its reconstruction, to
        compare by eye: what they show (`log-mel`, `feature rows`), and two float32 arrays (height, width) on the same
        scale, time from left to right. Pushed samples are not affected."""
