"""The station hears what is good and what is not, and is never OK about what it cannot hear."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.commands import Calibrate, Pause, RecordSound, SaveThresholds, SetThreshold, TakeOverModel
from core.journal.store import read_journal
from core.recipes.recipe import Recipe, open_recipe
from core.samples import SoundBlock
from core.sources.microphone.ring_buffer import RingBuffer
from core.sources.simulated.motor import BLOCK, MOTOR_FAULTS, RATE, MotorFault
from core.state.sense import ImageState, SoundState
from core.state.snapshot import Snapshot
from core.state.source_status import MicrophoneStatus, SourceState
from core.station.ports import device_ports
from core.station.station import Station
from tests.support.parts import Scripted, good_part, odd_part, until
from tests.support.sounds import faulty_motor, good_motor

GOOD, BAD = good_motor(500, 8.0), faulty_motor("bearing", seconds=8.0, number=501)


class Played:
    """A sound source that plays what the test says, a tenth of a second at a time, ten times as fast as real."""

    def __init__(self) -> None:
        self.ring = RingBuffer()
        self._sound: np.ndarray | None = None
        self._at = 0
        self._state: tuple[SourceState, str] = ("live", "")
        self.note = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def play(self, sound: np.ndarray | None) -> None:
        self._at, self._sound = 0, sound

    def become(self, state: SourceState, message: str = "") -> None:
        self._state = state, message

    def _run(self) -> None:
        while not self._ended.wait(BLOCK / RATE / 10):
            sound = self._sound
            if sound is None or self._state[0] != "live":
                continue
            if self._at + BLOCK > len(sound):
                self._at = 0
            self.ring.put(sound[self._at : self._at + BLOCK], RATE)
            self._at += BLOCK

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self.ring.close()

    def take(self, timeout: float) -> SoundBlock | None:
        return self.ring.take(timeout)

    def status(self) -> MicrophoneStatus:
        state, message = self._state
        return MicrophoneStatus(
            state, "played", message, self.note, "played", RATE, 1, self.ring.heard, self.ring.overruns, 0,
            self.ring.last_at,
        )  # fmt: skip


class Bench:
    def __init__(self, station: Station, played: Played, shown: Scripted | None) -> None:
        self.station, self.played, self.shown = station, played, shown
        self.seen: list[Snapshot] = []

    @property
    def now(self) -> Snapshot:
        return self.station.snapshot()

    @property
    def image(self) -> ImageState:
        assert self.now.image is not None
        return self.now.image

    @property
    def sound(self) -> SoundState:
        assert self.now.sound is not None
        return self.now.sound

    def turns(self, state: str, words: str = "", seconds: float = 15.0) -> bool:
        return until(lambda: self.now.verdict.state == state and words in self.now.verdict.reason, seconds)


@contextmanager
def running(recipe: Recipe, shown: Scripted | None = None, sound: np.ndarray | None = GOOD) -> Iterator[Bench]:
    played = Played()
    played.play(sound)
    bench = Bench(Station(recipe, device_ports(recipe, camera=shown, microphone=played)), played, shown)
    bench.station.subscribe(lambda snapshot: bench.seen.append(snapshot))
    bench.station.start()
    try:
        yield bench
    finally:
        bench.station.stop(5)


@pytest.fixture
def both(trained: Recipe, heard: Recipe) -> Recipe:
    """A recipe with a model of each kind."""
    shutil.copy(heard.sound_bundle, trained.sound_bundle)
    trained.change("sound", {"smooth": 1.0})
    trained.change("verdict", {"false_alarms": 0.1})
    return open_recipe(str(trained.folder))


def test_good_motors_are_ok_and_a_worn_bearing_is_called(heard: Recipe) -> None:
    with running(heard) as bench:
        assert bench.turns("OK", "like the good parts")
        assert bench.now.image is None
        assert until(lambda: bench.sound.counters.judged >= 60)
        assert bench.sound.counters.anomalies <= 0.2 * bench.sound.counters.judged
        assert bench.sound.level is not None
        assert -60 < bench.sound.level.rms < bench.sound.level.peak <= bench.sound.level.hold < 0
        assert len(bench.sound.spectrum) == 32
        bench.played.play(BAD)
        assert bench.turns("ANOMALY", "threshold")
        assert bench.now.called >= 1
        bench.played.play(GOOD)
        assert bench.turns("OK")
    assert [event.verdict for event in read_journal(heard.journal) if event.kind == "verdict"][:2] == ["OK", "ANOMALY"]


def test_what_was_called_out_can_be_heard_and_seen_again(heard: Recipe) -> None:
    with running(heard) as bench:
        assert bench.turns("OK", "like the good parts")
        assert until(lambda: bench.sound.counters.judged >= 60)
        bench.played.play(BAD)
        assert bench.turns("ANOMALY", "threshold")
        thresholds = bench.sound.thresholds
    called = next(event for event in read_journal(heard.journal) if event.verdict == "ANOMALY")
    sound, rate = soundfile.read(heard.anomalies / called.data["sound_file"])
    assert rate == RATE
    assert 4.5 * RATE < len(sound) <= 5 * RATE
    trace = json.loads((heard.anomalies / called.data["trace"]).read_text())
    assert len(trace["share"]) >= 60
    assert trace["share"][-1] > 1.0 > trace["share"][0]
    assert thresholds is not None
    assert trace["thresholds"]["density"] == thresholds.density


@pytest.mark.parametrize("fault", MOTOR_FAULTS)
def test_every_fault_of_the_simulated_motor_is_heard(heard: Recipe, fault: MotorFault) -> None:
    with running(heard, sound=faulty_motor(fault, seconds=8.0, number=510)) as bench:
        assert bench.turns("ANOMALY")


SILENCE = np.zeros(8 * RATE, np.float32)


@pytest.mark.parametrize(
    ("disturb", "words"),
    [
        (lambda bench: bench.played.play(SILENCE), "silent"),
        (lambda bench: bench.played.play(np.full_like(SILENCE, 0.25)), "stuck at 0.25"),
        (lambda bench: bench.played.play(np.sign(GOOD)), "clipping"),
        (lambda bench: bench.played.play(GOOD + np.float32(0.3)), "offset"),
        (lambda bench: bench.played.play(GOOD * np.float32(1e-3)), "as good as silent"),
        (lambda bench: bench.played.play(np.where(GOOD > 0.02, np.float32(np.nan), GOOD)), "not numbers"),
        (lambda bench: setattr(bench.played, "note", "channel 1 is dead"), "channel 1 is dead"),
        (lambda bench: bench.played.play(None), "no sound for"),
        (lambda bench: bench.played.become("lost", "microphone default: was pulled"), "was pulled"),
        (lambda bench: bench.station.do(Pause(True)), "paused"),
    ],
    ids=[
        "silent",
        "stuck",
        "clipping",
        "offset",
        "quiet",
        "not numbers",
        "dead channel",
        "no sound",
        "pulled",
        "paused",
    ],
)
def test_what_cannot_be_heard_is_unknown_and_never_ok(
    heard: Recipe, disturb: Callable[[Bench], None], words: str
) -> None:
    with running(heard) as bench:
        assert bench.turns("OK")
        disturb(bench)
        assert bench.turns("UNKNOWN", words)
        bench.seen.clear()
        assert until(lambda: len(bench.seen) >= 4)
        assert {snapshot.verdict.state for snapshot in bench.seen} == {"UNKNOWN"}
        assert bench.sound.judged is None
        bench.played.play(GOOD)
        bench.played.become("live")
        bench.played.note = ""
        bench.station.do(Pause(False))
        bench.seen.clear()
        assert bench.turns("OK")
        # What was heard before is forgotten: a window must be full first.
        assert any("listening" in snapshot.verdict.reason for snapshot in bench.seen)


def test_the_verdict_is_the_worse_of_both_and_says_whose_it_is(both: Recipe) -> None:
    shown = Scripted()
    shown.show(lambda number: good_part(5000 + number % 7))
    with running(both, shown) as bench:
        assert bench.turns("OK", "picture: like the good parts")
        assert "sound: like the good parts" in bench.now.verdict.reason
        bench.played.play(BAD)
        assert bench.turns("ANOMALY", "sound: ")
        assert "picture" not in bench.now.verdict.reason
        assert bench.image.verdict.state == "OK"
        bench.played.play(GOOD)
        assert bench.turns("OK")
        shown.show(lambda number: odd_part(5000 + number % 7))
        assert bench.turns("ANOMALY", "picture: ")
        shown.show(lambda number: good_part(5000 + number % 7))
        assert bench.turns("OK")
        bench.played.become("lost", "microphone default: was pulled")
        assert bench.turns("UNKNOWN", "sound: microphone default: was pulled")


def test_another_part_is_not_vouched_for_by_the_sound_of_the_last_one(both: Recipe) -> None:
    shown = Scripted()
    shown.show(lambda _: good_part(5000))
    both.change("verdict", {"hold": 1, "of": 1, "settle": True})
    with running(open_recipe(str(both.folder)), shown) as bench:
        assert until(lambda: bench.sound.verdict.state == "OK")
        bench.seen.clear()
        shown.show(lambda _: odd_part(5003))
        assert until(lambda: any("listening" in s.sound.verdict.reason for s in bench.seen if s.sound))


def test_both_share_the_budget_of_false_alarms(both: Recipe) -> None:
    assert both.senses == ("image", "sound")
    assert both.false_alarms == pytest.approx(0.05)
    shown = Scripted()
    shown.show(lambda number: good_part(5000 + number % 7))
    with running(both, shown) as bench:
        assert until(lambda: bench.image.model is not None and bench.sound.model is not None)
        bench.station.do(Calibrate())
        assert until(lambda: bench.image.thresholds is not None and "5 %" in bench.image.thresholds.by)
        assert until(lambda: bench.sound.thresholds is not None and "5 %" in bench.sound.thresholds.by)


def test_thresholds_of_the_sound_are_moved_saved_and_found_again(heard: Recipe) -> None:
    with running(heard) as bench:
        assert bench.turns("OK")
        bench.station.do(SetThreshold("density", 500.0, "key", "sound"))
        bench.station.do(SetThreshold("reconstruction_error", -500.0, "key", "sound"))
        assert bench.turns("ANOMALY")
        assert bench.sound.unsaved
        bench.station.do(SaveThresholds())
        assert until(lambda: not bench.sound.unsaved)
    saved = open_recipe(str(heard.folder)).settings.sound.thresholds
    assert (saved.density, saved.reconstruction_error, saved.by) == (500.0, -500.0, "key")
    with running(open_recipe(str(heard.folder))) as bench:
        assert bench.turns("ANOMALY")


def test_good_sound_is_recorded_into_the_recipe(heard: Recipe) -> None:
    before = sorted(heard.good_sound.iterdir())
    with running(heard) as bench:
        assert bench.turns("OK")
        bench.station.do(RecordSound(True))
        assert until(lambda: bench.sound.capture is not None and bench.sound.capture.seconds > 3)
        bench.station.do(RecordSound(False))
        assert until(lambda: "of good sound recorded" in bench.sound.stored)
        assert bench.sound.capture is None
    (new,) = set(heard.good_sound.iterdir()) - set(before)
    assert new.name.startswith("000001-recorded-")
    sound, rate = soundfile.read(new, dtype="float32")
    assert rate == RATE
    assert len(sound) >= 3 * RATE
    # It is what was played, from somewhere in its middle.
    assert np.abs(np.correlate(GOOD[: 4 * RATE], sound[: 2 * RATE], "valid")).max() > 0.9 * np.sum(
        sound[: 2 * RATE] ** 2
    )


def test_a_microphone_that_goes_leaves_what_was_recorded(heard: Recipe) -> None:
    with running(heard) as bench:
        assert bench.turns("OK")
        bench.station.do(RecordSound(True))
        assert until(lambda: bench.sound.capture is not None and bench.sound.capture.seconds > 2)
        bench.played.become("lost", "microphone default: was pulled")
        assert until(lambda: bench.sound.capture is not None and "pulled" in bench.sound.capture.note)
    assert len(list(heard.good_sound.glob("*recorded*.wav"))) == 1
    assert not list(heard.good_sound.glob(".*"))


def test_a_recipe_that_was_taught_pictures_alone_can_record_sound(trained: Recipe) -> None:
    shown = Scripted()
    shown.show(lambda number: good_part(5000 + number % 7))
    with running(trained, shown) as bench:
        # Nothing was learnt by ear, which is no reason to say nothing of what is seen.
        assert bench.turns("OK", "like the good parts")
        assert "nothing was learnt yet" in bench.sound.verdict.reason
        bench.station.do(RecordSound(True))
        assert until(lambda: bench.sound.capture is not None and bench.sound.capture.seconds > 2)
    assert len(list(trained.good_sound.glob("*.wav"))) == 1


def test_sound_is_learnt_in_the_background_and_taken_over(heard: Recipe, user: dict[str, str]) -> None:
    old = heard.sound_bundle.read_bytes()
    heard.sound_bundle.with_name("sound.candidate.goodpart").write_bytes(old)
    with running(heard) as bench:
        assert until(lambda: bench.sound.new_model is not None)
        bench.station.do(TakeOverModel())
        assert until(lambda: bench.sound.new_model is None)
        assert bench.turns("OK")
    assert not heard.candidate("sound").exists()


def test_a_torn_sound_model_is_unknown_and_says_why(heard: Recipe) -> None:
    heard.sound_bundle.write_bytes(heard.sound_bundle.read_bytes()[:5000])
    with running(heard) as bench:
        assert bench.turns("UNKNOWN", "torn or not a goodpart model")


def test_another_channel_than_taught_is_refused_in_words(heard: Recipe) -> None:
    heard.change("microphone", {"channel": 1})
    with running(open_recipe(str(heard.folder))) as bench:
        assert bench.turns("UNKNOWN", "channel and level in recipe.toml are not those")


def test_an_overrun_is_counted_and_the_window_begins_anew(heard: Recipe) -> None:
    with running(heard) as bench:
        assert bench.turns("OK")
        bench.played.ring.put(np.tile(GOOD, 2), RATE)
        assert until(lambda: bench.sound.status.overruns >= 1)
        assert until(lambda: bench.now.verdict.state == "OK")


def test_it_stops_at_once_with_both_senses(both: Recipe) -> None:
    shown = Scripted()
    shown.show(lambda number: good_part(5000 + number % 7))
    with running(both, shown) as bench:
        assert bench.turns("OK")
        began = time.monotonic()
        bench.station.stop(5)
        assert time.monotonic() - began < 3
        assert bench.now.stopped
        assert bench.now.sound is not None
        assert bench.now.sound.judged is None


def test_a_snapshot_of_one_sense_has_nothing_of_the_other(heard: Recipe, tmp_path: Path) -> None:
    with running(heard) as bench:
        assert bench.turns("OK")
        assert list(bench.now.senses) == ["sound"]
        assert replace(bench.now, sound=None).verdict.state == "OK"
