"""Numbers and the formula as a technician reads them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.decision.rule import is_anomalous, share
from core.state.verdict import RULE_NAMES, Rule
from tests.support.fake_station import THRESHOLDS
from tui.view import text as words


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("and", "if -3.20 < -4.10 and 0.0051 > 0.0040 : ANOMALY"),
        ("or", "if -3.20 < -4.10 or 0.0051 > 0.0040 : ANOMALY"),
        ("density", "if -3.20 < -4.10 : ANOMALY"),
        ("error", "if 0.0051 > 0.0040 : ANOMALY"),
        ("sum", "density -3.20 error 0.0051 : if 0.25 + 1.73 = 1.98 > 1 : ANOMALY"),
    ],
)
def test_the_formula_is_the_seeds_with_live_values(rule: Rule, line: str) -> None:
    assert words.formula(-3.2, 0.0051, replace(THRESHOLDS, rule=rule)) == line


def test_a_score_better_than_usual_is_subtracted() -> None:
    assert "if -0.25 - 0.33 = -0.58 > 1" in words.formula(-2.6, 0.0020, THRESHOLDS)


@given(
    st.floats(-99, 99),
    st.floats(0, 1),
    st.sampled_from(RULE_NAMES),
    st.floats(-5, 0),
    st.floats(0, 0.01),
)
def test_the_formula_says_what_the_station_says(d: float, e: float, rule: Rule, td: float, te: float) -> None:
    t = replace(THRESHOLDS, rule=rule, density=td, reconstruction_error=te)
    # Of numbers that rounding cannot carry to the other side.
    assume(abs(d - td) > t.density_step and abs(e - te) > t.error_step and abs(share(d, e, t) - 1) > 0.01)
    condition = words.formula(d, e, t).partition("if ")[2].removesuffix(" : ANOMALY")
    assert eval(condition.rpartition("= ")[2]) == is_anomalous(d, e, t)


@given(st.floats(-999, 999), st.floats(0, 9), st.sampled_from(RULE_NAMES))
def test_the_formula_fits_80_columns(d: float, e: float, rule: Rule) -> None:
    assert len(words.formula(d, e, replace(THRESHOLDS, rule=rule))) <= 74


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (-4.1, 0.05, "-4.10"),
        (0.004, 0.0001, "0.0040"),
        (3.0, 1.0, "3"),
        (-0.001, 0.05, "0.00"),
        (float("inf"), 0.1, "inf"),
        (1.5e9, 0.1, "1.50e+09"),
    ],
)
def test_numbers_have_the_decimals_of_their_step(value: float, step: float, text: str) -> None:
    assert words.number(value, step) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.12, "0.1 s"), (45.2, "45 s"), (200, "3 min"), (8000, "2 h")])
def test_ages(seconds: float, text: str) -> None:
    assert words.age(seconds) == text


def test_what_is_cut_off_is_marked() -> None:
    assert words.wrapped("one two three", 7, 1, "~") == ["one tw~"]
    assert words.tail("rtsp://bench/camera1", 10, "~") == "~h/camera1"
