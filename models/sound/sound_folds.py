"""Folds of recordings for cross-conformal calibration."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MOST_FOLDS = 10


def make_sound_folds(count: int) -> npt.NDArray[np.int64]:
    """(count,) the fold of each recording, dealt in turn to at most 10 folds: windows of one recording are too alike to
    stand on both sides."""
    return np.arange(count, dtype=np.int64) % MOST_FOLDS
