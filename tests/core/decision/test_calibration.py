"""Thresholds keep the false-alarm rate that they promise, or say how many more good parts that takes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.bundle import HeldOut
from core.decision.calibration import (
    STEPS,
    TooFewError,
    band,
    calibrate,
    conformal_threshold,
    needed,
    needed_for,
    nice_step,
    percent,
    supported,
)
from core.decision.rule import is_anomalous
from core.decision.rule_arrays import share_arrays
from core.state.verdict import RULE_NAMES, Rule

RATES = st.sampled_from([0.5, 0.3, 0.2, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01])
SCORES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=150)


def brute_force(scores: list[float], rate: float) -> float:
    """The smallest score s, of those there are, such that at most floor(rate (n + 1)) - 1 of n lie above it."""
    n = len(scores)
    # With the new sample there are n + 1, all equally likely to be the k largest.
    allowed = math.floor(rate * (n + 1) + 1e-9) - 1
    return min(s for s in scores if sum(other > s for other in scores) <= allowed)


@given(SCORES, RATES)
def test_the_threshold_is_that_of_the_definition(scores: list[float], rate: float) -> None:
    assume(len(scores) >= needed(rate))
    assert conformal_threshold(np.array(scores), rate) == brute_force(scores, rate)


def test_so_many_good_parts_are_needed() -> None:
    assert [needed(rate) for rate in (0.5, 0.1, 0.05, 0.01, 0.0001)] == [1, 9, 19, 99, 9999]
    assert needed_for("or", 0.05) == 39
    assert needed_for("sum", 0.05) == needed_for("and", 0.05) == 19


@given(st.integers(0, 2000), st.floats(0.0005, 0.5), st.sampled_from(RULE_NAMES))
def test_just_as_many_as_are_said_to_be_needed_suffice(count: int, rate: float, rule: Rule) -> None:
    scores = np.arange(count, dtype=np.float64)
    held_out = HeldOut(scores, scores)
    if count >= needed_for(rule, rate):
        calibrate(held_out, rule, rate)
    else:
        with pytest.raises(TooFewError) as refused:
            calibrate(held_out, rule, rate)
        assert f" {needed_for(rule, rate) - count} more" in str(refused.value)
        assert percent(rate) in str(refused.value)


@given(st.integers(3, 5000), st.sampled_from(RULE_NAMES))
def test_the_rate_that_is_offered_instead_is_supported(count: int, rule: Rule) -> None:
    offered = float(percent(supported(rule, count)).removesuffix(" %")) / 100
    assert needed_for(rule, offered) <= count
    assert offered <= (2 if rule == "or" else 1) / (count + 1) * 1.011


def test_too_few_says_how_many_more() -> None:
    with pytest.raises(TooFewError) as refused:
        calibrate(HeldOut(np.arange(12.0), np.arange(12.0)), "sum", 0.05)
    assert str(refused.value) == (
        "12 good samples cannot support a false-alarm rate of 5 %: it takes 19, 7 more; 12 support 7.7 % or more"
    )
    with pytest.raises(TooFewError, match=r"0 good samples .* takes 19, 19 more"):
        conformal_threshold(np.zeros(0), 0.05)


@pytest.mark.parametrize(("count", "rate"), [(19, 0.05), (20, 0.05), (39, 0.05), (100, 0.05), (150, 0.01), (200, 0.1)])
def test_the_band_is_that_of_the_beta_distribution(count: int, rate: float) -> None:
    rank = math.ceil((count + 1) * (1 - rate) - 1e-9)
    from scipy import stats  # seconds to load, for this test alone

    exact = stats.beta(count + 1 - rank, rank).ppf([0.05, 0.95])
    assert band(count, rate) == pytest.approx(tuple(exact), rel=0.08, abs=0.001)
    assert band(5, 0.05) == (0.0, 1.0)


@given(
    st.integers(0, 2**32 - 1), st.sampled_from([20, 45, 100]), RATES, st.sampled_from(RULE_NAMES),
    st.floats(1e-3, 1e3), st.floats(-1e3, 1e3), st.floats(-0.9, 0.9),
)  # fmt: skip
def test_the_rule_agrees_with_its_calibration(
    seed: int, count: int, rate: float, rule: Rule, scale: float, shift: float, correlation: float
) -> None:
    """Of the held-out scores themselves no more are called than the definition allows, and no fewer but for ties."""
    assume(count >= needed_for(rule, rate))
    random = np.random.default_rng(seed)
    far_d = random.normal(size=count)
    far_e = correlation * far_d + math.sqrt(1 - correlation**2) * random.normal(size=count)
    held_out = HeldOut(shift - scale * far_d, np.exp(far_e))
    t = calibrate(held_out, rule, rate)
    called = sum(is_anomalous(d, e, t) for d, e in zip(held_out.density, held_out.reconstruction_error, strict=True))
    used = share_arrays(held_out.density, held_out.reconstruction_error, t)
    allowed = math.floor(rate * (count + 1) + 1e-9) - 1
    # One sample lies on the threshold itself, and rounding may put it on either side.
    on_it = int(np.sum(np.abs(used - 1) < 1e-7))
    assert called <= allowed + on_it
    # Thresholds are kept a fiftieth of a standard deviation away from the typical values, whatever rate is asked.
    kept_away = t.typical_density - t.density < 1.1 / STEPS * scale * far_d.std()
    if rule != "or" and not kept_away:
        assert called >= allowed - on_it


@pytest.mark.parametrize("rule", RULE_NAMES)
@pytest.mark.parametrize("count", [40, 100])
def test_new_good_parts_are_called_as_rarely_as_was_promised(rule: Rule, count: int) -> None:
    # `or` spends half of its budget twice where both scores alarm together.
    assert (0.030 if rule == "or" else 0.038) < realised(rule, count) < 0.062


@pytest.mark.parametrize("rule", [rule for rule in RULE_NAMES if rule != "or"])
def test_twenty_good_parts_are_enough(rule: Rule) -> None:
    assert 0.038 < realised(rule, 20) < 0.060


def realised(rule: Rule, count: int) -> float:
    """Mean false-alarm rate over many calibrations at 5 %, of scores that are skewed and correlated as real ones."""
    random = np.random.default_rng(5)
    rates = []
    for _ in range(300):
        held_out, fresh = scores(random, count), scores(random, 400)
        t = calibrate(held_out, rule, 0.05)
        rates.append(np.mean(share_arrays(fresh.density, fresh.reconstruction_error, t) > 1))
    return float(np.mean(rates))


def scores(random: np.random.Generator, count: int) -> HeldOut:
    common = random.normal(size=count)
    return HeldOut(
        -np.exp(0.5 * (common + random.normal(size=count))), np.exp(0.3 * (common + random.normal(size=count)))
    )


def test_identical_scores_still_give_thresholds() -> None:
    same = HeldOut(np.full(30, -3.0), np.full(30, 0.5))
    for rule in RULE_NAMES:
        t = calibrate(same, rule, 0.1)
        assert not is_anomalous(-3.0, 0.5, t)
        assert is_anomalous(-3.1, 0.6, t)


@given(st.floats(1e-12, 1e12))
def test_a_step_is_a_round_number_near_what_was_asked(about: float) -> None:
    step = nice_step(about)
    assert about / 2.5 * 0.999 <= step <= about * 1.001
    mantissa = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert min(abs(mantissa - m) for m in (1, 2, 5)) < 1e-6
