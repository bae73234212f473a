"""The alarm rules for arrays of samples."""

from __future__ import annotations

import numpy as np

from core.bundle import Scores
from core.decision.rule import RULES, AlarmRule, Comparisons, shares
from core.state.verdict import Thresholds

OF_ARRAYS = Comparisons(np.maximum, np.minimum)
"""The comparisons of two arrays (n,), element by element."""


def joined_arrays(rule: AlarmRule, of_density: Scores, of_error: Scores) -> Scores:
    """Return the joined score (n,) of each sample from the shares of density and error (n,)."""
    return np.asarray(rule.join(of_density, of_error, OF_ARRAYS), np.float64)


def share_arrays(density: Scores, error: Scores, t: Thresholds) -> Scores:
    """Return `core.decision.rule.share` of each sample as an array (n,)."""
    return joined_arrays(RULES[t.rule], *shares(density, error, t))
