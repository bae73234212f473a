"""The refresh rate falls on a slow line, says so, and rises again."""

from __future__ import annotations

import itertools

import pytest

from tui.terminal.refresh_rate import RefreshRate


def run(pacer: RefreshRate, start: float, seconds: float, out: bool) -> float:
    now = start
    while now < start + seconds:
        pacer.due(now, out)
        now += pacer.period
    return now


def test_it_falls_step_by_step_and_says_so() -> None:
    pacer = RefreshRate(5.0)
    assert pacer.words == ""
    run(pacer, 0.0, 0.7, out=False)
    assert (pacer.rate, pacer.words) == (2.0, "slow line: 2 Hz")
    run(pacer, 1.0, 60.0, out=False)
    assert (pacer.rate, pacer.words) == (0.2, "slow line: 0.2 Hz")


def test_it_rises_again_when_all_has_arrived_for_a_while() -> None:
    pacer = RefreshRate(5.0)
    now = run(pacer, 0.0, 5.0, out=False)
    now = run(pacer, now, 120.0, out=True)
    assert (pacer.rate, pacer.words) == (5.0, "")


def test_the_first_screen_of_a_line_that_tells_its_speed_is_no_reason() -> None:
    pacer = RefreshRate(5.0, 960.0)
    now = run(pacer, 0.0, 4.0, out=False)
    assert pacer.rate == 1.0
    run(pacer, now, 10.0, out=False)
    assert pacer.rate < 1.0


def test_one_late_frame_is_no_slow_line() -> None:
    pacer = RefreshRate(5.0)
    for turn in range(100):
        pacer.due(turn * 0.2, out=turn % 3 != 0)
    assert pacer.rate == 5.0


def test_a_rise_that_did_not_last_is_tried_again_later_and_later() -> None:
    pacer, now, rises = RefreshRate(2.0), 0.0, []
    while now < 600.0:
        before = pacer.rate
        pacer.due(now, out=pacer.rate <= 1.0)
        if pacer.rate > before:
            rises.append(now)
        now += pacer.period
    gaps = [later - earlier for earlier, later in itertools.pairwise(rises)]
    assert gaps == sorted(gaps) and gaps[-1] > 4 * gaps[0]


@pytest.mark.parametrize(("speed", "rate"), [(30.0, 0.2), (480.0, 0.5), (960.0, 1.0), (1920.0, 2.0), (3840.0, 5.0)])
def test_a_line_that_tells_its_speed_is_never_asked_for_more(speed: float, rate: float) -> None:
    pacer = RefreshRate(5.0, speed)
    assert pacer.rate == rate
    run(pacer, 0.0, 300.0, out=True)
    assert pacer.rate == rate
