"""The station judges what it sees, and is never OK about what it cannot see."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.commands import Calibrate, CancelTraining, Pause, SaveThresholds, SetThreshold, TakeOverModel, Train
from core.detectors.image.base import ImageDetector, ImageScores
from core.errors import GoodpartError
from core.inference.image_judge import ImageJudge
from core.journal.store import read_journal
from core.pipelines.base import PipelinePorts
from core.pipelines.factory import Pipelines
from core.recipes.recipe import Recipe, open_recipe
from core.runtime.training_process import TrainingRun
from core.samples import Picture
from core.serialization.verdict_json import scores_as_json
from core.state.sense import ImageState
from core.state.snapshot import Snapshot
from core.state.verdict import ImageJudgement
from core.station.ports import StartTraining, device_ports
from core.station.station import Station
from tests.support.parts import HEIGHT, WIDTH, Scripted, good_part, make_recipe, odd_part, until, write_parts


class Bench:
    """A running station, its source, and all that it has published since `forget`."""

    def __init__(self, station: Station, source: Scripted, pipelines: Pipelines | None = None) -> None:
        self.station, self.source, self.pipelines = station, source, pipelines
        self.seen: list[Snapshot] = []

    @property
    def judge(self) -> ImageJudge:
        assert self.pipelines is not None and self.pipelines.image is not None
        assert self.pipelines.image.judge is not None
        return self.pipelines.image.judge

    @property
    def now(self) -> Snapshot:
        return self.station.snapshot()

    @property
    def image(self) -> ImageState:
        assert self.now.image is not None
        return self.now.image

    def turns(self, state: str, words: str = "", seconds: float = 10.0) -> bool:
        return until(lambda: self.now.verdict.state == state and words in self.now.verdict.reason, seconds)

    def states(self, count: int) -> set[str]:
        """The verdicts of so many snapshots from now on."""
        self.seen.clear()
        assert until(lambda: len(self.seen) >= count)
        return {snapshot.verdict.state for snapshot in self.seen}


@contextmanager
def running(
    recipe: Recipe, show: Callable[[int], Picture] | None = None, start_training: StartTraining = TrainingRun
) -> Iterator[Bench]:
    source = Scripted()
    source.show(show)
    made: list[Pipelines] = []
    ports = device_ports(recipe, camera=source)

    def pipelines(given: PipelinePorts) -> Pipelines:
        made.append(ports.pipelines(given))
        return made[0]

    station = Station(recipe, replace(ports, pipelines=pipelines, start_training=start_training))
    bench = Bench(station, source, made[0])
    bench.station.subscribe(lambda snapshot: bench.seen.append(snapshot))
    bench.station.start()
    try:
        yield bench
    finally:
        bench.station.stop(5)


def good(number: int) -> Picture:
    return good_part(5000 + number)


def odd(number: int) -> Picture:
    return odd_part(5000 + number)


def dark(number: int) -> Picture:
    return np.random.default_rng(number).integers(0, 6, (HEIGHT, WIDTH, 3), np.uint8)


def rows(recipe: Recipe, kind: str) -> list[tuple[str, str]]:
    return [(event.verdict, event.reason) for event in read_journal(recipe.journal) if event.kind == kind]


def test_good_parts_are_ok_and_odd_ones_are_called(trained: Recipe) -> None:
    with running(trained, good) as bench:
        assert bench.turns("OK", "like the good parts")
        assert until(lambda: bench.image.counters.judged >= 40)
        assert bench.image.counters.anomalies <= 4
        assert bench.image.model is not None
        assert bench.image.model.taught == 30
        assert bench.image.preview is not None
        assert bench.image.preview.width * bench.image.preview.height == len(bench.image.preview.grey)
        bench.source.show(odd)
        assert bench.turns("ANOMALY", "threshold")
        assert bench.states(10) == {"ANOMALY"}
        assert bench.image.votes == "AAA"
        assert bench.image.judged is not None
        assert bench.image.judged.share > 1
        assert bench.image.judged.map.shape == (14, 14)
        bench.source.show(good)
        assert bench.turns("OK")
    counters = bench.image.counters
    assert counters.judged == counters.ok + counters.anomalies + counters.unknown
    assert bench.now.called >= 1


@pytest.mark.parametrize(
    ("disturb", "words"),
    [
        (lambda bench: bench.source.show(dark), "too dark"),
        (lambda bench: bench.source.show(lambda _: good(1)), "frozen"),
        (lambda bench: bench.source.show(None), "no picture for"),
        (lambda bench: bench.source.become("lost", "camera 1 was pulled"), "camera 1 was pulled"),
        (lambda bench: bench.source.become("ended", "all pictures were shown"), "all pictures were shown"),
        (lambda bench: bench.source.show(lambda n: good(n)[10:]), "taught were 200 x 150"),
        (lambda bench: bench.source.show(lambda n: np.full_like(good(n), 255)), "too bright"),
        (lambda bench: bench.station.do(Pause(True)), "paused"),
    ],
    ids=["dark", "frozen", "no frames", "pulled", "ended", "other size", "white", "paused"],
)
def test_what_cannot_be_seen_is_unknown_and_never_ok(
    trained: Recipe, disturb: Callable[[Bench], None], words: str
) -> None:
    with running(trained, good) as bench:
        assert bench.turns("OK")
        disturb(bench)
        assert bench.turns("UNKNOWN", words)
        assert bench.states(4) == {"UNKNOWN"}
        assert bench.image.judged is None
        assert bench.image.votes == "---"
        # And back again: what was seen before the fault does not vote.
        bench.source.show(good)
        bench.source.become("live")
        bench.station.do(Pause(False))
        bench.seen.clear()
        assert bench.turns("OK")
        first = next(snapshot.image for snapshot in bench.seen if snapshot.image and snapshot.image.judged)
        assert first.votes in ("--.", "--A")
        assert first.verdict.state == "UNKNOWN"


def test_a_pause_is_seen_at_once(trained: Recipe) -> None:
    with running(trained, good) as bench:
        assert bench.turns("OK")
        bench.station.do(Pause(True))
        assert until(lambda: any(snapshot.paused for snapshot in bench.seen))
        assert all(snapshot.verdict.state == "UNKNOWN" for snapshot in bench.seen if snapshot.paused)


class Held:
    """A detector that is held up in the middle of a picture."""

    method = "features"

    def __init__(self, working: ImageDetector) -> None:
        self._working = working
        self.judging, self.go_on = threading.Event(), threading.Event()

    def judge(self, picture: Picture) -> ImageScores:
        self.judging.set()
        self.go_on.wait(10)
        return self._working.judge(picture)


def test_a_picture_that_was_being_judged_when_it_was_paused_does_not_count(trained: Recipe) -> None:
    trained.change("verdict", {"hold": 1, "of": 1})
    with running(open_recipe(str(trained.folder)), good) as bench:
        assert bench.turns("OK")
        judge = bench.judge
        assert judge is not None
        held = Held(judge.detector)
        judge.detector = held
        assert held.judging.wait(5)
        bench.station.do(Pause(True))
        assert until(lambda: bench.now.paused)
        bench.seen.clear()
        held.go_on.set()
        assert bench.turns("UNKNOWN", "paused")
        assert until(lambda: len(bench.seen) > 3)
        assert {snapshot.verdict.state for snapshot in bench.seen} == {"UNKNOWN"}


def test_without_a_model_it_is_unknown_and_says_what_to_do(tmp_path: Path) -> None:
    with running(make_recipe(tmp_path / "pump"), good) as bench:
        assert bench.turns("UNKNOWN", "nothing was learnt yet: teach good parts, then train")
        assert bench.states(5) == {"UNKNOWN"}
        assert isinstance(bench.station.refused, GoodpartError)
        bench.station.do(SetThreshold("density", -3.0))
        assert until(lambda: "there are no thresholds to set" in bench.now.fault)


def test_a_torn_model_is_unknown_and_says_so(trained: Recipe) -> None:
    data = trained.image_bundle.read_bytes()
    trained.image_bundle.write_bytes(data[: len(data) // 2])
    with running(trained, good) as bench:
        assert bench.turns("UNKNOWN", "the model file is torn")
        assert bench.states(5) == {"UNKNOWN"}


def test_a_model_of_another_region_is_refused(trained: Recipe) -> None:
    trained.change("camera", {"region": [0.0, 0.0, 0.5, 1.0]})
    with running(open_recipe(str(trained.folder)), good) as bench:
        assert bench.turns("UNKNOWN", "region of interest is [0.0, 0.0, 0.5, 1.0] but the model learnt")


class Failing:
    method = "features"

    def judge(self, picture: Picture) -> None:
        raise ZeroDivisionError("something that nobody foresaw")


def test_a_detector_that_fails_makes_it_unknown_in_words_and_the_station_goes_on(trained: Recipe) -> None:
    with running(trained, good) as bench:
        assert bench.turns("OK")
        judge = bench.judge
        assert judge is not None
        working, judge.detector = judge.detector, Failing()  # type: ignore[assignment]
        assert bench.turns("UNKNOWN", "ZeroDivisionError: something that nobody foresaw")
        assert bench.states(5) == {"UNKNOWN"}
        judge.detector = working
        assert bench.turns("OK")
    (fault,) = [event for event in read_journal(trained.journal) if event.kind == "fault"]
    assert "something that nobody foresaw" in fault.reason
    assert any("in judge" in line for line in fault.data["traceback"])


def test_a_source_that_fails_makes_it_unknown_in_words(trained: Recipe) -> None:
    def fail(number: int) -> Picture:
        raise OSError("the driver is gone")

    with running(trained, good) as bench:
        assert bench.turns("OK")
        bench.source.show(fail)
        assert bench.turns("UNKNOWN", "the driver is gone")
        bench.source.show(good)
        assert bench.turns("OK")


def test_scores_that_are_no_numbers_are_called_and_stay_json(trained: Recipe) -> None:
    with running(trained, good) as bench:
        assert bench.turns("OK")
        working = bench.judge.detector
        bench.judge.detector = Broken(working)  # type: ignore[assignment]
        assert bench.turns("ANOMALY", "the scores are not numbers")
        image, thresholds = bench.image.judged, bench.image.thresholds
        assert isinstance(image, ImageJudgement)
        assert thresholds is not None
        said = scores_as_json(image, thresholds)
        assert said["density"] is None
        assert said["score"] is None
        assert said["p_value"] == pytest.approx(1 / 31)


class Broken:
    method = "features"

    def __init__(self, working: object) -> None:
        self._working = working

    def judge(self, picture: Picture) -> object:
        return replace(self._working.judge(picture), density=float("nan"))  # type: ignore[attr-defined]


def test_another_part_is_voted_on_anew(trained: Recipe) -> None:
    trained.change("verdict", {"settle": True, "hold": 3, "of": 3})
    still = good_part(5003).astype(int)

    def lies_still(number: int) -> Picture:
        noise = np.random.default_rng(number).integers(-1, 2, (HEIGHT, WIDTH, 1))
        return np.clip(still + noise, 0, 255).astype(np.uint8)

    with running(open_recipe(str(trained.folder)), lies_still) as bench:
        assert bench.turns("OK")
        bench.seen.clear()
        bench.source.show(lambda number: np.ascontiguousarray(lies_still(number)[::-1, ::-1]))
        assert until(lambda: any(snapshot.image and snapshot.image.votes in ("--.", "--A") for snapshot in bench.seen))
        turned = next(snapshot for snapshot in bench.seen if snapshot.image and snapshot.image.votes in ("--.", "--A"))
        assert turned.verdict.state == "UNKNOWN"
        assert "1 of 3" in turned.verdict.reason


def test_a_threshold_moves_what_is_called_and_is_saved(trained: Recipe) -> None:
    with running(trained, good) as bench:
        assert bench.turns("OK")
        assert bench.image.thresholds is not None
        old = bench.image.thresholds.density
        bench.station.do(SetThreshold("density", 1000.0, "knob"))
        assert bench.turns("ANOMALY", "threshold 1000")
        assert bench.image.unsaved
        assert bench.image.thresholds.by == "knob"
        bench.station.do(SaveThresholds())
        assert until(lambda: not bench.image.unsaved)
        bench.station.do(SetThreshold("density", float("nan")))
        assert until(lambda: "must be a number" in bench.now.fault)
        assert bench.image.thresholds.density == 1000.0
    saved = open_recipe(str(trained.folder)).settings.image.thresholds
    assert (saved.density, saved.by) == (1000.0, "knob")
    (changed,) = [event for event in read_journal(trained.journal) if event.kind == "threshold"]
    assert changed.data["density"] == {"old": old, "new": 1000.0}
    assert changed.reason == "knob"
    with running(open_recipe(str(trained.folder)), good) as bench:
        assert bench.turns("ANOMALY", "threshold 1000")
        bench.station.do(Calibrate())
        assert bench.turns("OK")
        assert bench.image.thresholds is not None
        assert bench.image.thresholds.density == pytest.approx(old)
        assert bench.image.unsaved


def test_calibrating_takes_the_rate_that_the_recipe_asks_now(trained: Recipe) -> None:
    with running(trained, good) as bench:
        assert bench.turns("OK")
        trained.change("verdict", {"false_alarms": 0.2})
        bench.station.do(Calibrate())
        assert until(lambda: bench.image.thresholds is not None and "20 %" in bench.image.thresholds.by)
        assert bench.image.model is not None
        assert "false-alarm target 20 %" in bench.image.model.note
        trained.change("verdict", {"false_alarms": 0.001})
        bench.station.do(Calibrate())
        assert until(lambda: "it takes 999, 969 more" in bench.now.fault)
        trained.toml.write_text("[verdict]\nfalse_alarm = 0.1\n")
        bench.station.do(Calibrate())
        assert until(lambda: "did you mean `false_alarms`?" in bench.now.fault)
        assert bench.states(3) <= {"OK", "ANOMALY", "UNKNOWN"}


def test_a_read_only_recipe_is_judged_with_and_told(trained: Recipe, read_only: Callable[[Path], Path]) -> None:
    with running(open_recipe(str(read_only(trained.folder))), good) as bench:
        assert bench.turns("OK")
        assert until(lambda: "the journal cannot be written" in bench.now.fault)
        bench.station.do(SetThreshold("density", 1000.0))
        bench.station.do(SaveThresholds())
        assert until(lambda: "Read-only" in bench.now.fault)
        assert bench.image.unsaved
        assert bench.turns("ANOMALY")


def test_a_full_disk_is_told_and_the_station_goes_on(trained: Recipe, small_disk: Callable[[int], Path]) -> None:
    disk = small_disk(2048)
    (disk / "recipe.toml").write_bytes(trained.toml.read_bytes())
    (disk / "image.goodpart").write_bytes(trained.image_bundle.read_bytes())
    with (disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space"):
        while True:
            filler.write(bytes(1024))
    with running(open_recipe(str(disk)), good) as bench:
        assert bench.turns("OK")
        assert until(lambda: "the journal cannot be written" in bench.now.fault)
        bench.source.show(odd)
        assert bench.turns("ANOMALY")
        assert until(lambda: "the picture of the anomaly cannot be kept" in bench.now.fault)
        assert bench.states(3) == {"ANOMALY"}
        (disk / "filler").unlink()
        assert until(lambda: "journal" not in bench.now.fault)
    assert "ANOMALY" in [verdict for verdict, _ in rows(open_recipe(str(disk)), "verdict")]


def test_the_journal_tells_the_story(trained: Recipe) -> None:
    with running(trained, good) as bench:
        assert bench.turns("OK")
        bench.source.show(odd)
        assert bench.turns("ANOMALY")
        bench.source.show(dark)
        assert bench.turns("UNKNOWN", "dark")
        bench.source.show(good)
        assert bench.turns("OK")
    events = list(read_journal(trained.journal))
    assert [events[0].kind, events[-1].kind] == ["start", "stop"]
    assert events[-1].data["judged"] == bench.image.counters.judged
    assert [verdict for verdict, _ in rows(trained, "verdict")] == ["OK", "ANOMALY", "UNKNOWN", "OK"]
    assert [words for verdict, words in rows(trained, "health") if verdict and "dark" in words]
    (called,) = [event for event in events if event.verdict == "ANOMALY"]
    assert called.data["image"]["density"] < called.data["image"]["density_threshold"]
    assert (trained.anomalies / called.data["picture"]).is_file()
    assert len(called.data["map"]) == 14 and len(json.dumps(called.data["map"])) < 1500
    assert [event.verdict for event in events if "map" in event.data] == ["ANOMALY"]
    assert "30 good pictures" in next(event.reason for event in events if event.kind == "model")


def test_where_no_picture_is_kept_no_map_is(trained: Recipe) -> None:
    trained.change("journal", {"keep_pictures": 0})
    with running(open_recipe(str(trained.folder)), odd) as bench:
        assert bench.turns("ANOMALY")
    (called,) = [event for event in read_journal(trained.journal) if event.verdict == "ANOMALY"]
    assert "map" not in called.data and "picture" not in called.data


def test_kept_pictures_are_bounded(trained: Recipe) -> None:
    trained.change("journal", {"keep_pictures": 2})
    with running(open_recipe(str(trained.folder)), good) as bench:
        for _ in range(4):
            bench.source.show(odd)
            assert bench.turns("ANOMALY")
            bench.source.show(good)
            assert bench.turns("OK")
    assert bench.now.called >= 4
    assert len(list(trained.anomalies.iterdir())) == 2


def test_a_second_station_is_refused_until_the_first_has_ended(trained: Recipe) -> None:
    with running(trained, good), pytest.raises(GoodpartError, match="another goodpart is judging"):
        Station(trained, device_ports(trained, camera=Scripted()))
    Station(trained, device_ports(trained, camera=Scripted())).stop()


def test_a_camera_that_means_nothing_is_refused_and_does_not_hold_the_recipe(trained: Recipe) -> None:
    with pytest.raises(GoodpartError, match="no-such-camera"):
        Station(trained, device_ports(trained, camera="no-such-camera"))
    Station(trained, device_ports(trained, camera=Scripted())).stop()


def test_a_subscriber_that_fails_is_left_out(trained: Recipe) -> None:
    called = 0

    def fail(_snapshot: Snapshot) -> None:
        nonlocal called
        called += 1
        raise RuntimeError("the screen is gone")

    source = Scripted()
    source.show(good)
    station = Station(trained, device_ports(trained, camera=source))
    station.subscribe(fail)
    station.start()
    try:
        assert until(lambda: station.snapshot().verdict.state == "OK")
        assert called == 1
        assert "the screen is gone" in station.snapshot().fault
    finally:
        station.stop()


def test_who_has_unsubscribed_is_told_nothing_more(trained: Recipe) -> None:
    with running(trained, good) as bench:
        heard: list[Snapshot] = []
        unsubscribe = bench.station.subscribe(heard.append)
        assert until(lambda: bool(heard))
        unsubscribe()
        assert bench.states(2)
        count = len(heard)
        assert bench.states(5)
        assert len(heard) == count


def test_it_stops_at_once_and_says_so(trained: Recipe) -> None:
    with running(trained, good) as bench:
        assert bench.turns("OK")
        began = time.monotonic()
        bench.station.stop(5)
        assert time.monotonic() - began < 2
        assert bench.source.stopped
        assert bench.now.stopped
        assert bench.image.judged is None
        assert bench.now.verdict.state == "UNKNOWN"
        bench.station.stop()
        bench.station.do(Train())
        bench.station.do(Pause(True))
    assert not [thread.name for thread in threading.enumerate() if thread.name in ("station", "journal")]


def test_a_station_that_never_started_can_be_stopped(trained: Recipe) -> None:
    station = Station(trained, device_ports(trained, camera=Scripted()))
    station.stop()
    with running(trained, good) as bench:
        assert bench.turns("OK")


@pytest.fixture
def as_user(user: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in user.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("as_user")
def test_it_learns_while_it_judges_and_takes_the_new_model_over_on_request(trained: Recipe) -> None:
    write_parts(trained.good_images, range(100, 105))
    old = trained.image_bundle.read_bytes()
    with running(trained, good) as bench:
        assert bench.turns("OK")
        bench.station.do(TakeOverModel())
        assert until(lambda: "no new model to take over" in bench.now.fault)
        bench.station.do(Train())
        assert until(lambda: bench.now.training is not None and bench.now.training.phase == "density", 20)
        judged = bench.image.counters.judged
        bench.station.do(Train())
        assert until(lambda: "under way already" in bench.now.fault)
        assert until(lambda: bench.image.new_model is not None, 20)
        assert bench.image.counters.judged > judged
        assert bench.now.training is not None
        assert bench.now.training.state == "done"
        assert trained.image_bundle.read_bytes() == old
        bench.station.do(TakeOverModel())
        assert until(lambda: bench.image.new_model is None)
        assert bench.now.training is None
        assert bench.image.model is not None
        assert bench.image.model.taught == 35
        assert bench.turns("OK")
    assert trained.image_bundle.read_bytes() != old
    assert not trained.candidate("image").exists()
    assert rows(trained, "training")[0] == ("", "started")
    assert len(rows(trained, "model")) == 2


@pytest.mark.usefixtures("as_user")
def test_training_is_cancelled_on_request_and_with_the_station(trained: Recipe) -> None:
    write_parts(trained.good_images, range(100, 180))
    runs: list[TrainingRun] = []

    def start(*asked: Any) -> TrainingRun:
        runs.append(TrainingRun(*asked))
        return runs[-1]

    with running(trained, good, start) as bench:
        bench.station.do(Train())
        assert until(lambda: bench.now.training is not None and bench.now.training.phase == "density", 30)
        bench.station.do(CancelTraining())
        assert until(lambda: bench.now.training is not None and bench.now.training.state == "cancelled")
        bench.station.do(Train())
        assert until(lambda: bench.now.training is not None and bench.now.training.phase == "density", 30)
    assert [run.wait(3).state for run in runs] == ["cancelled", "cancelled"]
    assert not trained.candidate("image").exists()
    assert bench.image.model is not None
    assert bench.image.model.taught == 30


def test_a_model_that_waits_is_seen_at_the_next_start(trained: Recipe) -> None:
    trained.candidate("image").write_bytes(trained.image_bundle.read_bytes())
    with running(trained, good) as bench:
        assert until(lambda: bench.image.new_model is not None)
    trained.candidate("image").write_bytes(b"torn")
    with running(trained, good) as bench:
        assert until(lambda: "torn" in bench.now.fault)
        assert bench.turns("OK")
