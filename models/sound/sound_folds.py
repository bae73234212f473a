"""Folds of recordings for cross-conformal calibration."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MOST_FOLDS = 10


def make_sound_folds(count: int) -> npt.NDArray[np.int64]:
    """Return (count,) the fold of each recording, assigned in turn to at most 10 folds.

    A recording is never split: its windows are so alike that a model which learnt from some knows the others.
    """
    return np.arange(count, dtype=np.int64) % MOST_FOLDS
