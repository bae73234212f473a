"""Single shots: one verdict for a part that is in place, and never one for a part that was not judged."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from core.bundle import read_bundle
from core.commands import Pause, SetSingleShot, TriggerPart
from core.inference.sound_judge import SoundJudge
from core.journal.store import read_journal
from core.knobs.connection import KnobConnection
from core.recipes.recipe import Recipe, open_recipe
from core.samples import Picture
from core.state.journal_event import JournalEvent
from core.state.parts import Part
from core.station.ports import device_ports
from core.station.station import Station
from tests.core.pipelines.test_sound import BAD, GOOD, SILENCE, Played
from tests.core.station.test_station import Bench, dark, good, odd
from tests.support.parts import HEIGHT, WIDTH, Scripted, good_part, odd_part, until
from tests.support.sounds import good_motor


def single(recipe: Recipe, **verdict: object) -> Recipe:
    recipe.change("verdict", {"mode": "single", "frames": 4, "seconds": 2.0, "settle": True, **verdict})
    recipe.change("trigger", {"delay": 0.05})
    return open_recipe(str(recipe.folder))


def lying(part: Picture) -> Callable[[int], Picture]:
    """One part that lies still before a camera that is alive."""
    still = part.astype(int)

    def draw(number: int) -> Picture:
        noise = np.random.default_rng(number).integers(-1, 2, (HEIGHT, WIDTH, 1))
        return np.clip(still + noise, 0, 255).astype(np.uint8)

    return draw


GOOD_PART, OTHER_GOOD, ODD_PART = lying(good_part(5003)), lying(good_part(5009)), lying(odd_part(5003))


@contextmanager
def running(recipe: Recipe, show: Callable[[int], Picture] | None = GOOD_PART) -> Iterator[Bench]:
    source = Scripted()
    source.show(show)
    with started(Bench(Station(recipe, device_ports(recipe, source, knobs="")), source)) as bench:
        yield bench


@contextmanager
def started(bench: Bench) -> Iterator[Bench]:
    bench.station.subscribe(lambda snapshot: bench.seen.append(snapshot))
    bench.station.start()
    try:
        assert until(lambda: bench.image.preview is not None)
        yield bench
    finally:
        bench.station.stop(5)


def judged(bench: Bench, number: int, seconds: float = 10.0) -> Part:
    assert until(lambda: bench.now.part is not None and bench.now.part.number == number, seconds)
    part = bench.now.part
    assert part is not None
    return part


def parts(recipe: Recipe) -> list[JournalEvent]:
    return [event for event in read_journal(recipe.journal) if event.kind == "part"]


def test_nothing_is_judged_until_a_part_is_in_place_and_then_it_is_judged_once(trained: Recipe) -> None:
    with running(single(trained)) as bench:
        assert bench.turns("UNKNOWN", "waiting for a part")
        assert bench.states(10) == {"UNKNOWN"}
        assert bench.image.counters.judged == 0
        assert bench.now.shot is not None and bench.now.shot.state == "waiting"
        bench.seen.clear()
        bench.station.do(TriggerPart("key"))
        part = judged(bench, 1)
        assert (part.verdict.state, part.by) == ("OK", "key")
        assert bench.turns("OK", "part 1, 0 s ago: like the good parts")
        assert any("judging: " in snapshot.verdict.reason for snapshot in bench.seen)
        assert bench.image.counters.judged == 4
        assert bench.image.judged is not None
        assert part.scores["image"]["density"] == pytest.approx(bench.image.judged.density)
        bench.source.show(ODD_PART)
        bench.station.do(TriggerPart("line"))
        part = judged(bench, 2)
        assert part.verdict.state == "ANOMALY"
        assert bench.turns("ANOMALY", "threshold")
        assert bench.now.called == 1
    rows = parts(trained)
    assert [(row.verdict, row.data["number"], row.data["by"]) for row in rows] == [
        ("OK", 1, "key"),
        ("ANOMALY", 2, "line"),
    ]
    assert rows[1].at == part.at
    assert (trained.anomalies / rows[1].data["picture"]).exists()
    assert np.array(rows[1].data["map"]).shape == (14, 14) and np.max(rows[1].data["map"]) > 3
    assert "map" not in rows[0].data
    assert not [event for event in read_journal(trained.journal) if event.kind == "verdict"]


def test_the_verdict_goes_with_the_part(trained: Recipe) -> None:
    with running(single(trained)) as bench:
        bench.station.do(TriggerPart())
        judged(bench, 1)
        assert bench.turns("OK")
        assert bench.states(10) == {"OK"}
        bench.source.show(OTHER_GOOD)
        assert bench.turns("UNKNOWN", "waiting for a part; last: 1 OK")
        assert bench.states(10) == {"UNKNOWN"}
        assert bench.image.judged is None


def test_a_part_that_goes_so_slowly_that_no_two_pictures_differ_is_seen_to_go(trained: Recipe) -> None:
    first, other = good_part(5003).astype(float), odd_part(5020).astype(float)
    began = [0.0]

    def fades(number: int) -> Picture:
        done = 0.0 if not began[0] else min(1.0, (number - began[0]) / 200)
        return np.clip((1 - done) * first + done * other + number % 2, 0, 255).astype(np.uint8)

    with running(single(trained), fades) as bench:
        bench.station.do(TriggerPart())
        judged(bench, 1)
        assert bench.turns("OK")
        began[0] = bench.source._number
        assert bench.turns("UNKNOWN", "waiting for a part")


@pytest.mark.parametrize(
    ("disturb", "words"),
    [
        (lambda bench: bench.source.show(dark), "too dark"),
        (lambda bench: bench.source.show(None), "no picture for"),
        (lambda bench: bench.source.become("lost", "camera 1 was pulled"), "camera 1 was pulled"),
        (lambda bench: bench.station.do(Pause(True)), "paused"),
    ],
    ids=["dark", "no frames", "pulled", "paused"],
)
@pytest.mark.parametrize("when", ["before", "during", "after"])
def test_what_cannot_be_seen_is_unknown(
    trained: Recipe, disturb: Callable[[Bench], None], words: str, when: str
) -> None:
    recipe = single(trained, frames=1000 if when == "during" else 4)
    with running(recipe) as bench:
        if when == "before":
            disturb(bench)
            assert bench.turns("UNKNOWN", words)
            bench.station.do(TriggerPart())
            if words == "paused":
                assert until(lambda: "paused: nothing is judged" in bench.now.fault)
                return
        else:
            bench.station.do(TriggerPart())
            assert until(lambda: bench.image.counters.judged >= 2)
            if when == "after":
                judged(bench, 1)
                assert bench.turns("OK")
            disturb(bench)
        if when == "after":
            assert bench.turns("UNKNOWN", "waiting for a part; last: 1 OK")
            assert words in bench.now.verdict.reason or bench.turns("UNKNOWN", words)
            return
        part = judged(bench, 1)
        assert part.verdict.state == "UNKNOWN"
        assert words in part.verdict.reason
        assert bench.now.shift.unknown == 1


def test_pictures_that_do_not_come_in_time_make_it_unknown(trained: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.inspection.single_shot.LATE_SECONDS", 0.5)
    numbers = iter(range(10_000))

    def restless(number: int) -> Picture:
        return (GOOD_PART if next(numbers) // 2 % 2 else OTHER_GOOD)(number)

    with running(single(trained), restless) as bench:
        bench.station.do(TriggerPart())
        part = judged(bench, 1)
        assert part.verdict.state == "UNKNOWN"
        assert "of 4 pictures came in" in part.verdict.reason
        assert "did not come to rest" in part.verdict.reason


def test_a_sense_that_hangs_makes_it_unknown_in_time(trained: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.inspection.single_shot.LATE_SECONDS", 0.5)

    hangs, free = threading.Event(), threading.Event()

    def hang(number: int) -> Picture:
        hangs.set()
        free.wait(3)
        return good(number)

    with running(single(trained)) as bench:
        bench.source.show(hang)
        assert hangs.wait(2)
        bench.station.do(TriggerPart())
        part = judged(bench, 1, 2.5)
        free.set()
        assert part.verdict.state == "UNKNOWN"
        assert "only 0 of 4 pictures came" in part.verdict.reason


def test_a_second_word_while_it_is_judged_is_refused_in_words(trained: Recipe) -> None:
    with running(single(trained, frames=30)) as bench:
        bench.station.do(TriggerPart())
        assert until(lambda: bench.now.shot is not None and bench.now.shot.state == "judging")
        bench.station.do(TriggerPart())
        assert until(lambda: "a part is being judged already: wait for its verdict" in bench.now.fault)
        bench.station.do(SetSingleShot(False))
        assert until(lambda: "a part is being judged: wait" in bench.now.fault)
        judged(bench, 1)
        assert bench.now.shift.parts == 1


def test_what_was_seen_before_the_word_does_not_count(trained: Recipe) -> None:
    recipe = single(trained)
    recipe.change("trigger", {"delay": 1.0})
    with running(open_recipe(str(recipe.folder)), ODD_PART) as bench:
        bench.station.do(TriggerPart())
        time.sleep(0.4)
        bench.source.show(GOOD_PART)
        assert judged(bench, 1).verdict.state == "OK"
        assert bench.image.counters.anomalies == 0


def test_without_a_model_no_part_is_judged_nor_counted(trained: Recipe) -> None:
    trained.image_bundle.unlink()
    with running(single(trained)) as bench:
        bench.station.do(TriggerPart())
        assert until(lambda: "no part can be judged" in bench.now.fault)
        assert bench.now.shift.parts == 0


def test_it_is_turned_to_single_shots_and_back_and_the_recipe_keeps_it(trained: Recipe) -> None:
    trained.change("verdict", {"settle": True})
    source = Scripted()
    source.show(GOOD_PART)
    recipe = open_recipe(str(trained.folder))
    bench = Bench(Station(recipe, device_ports(recipe, camera=source)), source)
    bench.station.subscribe(lambda snapshot: bench.seen.append(snapshot))
    bench.station.start()
    try:
        assert bench.turns("OK")
        bench.station.do(TriggerPart())
        assert until(lambda: "parts are judged continuously" in bench.now.fault)
        bench.station.do(SetSingleShot(True))
        assert bench.turns("UNKNOWN", "waiting for a part")
        assert bench.states(10) == {"UNKNOWN"}
        assert until(lambda: open_recipe(str(trained.folder)).settings.verdict.mode == "single")
        bench.station.do(TriggerPart())
        assert judged(bench, 1).verdict.state == "OK"
        bench.station.do(SetSingleShot(False))
        assert until(lambda: bench.now.shot is None)
        assert bench.turns("OK", "like the good parts")
        assert until(lambda: open_recipe(str(trained.folder)).settings.verdict.mode == "continuous")
    finally:
        bench.station.stop(5)


def test_a_file_is_a_word_when_it_appears_and_when_it_changes(trained: Recipe) -> None:
    recipe = single(trained)
    recipe.change("trigger", {"file": "plc/part"})
    trigger = recipe.folder / "plc" / "part"
    with running(open_recipe(str(recipe.folder))) as bench:
        time.sleep(0.4)
        trigger.parent.mkdir()
        trigger.touch()
        assert judged(bench, 1).by == "file"
        trigger.write_text("again")
        judged(bench, 2)
        trigger.unlink()
        time.sleep(0.4)
        shutil.rmtree(trigger.parent)
        time.sleep(0.4)
        assert bench.now.shift.parts == 2
        trigger.parent.mkdir()
        trigger.touch()
        judged(bench, 3)
    # What lies there from before is no word.
    with running(open_recipe(str(recipe.folder))) as bench:
        time.sleep(0.5)
        assert bench.now.part is None
        assert bench.now.shift.parts == 3
    assert trigger.exists()


def test_the_button_of_the_board_is_a_word(trained: Recipe) -> None:
    recipe, source = single(trained), Scripted()
    source.show(GOOD_PART)
    made: list[KnobConnection] = []

    def knobs(*asked: Any) -> KnobConnection:
        made.append(KnobConnection("simulated", *asked))
        return made[0]

    with started(Bench(Station(recipe, replace(device_ports(recipe, source), knobs=knobs)), source)) as bench:
        (keeper,) = made
        assert until(lambda: bench.now.knobs is not None and bench.now.knobs.state == "live", 60)
        board = keeper._board
        assert board is not None and board._process is not None and board._process.stdin is not None
        board._process.stdin.write(b"part\n")
        board._process.stdin.flush()
        assert judged(bench, 1).by == "knob"


def test_a_folder_of_pictures_is_judged_on_a_word_too(trained: Recipe, tmp_path: Path) -> None:
    import cv2

    for number in range(20):
        cv2.imwrite(str(tmp_path / f"{number}.png"), good_part(5000 + number))
    recipe = single(trained, frames=1)
    station = Station(recipe, device_ports(recipe, camera=str(tmp_path)))
    bench = Bench(station, Scripted())
    station.start()
    try:
        assert bench.turns("UNKNOWN", "waiting for a part")
        station.do(TriggerPart())
        assert judged(bench, 1).verdict.state in ("OK", "ANOMALY")
        assert bench.turns("UNKNOWN", "last: 1 ")
    finally:
        station.stop(5)


# By ear, and by both.


@contextmanager
def hearing(
    recipe: Recipe, sound: np.ndarray | None = GOOD, shown: Scripted | None = None
) -> Iterator[tuple[Bench, Played]]:
    played = Played()
    played.play(sound)
    bench = Bench(Station(recipe, device_ports(recipe, camera=shown, microphone=played)), shown or Scripted())
    bench.station.subscribe(lambda snapshot: bench.seen.append(snapshot))
    bench.station.start()
    try:
        assert bench.turns("UNKNOWN", "waiting for a part")
        yield bench, played
    finally:
        bench.station.stop(5)


def test_a_motor_is_judged_by_all_its_seconds_as_a_whole(heard: Recipe) -> None:
    # Wide of the good, because which two seconds are judged depends on how fast the machine is.
    wide = {"density": -6.0, "reconstruction_error": 8.0, "model": read_bundle(heard.sound_bundle).id}
    heard.change("sound", {"thresholds": wide})
    with hearing(single(heard)) as (bench, played):
        bench.station.do(TriggerPart())
        part = judged(bench, 1)
        assert part.verdict.state == "OK"
        assert bench.now.sound is not None and bench.now.sound.counters.judged in (10, 11)
        assert bench.turns("UNKNOWN", "last: 1 OK"), "nobody sees a motor being exchanged"
        played.play(BAD)
        time.sleep(0.3)
        bench.station.do(TriggerPart())
        part = judged(bench, 2)
        assert part.verdict.state == "ANOMALY"
        assert part.scores["sound"]["density"] < part.scores["sound"]["density_threshold"]
    ok, called = parts(heard)
    assert "trace" not in ok.data
    trace = json.loads((heard.anomalies / called.data["trace"]).read_text())
    assert len(trace["share"]) in (10, 11), "the windows of this part alone"
    assert trace["share"][-1] > 1.0
    assert soundfile.info(heard.anomalies / called.data["sound_file"]).duration == pytest.approx(2.0, abs=0.11)
    assert called.data["sound"]["model"] == read_bundle(heard.sound_bundle).id


def test_thresholds_set_by_hand_count_for_the_whole_as_well(heard: Recipe) -> None:
    ear = SoundJudge(heard, read_bundle(heard.sound_bundle))
    known = ear.thresholds
    as_calibrated = ear.for_whole(10).thresholds
    away = 2 * (known.density - known.typical_density)
    ear.set_thresholds(replace(known, density=known.typical_density + away))
    by_hand = ear.for_whole(10).thresholds
    assert by_hand.density - known.typical_density == pytest.approx(2 * (as_calibrated.density - known.typical_density))
    assert by_hand.reconstruction_error == as_calibrated.reconstruction_error


def test_a_motor_that_stood_still_before_the_word_is_no_fault_of_the_microphone(heard: Recipe) -> None:
    with hearing(single(heard), SILENCE) as (bench, played):
        assert bench.turns("UNKNOWN", "silent")
        played.play(GOOD)
        bench.station.do(TriggerPart())
        assert judged(bench, 1).verdict.state == "OK"
        played.play(SILENCE)
        bench.station.do(TriggerPart())
        part = judged(bench, 2)
        assert part.verdict.state == "UNKNOWN"
        assert "silent" in part.verdict.reason


@pytest.fixture
def both(trained: Recipe, heard: Recipe) -> Recipe:
    shutil.copy(heard.sound_bundle, trained.sound_bundle)
    # Wide of the good: which seconds of it are heard is chance.
    thresholds = {"density": -6.0, "reconstruction_error": 8.0, "model": read_bundle(heard.sound_bundle).id}
    trained.change("sound", {"smooth": 1.0, "thresholds": thresholds})
    trained.change("verdict", {"false_alarms": 0.1})
    return single(open_recipe(str(trained.folder)))


@pytest.mark.parametrize(
    ("picture", "sound", "state", "words"),
    [
        (GOOD_PART, GOOD, "OK", "picture: like the good parts"),
        (ODD_PART, GOOD, "ANOMALY", "picture: "),
        (GOOD_PART, BAD, "ANOMALY", "sound: "),
        (GOOD_PART, SILENCE, "UNKNOWN", "sound: microphone: silent"),
        (dark, BAD, "ANOMALY", "sound: "),
    ],
    ids=["good", "looks odd", "sounds odd", "silent", "dark and sounds odd"],
)
def test_of_both_the_worse_is_the_parts(
    both: Recipe, picture: Callable[[int], Picture], sound: np.ndarray, state: str, words: str
) -> None:
    shown = Scripted()
    shown.show(picture)
    with hearing(both, sound, shown) as (bench, _):
        bench.station.do(TriggerPart())
        part = judged(bench, 1)
        assert part.verdict.state == state
        assert part.verdict.reason.startswith(words)


def test_a_part_that_is_taken_away_before_it_was_heard_is_unknown(both: Recipe) -> None:
    both.change("verdict", {"seconds": 60.0})
    shown = Scripted()
    shown.show(GOOD_PART)
    with hearing(open_recipe(str(both.folder)), good_motor(500, 8.0), shown) as (bench, _):
        bench.station.do(TriggerPart())
        assert until(lambda: bench.now.shot is not None and bench.now.shot.pictures == 4)
        shown.show(odd)
        part = judged(bench, 1)
        assert part.verdict.state == "UNKNOWN"
        assert "moved while it was judged" in part.verdict.reason
