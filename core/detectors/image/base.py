"""The interface of every image detector, and its scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.samples import AnomalyMap, Picture

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ImageScores:
    """The scores of one picture."""

    density: float
    """Log density of the sample under the good class, up to an affine map: higher is more normal."""
    reconstruction_error: float
    """Reconstruction error of the autoencoder: higher is less normal."""
    map: AnomalyMap
    """Where the picture differs."""


class ImageDetector(Protocol):
    """Scores pictures; made from a bundle by `core.detectors.load.load_detector`, used by one thread at a time."""

    method: str

    def judge(self, picture: Picture) -> ImageScores:
        """The scores of a picture of any size, already cropped to the region of interest."""

    def redraw(self, picture: Picture) -> tuple[str, Floats, Floats]:
        """The autoencoder's input and its reconstruction, to compare by eye: what they show (`picture`, `feature map`),
        and two float32 arrays (height, width) on the same scale."""
