"""What every detector gives for a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.samples import AnomalyMap, Picture

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ImageScores:
    density: float
    """Log density of the sample under the good class, up to an affine map: higher is more normal."""
    reconstruction_error: float
    """How badly the autoencoder redraws the sample: higher is less normal."""
    map: AnomalyMap


class ImageDetector(Protocol):
    """Made from a bundle by `core.detectors.load.load_detector`; used by one thread at a time."""

    method: str

    def judge(self, picture: Picture) -> ImageScores:
        """Scores of a picture of any size (already cropped to the region of interest)."""

    def redraw(self, picture: Picture) -> tuple[str, Floats, Floats]:
        """What the autoencoder sees of a picture and what it makes of it, to look at side by side: what that is in a
        word, and two float32 arrays (height, width) of one scale."""
