"""From scores to a verdict: the rules, one comparable score, votes, and never OK for what is no number."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.bundle import HeldOut
from core.decision.calibration import calibrate
from core.decision.rule import is_anomalous, share, shares
from core.decision.verdict import ScoreRanking, Votes, reason, score_text
from core.state.verdict import RULE_NAMES, Rule, Thresholds

NUMBER = st.floats(-1e6, 1e6)
ROOM = st.floats(1e-3, 1e6)
RULE = st.sampled_from(RULE_NAMES)
NO_NUMBER = [math.nan, math.inf, -math.inf]


def thresholds(rule: Rule, density: float = -4.0, error: float = 0.3) -> Thresholds:
    return Thresholds(
        density, error, rule, typical_density=-2.0, typical_error=0.1, density_step=0.05, error_step=0.001
    )


@given(NUMBER, NUMBER, NUMBER, ROOM, NUMBER, ROOM)
def test_sum_adds_the_shares_of_both(
    density: float, error: float, m_d: float, room_d: float, m_e: float, room_e: float
) -> None:
    t_d, t_e = m_d - room_d, m_e + room_e
    assume(m_d - t_d > 1e-4 and t_e - m_e > 1e-4)
    t = Thresholds(t_d, t_e, "sum", m_d, m_e, 1e-5, 1e-5)
    used = (m_d - density) / (m_d - t_d) + (error - m_e) / (t_e - m_e)
    assert share(density, error, t) == pytest.approx(used, rel=1e-6, abs=1e-5 * (1 + abs(used)))
    if abs(used - 1) > 1e-4 * (1 + abs(used)):
        assert is_anomalous(density, error, t) == (used > 1)


@given(NUMBER, NUMBER, NUMBER, NUMBER, RULE)
def test_a_share_above_one_is_what_anomalous_means(
    density: float, error: float, t_d: float, t_e: float, rule: Rule
) -> None:
    """Also where a threshold was moved past what is typical."""
    t = thresholds(rule, t_d, t_e)
    used = float(share(density, error, t))
    assume(abs(used - 1) > 1e-9)
    assert is_anomalous(density, error, t) == (used > 1)


@given(NUMBER, NUMBER)
def test_each_rule_is_what_its_name_says(density: float, error: float) -> None:
    low, high = density < -4.0, error > 0.3
    assert is_anomalous(density, error, thresholds("or")) == (low or high)
    assert is_anomalous(density, error, thresholds("and")) == (low and high)
    assert is_anomalous(density, error, thresholds("density")) == low
    assert is_anomalous(density, error, thresholds("error")) == high


def test_each_threshold_is_where_its_score_alone_would_alarm() -> None:
    t = thresholds("sum")
    assert shares(-2.0, 0.1, t) == pytest.approx((0, 0))
    assert shares(-4.0, 0.3, t) == pytest.approx((1, 1))
    assert not is_anomalous(-3.99, 0.1, t)
    assert is_anomalous(-4.01, 0.1, t)
    assert not is_anomalous(-2.0, 0.299, t)
    assert is_anomalous(-2.0, 0.301, t)
    assert is_anomalous(-3.1, 0.2, t)


def test_a_threshold_past_the_typical_value_calls_typical_parts() -> None:
    assert not is_anomalous(-2.0, 0.1, thresholds("sum", density=-2.5))
    assert is_anomalous(-2.0, 0.1, thresholds("sum", density=-1.0))
    assert not is_anomalous(-0.5, 0.1, thresholds("sum", density=-1.0))


@pytest.mark.parametrize("rule", RULE_NAMES)
@pytest.mark.parametrize("bad", NO_NUMBER)
def test_what_is_no_number_is_never_fine(rule: Rule, bad: float) -> None:
    assert is_anomalous(bad, 0.1, thresholds(rule))
    assert is_anomalous(-2.0, bad, thresholds(rule))
    assert reason(bad, 0.1, thresholds(rule), True) == "the scores are not numbers"
    assert is_anomalous(-2.0, 0.1, thresholds(rule, density=bad))
    assert is_anomalous(-2.0, 0.1, thresholds(rule, error=bad))


@pytest.mark.parametrize("rule", RULE_NAMES)
def test_the_reason_names_the_score_that_says_so(rule: Rule) -> None:
    words = reason(-9.0, 0.1, thresholds(rule), is_anomalous(-9.0, 0.1, thresholds(rule)))
    assert ("density -9.00, threshold -4.00" in words) == (rule not in ("error", "and"))
    words = reason(-2.0, 0.9, thresholds(rule), is_anomalous(-2.0, 0.9, thresholds(rule)))
    assert ("reconstruction error 0.900, threshold 0.300" in words) == (rule not in ("density", "and"))
    both = reason(-9.0, 0.9, thresholds(rule), True)
    assert "threshold" in both
    assert "alarm level" in reason(-2.0, 0.1, thresholds(rule), False)


def test_numbers_are_shown_in_the_decimals_of_their_step() -> None:
    assert [score_text(2650.123456, step) for step in (10.0, 1.0, 0.5, 0.02, 0.0001)] == [
        "2650", "2650", "2650.1", "2650.12", "2650.1235",
    ]  # fmt: skip


def ranking(good: list[float]) -> ScoreRanking:
    """Of samples whose shares are `good`."""
    t = thresholds("density")
    return ScoreRanking(HeldOut(-2.0 - 2.0 * np.array(good), np.zeros(len(good))), t)


GOOD = st.lists(st.floats(-2, 1.5), min_size=1, max_size=60)


@given(GOOD, st.lists(st.floats(-5, 100), min_size=2, max_size=30, unique=True))
def test_the_score_rises_with_the_share_without_end(good: list[float], used: list[float]) -> None:
    rank = ranking(good)
    used = [a for a, b in itertools.pairwise(sorted(used)) if b - a > 1e-6]
    scores = [rank.score(s) for s in used]
    assert all(math.isfinite(score) and score >= 0 for score in scores)
    for (s, score), (_, higher) in itertools.pairwise(zip(used, scores, strict=True)):
        assert score < higher or (s < min(good) and score < 1e-6)


@given(GOOD, st.floats(-5, 5))
def test_the_p_value_counts_good_samples_that_are_as_odd(good: list[float], used: float) -> None:
    assume(all(abs(used - g) > 1e-9 for g in good))
    assert ranking(good).p_value(used) == (1 + sum(g >= used for g in good)) / (len(good) + 1)


@given(st.lists(st.floats(-2, 1.5), min_size=2, max_size=60, unique=True))
def test_at_a_good_sample_the_score_is_the_p_value(good: list[float]) -> None:
    good = sorted(good)
    assume(min(b - a for a, b in itertools.pairwise(good)) > 1e-6)
    rank = ranking(good)
    for place, used in enumerate(good):
        assert rank.score(used) == pytest.approx(-math.log10((len(good) - place) / (len(good) + 1)), abs=1e-3)


@given(
    st.integers(0, 2**32 - 1), st.sampled_from(["sum", "density", "error", "and"]), st.sampled_from([0.05, 0.1, 0.2])
)
def test_anomalous_is_a_p_value_of_at_most_the_rate_that_was_asked(seed: int, rule: Rule, rate: float) -> None:
    random = np.random.default_rng(seed)
    held_out = HeldOut(random.normal(size=60), random.normal(size=60))
    t = calibrate(held_out, rule, rate)
    assume(t.density < t.typical_density - t.density_step and t.reconstruction_error > t.typical_error + t.error_step)
    rank = ScoreRanking(held_out, t)
    for density, error in random.normal(size=(20, 2)) * 2:
        assert (rank.p_value(float(share(density, error, t))) <= rate + 1e-9) == is_anomalous(density, error, t)


def test_a_ranking_without_held_out_samples_still_ranks() -> None:
    rank = ranking([])
    assert rank.score(2.0) > rank.score(1.0)
    assert rank.p_value(2.0) == 1.0


def push(votes: Votes, pattern: str) -> list[str]:
    states = []
    for letter in pattern:
        votes.push(letter == "A")
        states.append(votes.verdict("because").state)
    return states


def test_the_verdict_follows_when_enough_agree() -> None:
    assert push(Votes(2, 3), "..A.AA..") == [
        "UNKNOWN", "OK", "OK", "OK", "ANOMALY", "ANOMALY", "ANOMALY", "OK",
    ]  # fmt: skip
    assert push(Votes(1, 1), ".A.") == ["OK", "ANOMALY", "OK"]


def test_few_votes_of_many_let_the_newest_decide() -> None:
    assert push(Votes(1, 5), ".A.A") == ["OK", "ANOMALY", "OK", "ANOMALY"]


def test_until_enough_agree_it_is_unknown_in_words() -> None:
    votes = Votes(4, 5)
    assert votes.verdict("because").reason == "looking: 0 of 4 pictures judged"
    push(votes, ".A.A")
    assert votes.verdict("because").state == "UNKNOWN"
    assert votes.verdict("because").reason == "looking: the last 4 pictures do not agree"


def test_votes_are_seen_and_forgotten() -> None:
    votes = Votes(2, 3)
    assert str(votes) == "---"
    push(votes, "..A")
    assert str(votes) == "..A"
    assert not votes.agrees
    votes.clear()
    assert str(votes) == "---"
    assert votes.verdict("because").state == "UNKNOWN"
    assert push(votes, ".") == ["UNKNOWN"]


@given(st.integers(1, 6), st.integers(0, 5), st.lists(st.booleans(), max_size=30))
def test_no_verdict_without_enough_votes_for_it(hold: int, more: int, samples: list[bool]) -> None:
    votes = Votes(hold, hold + more)
    seen: list[bool] = []
    standing = "UNKNOWN"
    for anomalous in samples:
        votes.push(anomalous)
        seen.append(anomalous)
        last = seen[-(hold + more) :]
        state = votes.verdict("").state
        if state != standing:
            assert last.count(state == "ANOMALY") >= hold
        standing = state
