"""Folds are blocks of the order in which pictures were taken; near-duplicates never stand on both sides."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from models.folds import MOST_FOLDS, make_folds

MOST = st.integers(2, MOST_FOLDS)


def by_first(labels: list[int]) -> npt.NDArray[np.int64]:
    """Groups numbered in the order of their first pictures, as core.features.duplicates does."""
    order: dict[int, int] = {}
    return np.array([order.setdefault(label, len(order)) for label in labels], np.int64)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=120), MOST)
def test_no_group_stands_on_both_sides(labels: list[int], most: int) -> None:
    groups = by_first(labels)
    folds = make_folds(groups, most)
    assert folds.shape == groups.shape
    for group in np.unique(groups):
        assert len(set(folds[groups == group].tolist())) == 1


@given(st.lists(st.integers(0, 30), min_size=1, max_size=120), MOST)
def test_folds_are_numbered_without_gaps(labels: list[int], most: int) -> None:
    groups = by_first(labels)
    folds = make_folds(groups, most)
    count = folds.max() + 1
    assert set(folds.tolist()) == set(range(count))
    assert count <= min(most, groups.max() + 1)


@given(st.integers(1, 500), MOST)
def test_without_duplicates_folds_are_even_blocks_in_order(count: int, most: int) -> None:
    folds = make_folds(np.arange(count), most)
    assert (np.diff(folds) >= 0).all()
    sizes = np.bincount(folds)
    assert len(sizes) == min(most, count)
    assert sizes.max() - sizes.min() <= 1


@given(st.lists(st.integers(1, 4), min_size=20, max_size=60))
def test_small_groups_keep_folds_even(sizes: list[int]) -> None:
    groups = np.repeat(np.arange(len(sizes)), sizes)
    folds = np.bincount(make_folds(groups, 10))
    assert len(folds) >= 7
    assert folds.max() <= len(groups) / 10 + 5


def test_one_large_group_leaves_folds_to_the_others() -> None:
    groups = by_first([0] * 80 + list(range(1, 21)))
    folds = make_folds(groups)
    assert len(np.unique(folds)) >= 2
    assert len(set(folds[:80].tolist())) == 1
