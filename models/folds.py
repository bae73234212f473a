"""Folds for cross-conformal calibration, and for a contest of methods."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MOST_FOLDS = 10
BLOCK = 2
"""Groups in a block, where there are enough of them: neighbours in time are alike and stay together."""


def make_folds(groups: npt.NDArray[np.int64], most: int = MOST_FOLDS, longest: int = BLOCK) -> npt.NDArray[np.int64]:
    """(n,) the fold of each sample, 0..k-1, k at most `most`: blocks of the order taken, at most `longest` groups long,
    dealt to the folds in turn.

    `groups` (n,) are near-duplicates, numbered by their first one (core.dataset.near_duplicates); a group always
    stays in one fold, that of its first sample. Blocks are short because a long one leaves out a whole stretch of
    what is usual (a batch, a shift), which the model that is used in the end has seen: thresholds would be too wide.
    """
    count = int(groups.max()) + 1
    block = min(longest, max(1, count // most))
    fold = np.arange(count) // block % most
    return np.asarray(fold[groups], np.int64)
