"""Folds for cross-conformal calibration."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MOST_FOLDS = 10
BLOCK = 2
"""Groups in a block, where there are enough of them: neighbours in time are alike and stay together."""


def make_folds(groups: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """(n,) the fold of each picture, 0..k-1, k at most 10: short blocks of the order taken, dealt to the folds in turn.

    `groups` (n,) are near-duplicates, numbered by their first picture (core.features.duplicates); a group always
    stays in one fold, that of its first picture. Blocks are short because a long one leaves out a whole stretch of
    what is usual (a batch, a shift), which the model that is used in the end has seen: thresholds would be too wide.
    """
    count = int(groups.max()) + 1
    block = min(BLOCK, max(1, count // MOST_FOLDS))
    fold = np.arange(count) // block % MOST_FOLDS
    return np.asarray(fold[groups], np.int64)
