"""The station comes after the first paint, and what hinders it is read on the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.commands import Pause, SetThreshold, Train
from core.errors import GoodpartError
from core.recipes.recipe import Recipe
from core.state.snapshot import Snapshot
from core.station.station import Station
from tests.support.parts import make_recipe, until, write_parts
from tui.stations.deferred import DeferredStation


def test_it_judges_like_the_station_that_it_becomes(trained: Recipe, tmp_path: Path) -> None:
    write_parts(tmp_path / "shown", range(1000, 1006))
    station = DeferredStation(trained, str(tmp_path / "shown"))
    seen: list[Snapshot] = []
    unsubscribe = station.subscribe(seen.append)
    assert station.snapshot().verdict.reason == "starting"
    station.do(SetThreshold("density", -3.0))
    station.start()
    try:
        assert until(lambda: any(snapshot.verdict.state == "OK" for snapshot in seen))
        station.do(Pause(True))
        assert until(lambda: station.snapshot().paused)
        unsubscribe()
        count = len(seen)
        station.do(Pause(False))
        assert until(lambda: not station.snapshot().paused)
        assert len(seen) == count
        with pytest.raises(GoodpartError, match="another goodpart"):
            DeferredStation(trained)
    finally:
        station.stop(5)
    assert station.snapshot().stopped
    DeferredStation(trained).stop()


def test_a_camera_that_means_nothing_is_said_on_the_screen(tmp_path: Path) -> None:
    recipe = make_recipe(tmp_path / "pump")
    station = DeferredStation(recipe, "no-such-camera")
    seen: list[Snapshot] = []
    station.subscribe(seen.append)
    station.start()
    assert until(lambda: bool(seen))
    assert (seen[0].verdict.state, seen[0].image.status.state) == ("UNKNOWN", "lost")
    assert "no-such-camera" in seen[0].verdict.reason
    station.do(Train())
    station.stop()


def test_what_nobody_foresaw_is_said_on_the_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ImportError("libGL.so.1 is missing")

    monkeypatch.setattr(Station, "__init__", fail)
    station = DeferredStation(make_recipe(tmp_path / "pump"))
    seen: list[Snapshot] = []
    station.subscribe(seen.append)
    station.start()
    assert until(lambda: bool(seen))
    assert "libGL.so.1 is missing" in seen[0].verdict.reason
    station.stop()


def test_it_can_be_stopped_before_it_is_there(trained: Recipe) -> None:
    station = DeferredStation(trained, "simulated")
    station.start()
    station.stop(5)
    DeferredStation(trained).stop()


def test_what_is_asked_before_the_station_is_there_is_done_when_it_is(trained: Recipe) -> None:
    late = DeferredStation(trained)
    late.do(Pause(True))
    late.start()
    try:
        assert until(lambda: late.snapshot().paused)
    finally:
        late.stop()
