"""What the screen knows beside the snapshot."""

from __future__ import annotations

from dataclasses import replace

from tests.support.fake_station import NOW, THRESHOLDS, judgement, snapshot
from tui.view.inbox import Inbox
from tui.view.pending_thresholds import PendingThresholds
from tui.view.view import View


def test_fast_presses_add_up_although_snapshots_lag() -> None:
    pending = PendingThresholds()
    for _ in range(5):
        value = pending.move("density", -1, THRESHOLDS, NOW)
    assert value == -4.35
    assert pending.over(THRESHOLDS).density == -4.35


def test_a_snapshot_that_confirms_an_earlier_press_does_not_pull_the_threshold_back() -> None:
    pending = PendingThresholds()
    pending.move("density", -1, THRESHOLDS, NOW)
    pending.move("density", -1, THRESHOLDS, NOW)
    late = replace(THRESHOLDS, density=-4.15)
    pending.settle(late, NOW + 0.2)
    assert pending.over(late).density == -4.20
    pending.settle(replace(THRESHOLDS, density=-4.20), NOW + 0.4)
    assert not pending


def test_the_station_has_the_last_word() -> None:
    pending = PendingThresholds()
    pending.move("reconstruction_error", 10, THRESHOLDS, NOW)
    assert pending.over(THRESHOLDS).reconstruction_error == 0.005
    pending.settle(THRESHOLDS, NOW + PendingThresholds.PATIENCE + 0.1)
    assert pending.over(THRESHOLDS) == THRESHOLDS


def test_no_judged_sample_is_lost_between_two_looks() -> None:
    inbox = Inbox()
    for number in (1, 2, 2, 3):
        inbox.put(snapshot(judged=judgement(number, -3.0 - number)), NOW)
    newest, samples = inbox.take()
    assert newest is not None and newest.image is not None and newest.image.judged is not None
    assert newest.image.judged.number == 3
    assert [sample.density for sample in samples] == [-4.0, -5.0, -6.0]
    assert inbox.take()[1] == ()


def test_a_station_that_hangs_is_not_believed() -> None:
    view = View(snapshot(), NOW, silent=3.2)
    assert view.headline == "UNKNOWN"
    assert view.verdict.reason == "no news from the station for 3 s"


def test_a_station_that_starts_is_given_time_and_one_that_ran_is_not() -> None:
    inbox = Inbox()
    inbox.put(snapshot(), NOW)
    assert inbox.silent(NOW + 5) == 0
    inbox.put(snapshot(), NOW)
    assert inbox.silent(NOW + 5) == 5


def test_an_ended_station_is_stopped_and_never_hung() -> None:
    assert View(snapshot(stopped=True), NOW, silent=100).headline == "STOPPED"


def test_a_paused_station_shows_no_old_verdict() -> None:
    assert View(snapshot(paused=True), NOW).headline == "PAUSED"
