"""Folds are short blocks of the order in which pictures were taken; near-duplicates never stand on both sides."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from models.folds import BLOCK, MOST_FOLDS, make_folds


def by_first(labels: list[int]) -> npt.NDArray[np.int64]:
    """Groups numbered in the order of their first pictures, as core.dataset.near_duplicates does."""
    order: dict[int, int] = {}
    return np.array([order.setdefault(label, len(order)) for label in labels], np.int64)


LABELS = st.lists(st.integers(0, 60), min_size=1, max_size=150).map(by_first)


@given(LABELS)
def test_no_group_stands_on_both_sides(groups: npt.NDArray[np.int64]) -> None:
    folds = make_folds(groups)
    assert folds.shape == groups.shape
    for group in np.unique(groups):
        assert len(set(folds[groups == group].tolist())) == 1


@given(LABELS)
def test_folds_are_numbered_without_gaps(groups: npt.NDArray[np.int64]) -> None:
    folds = make_folds(groups)
    assert set(folds.tolist()) == set(range(folds.max() + 1))
    assert folds.max() + 1 == min(MOST_FOLDS, groups.max() + 1)


@given(st.integers(1, 500))
def test_without_duplicates_neighbours_stay_together_and_folds_are_even(count: int) -> None:
    folds = make_folds(np.arange(count))
    changes = int(np.count_nonzero(np.diff(folds)))
    block = min(BLOCK, max(1, count // MOST_FOLDS))
    assert changes + 1 <= -(-count // block)
    sizes = np.bincount(folds)
    assert sizes.max() - sizes.min() <= block


def test_one_large_group_leaves_folds_to_the_others() -> None:
    folds = make_folds(by_first([0] * 80 + list(range(1, 21))))
    assert len(np.unique(folds)) == MOST_FOLDS
    assert len(set(folds[:80].tolist())) == 1
