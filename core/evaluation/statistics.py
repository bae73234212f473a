"""AUROC, ROC curve, and intervals of rates and of the AUROC."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from core.bundle import Scores

Z95 = 1.959964
"""The normal quantile of a two-sided 95 % interval."""


def auroc(good: Scores, defect: Scores) -> float:
    """Probability that a defective part scores higher than a good one; a tie counts half. NaN if an array is empty."""
    order = np.sort(good)
    below = np.searchsorted(order, defect, "left") + np.searchsorted(order, defect, "right")
    return float(below.sum()) / (2 * len(good) * len(defect)) if len(good) and len(defect) else math.nan


def auroc_interval(value: float, good: int, defect: int, z: float = Z95) -> tuple[float, float]:
    """Interval (low, high) of an AUROC `value` from `good` good and `defect` defective samples.

    The score interval of Newcombe (2006, "Confidence intervals for an effect size measure based on the Mann-Whitney
    statistic, part 2", method 5), on the variance of Hanley and McNeil (1982): all true values whose own spread could
    give this one. Unlike Hanley-McNeil, DeLong and the bootstrap it does not shrink to a point at 1.
    """

    def could_be(theta: float) -> bool:
        between = (good + defect) / 2 - 1
        unlike = 1 + between * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return abs(value - theta) <= z * math.sqrt(theta * (1 - theta) * unlike / (good * defect))

    def edge(inside: float, outside: float) -> float:
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if could_be(middle) else (inside, middle)
        return inside

    return edge(value, 0.0), edge(value, 1.0)


def rate_interval(count: int, of: int, z: float = Z95) -> tuple[float, float]:
    """Interval (low, high) of a rate observed as `count` of `of` (Wilson 1927); 0 to 1 if `of` is 0."""
    if of == 0:
        return 0.0, 1.0
    middle = (count + z * z / 2) / (of + z * z)
    half = z / (of + z * z) * math.sqrt(count * (of - count) / of + z * z / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def roc(good: Scores, defect: Scores) -> list[tuple[float, float]]:
    """Corners of the ROC curve from (0, 0) to (1, 1): the shares of good and of defective samples at or above each
    score."""
    return [(0.0, 0.0), *_above(np.sort(good), np.sort(defect))]


def _above(good: Scores, defect: Scores) -> Iterator[tuple[float, float]]:
    for level in np.unique(np.concatenate([good, defect]))[::-1]:
        yield (
            1 - float(np.searchsorted(good, level, "left")) / len(good),
            1 - float(np.searchsorted(defect, level, "left")) / len(defect),
        )
