"""The table of alarm rules: the same for one sample and for many, and a new rule is one row."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bundle import HeldOut
from core.decision.calibration import calibrate, needed_for, supported
from core.decision.rule import RULES, AlarmRule, is_anomalous, share, shares
from core.decision.rule_arrays import share_arrays
from core.decision.verdict import reason
from core.state.verdict import RULE_NAMES, Rule, Thresholds
from tui.view.text import formula

THRESHOLDS = Thresholds(-4.0, 0.3, "sum", typical_density=-2.0, typical_error=0.1, density_step=0.05, error_step=0.001)
SCORE = st.floats(-1e9, 1e9) | st.sampled_from([math.nan, math.inf, -math.inf])


def test_every_rule_that_a_recipe_may_name_has_a_row() -> None:
    assert tuple(RULES) == RULE_NAMES


@given(st.lists(st.tuples(SCORE, SCORE), max_size=20), SCORE, SCORE, st.sampled_from(RULE_NAMES))
def test_many_samples_have_the_shares_that_each_has_alone(
    scores: list[tuple[float, float]], t_d: float, t_e: float, rule: Rule
) -> None:
    """Bit for bit, also of what is not a number and under thresholds past the typical value."""
    t = replace(THRESHOLDS, rule=rule, density=t_d, reconstruction_error=t_e)
    density, error = (np.array([one[at] for one in scores], np.float64) for at in (0, 1))
    with np.errstate(invalid="ignore", over="ignore"):
        many = share_arrays(density, error, t)
    np.testing.assert_array_equal(many, np.array([share(d, e, t) for d, e in scores], np.float64))


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9), st.sampled_from(RULE_NAMES))
def test_thresholds_without_a_step_are_never_divided_by(density: float, error: float, rule: Rule) -> None:
    bare = replace(THRESHOLDS, rule=rule, density=-2.0, reconstruction_error=0.1, density_step=0.0, error_step=0.0)
    assert all(not math.isnan(one) for one in shares(density, error, bare))
    assert is_anomalous(-2.0001, 0.2, bare)


def test_a_new_rule_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    mean = AlarmRule(
        join=lambda of_density, of_error, _: (of_density + of_error) / 2,
        alarm=lambda _low, _high, share: share > 1.0,
        decisive=lambda of_density, of_error: "density" if of_density > of_error else "reconstruction_error",
        formula="if mean({of_density}, {of_error}) = {share} > 1 : ANOMALY",
        thresholds_together=True,
        budget_parts=3,
    )
    monkeypatch.setitem(RULES, "mean", mean)
    rule: Rule = "mean"  # type: ignore[assignment]
    t = replace(THRESHOLDS, rule=rule)
    assert share(-4.0, 0.1, t) == pytest.approx(0.5)
    assert is_anomalous(-7.0, 0.1, t)
    assert not is_anomalous(-5.0, 0.1, t)
    assert formula(-4.0, 0.3, t) == "if mean(1.00, 1.00) = 1.00 > 1 : ANOMALY"
    assert reason(-7.0, 0.1, t, True) == "too little like the good parts: density -7.00, threshold -4.00"
    assert (needed_for(rule, 0.1), supported(rule, 59)) == (29, pytest.approx(0.05))
    random = np.random.default_rng(0)
    held_out = HeldOut(random.normal(size=99), random.normal(size=99))
    calibrated = calibrate(held_out, rule, 0.1)
    assert np.sum(share_arrays(held_out.density, held_out.reconstruction_error, calibrated) > 1) in (9, 10)
