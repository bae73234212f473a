"""The alarm rule for many samples at once."""

from __future__ import annotations

import numpy as np

from core.bundle import Scores
from core.decision.rule import RULES, AlarmRule, Comparisons, shares
from core.state.verdict import Thresholds

OF_ARRAYS = Comparisons(np.maximum, np.minimum)


def joined_arrays(rule: AlarmRule, of_density: Scores, of_error: Scores) -> Scores:
    """(n,) the two scores joined as the rule joins them."""
    return np.asarray(rule.join(of_density, of_error, OF_ARRAYS), np.float64)


def share_arrays(density: Scores, error: Scores, t: Thresholds) -> Scores:
    """(n,) `core.decision.rule.share` of each sample."""
    return joined_arrays(RULES[t.rule], *shares(density, error, t))
