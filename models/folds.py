"""Folds for cross-conformal calibration."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MOST_FOLDS = 10


def make_folds(groups: npt.NDArray[np.int64], most: int = MOST_FOLDS) -> npt.NDArray[np.int64]:
    """(n,) the fold of each picture, 0..k-1: blocks of the order in which the pictures were taken.

    `groups` (n,) are near-duplicates, numbered by their first picture (core.features.duplicates); a group always
    stays in one fold, that of its first picture.
    """
    counts = np.bincount(groups)
    # A group belongs where its middle falls when the groups stand in a row in the order of their first pictures.
    middle = np.cumsum(counts) - counts / 2
    block = np.floor(middle / len(groups) * min(most, len(counts))).astype(np.int64)
    _, dense = np.unique(block, return_inverse=True)
    return np.asarray(dense[groups], np.int64)
