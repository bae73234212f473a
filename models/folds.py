"""Folds for cross-conformal calibration and for the comparison of methods."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MOST_FOLDS = 10
BLOCK = 2
"""Groups per block if there are enough groups: samples taken one after the other are alike and stay together."""


def make_folds(groups: npt.NDArray[np.int64], most: int = MOST_FOLDS, longest: int = BLOCK) -> npt.NDArray[np.int64]:
    """Return (n,) the fold of each sample, 0..k-1, k at most `most`.

    Blocks of at most `longest` groups, in the order taken, are assigned to the folds in turn. `groups` (n,) are
    near-duplicates, numbered in the order of their first sample (core.dataset.near_duplicates); a group always stays
    in one fold, the fold of its first sample. Blocks are short because a long block leaves out a whole period of
    normal production (a batch, a shift) that the final model has seen: the thresholds would be too wide.
    """
    count = int(groups.max()) + 1
    block = min(longest, max(1, count // most))
    fold = np.arange(count) // block % most
    return np.asarray(fold[groups], np.int64)
