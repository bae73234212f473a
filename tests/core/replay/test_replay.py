"""What a station has recorded is judged again to the bit, whatever became of the recording."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import core.pipelines.base
import core.tape.writer
from core.commands import (
    Calibrate,
    GrabThresholds,
    Pause,
    SetKnobRange,
    SetSingleShot,
    SetThreshold,
    TakeOverModel,
    TriggerPart,
    UndoGrab,
)
from core.errors import GoodpartError
from core.inference.image_judge import ImageJudge
from core.journal.store import read_journal
from core.recipes.recipe import Recipe, open_recipe
from core.replay.outcome import ReplayOutcome, models_of, same_judging
from core.replay.replay import Replay
from core.state.sense import ImageState
from core.state.snapshot import Snapshot
from core.state.verdict import Sense
from core.station.ports import device_ports
from core.station.station import Station
from core.tape.events import KnobBytes, Took
from core.tape.reader import TapeReader
from core.tape.verdict_stream import VerdictDigest, verdict_line
from core.tape.writer import TapeWriter
from tests.support.parts import Scripted, good_part, odd_part, until, write_parts


class Live:
    """A station that records, and what its subscribers heard."""

    def __init__(self, station: Station, source: Scripted | None, tape: TapeWriter) -> None:
        self.station, self.source, self.tape = station, source, tape
        self._last: object = None
        self.stream = VerdictDigest()
        station.subscribe(self._heard)

    def _heard(self, snapshot: Snapshot) -> None:
        said = verdict_line(snapshot)
        if said != self._last and not snapshot.stopped:
            self._last = said
            self.stream.add(said)

    @property
    def now(self) -> Snapshot:
        return self.station.snapshot()

    @property
    def image(self) -> ImageState:
        assert self.now.image is not None
        return self.now.image

    def turns(self, state: str, words: str = "", seconds: float = 20.0) -> None:
        assert until(lambda: self.now.verdict.state == state and words in self.now.verdict.reason, seconds), (
            self.now.verdict
        )

    def judges(self, count: int, sense: Sense = "image") -> None:
        """So many more samples of a sense."""

        def number() -> int:
            return self.now.senses[sense].counters.judged

        wanted = number() + count
        assert until(lambda: number() >= wanted, 20.0), self.now.verdict


@contextmanager
def recording(recipe: Recipe, file: Path, source: Scripted | None = None, **options: str) -> Iterator[Live]:
    tape = TapeWriter(file)
    live = Live(
        Station(recipe, device_ports(recipe, options.pop("camera", None) or source, tape=tape, **options)), source, tape
    )
    live.station.start()
    try:
        yield live
    finally:
        live.station.stop(10)


def replayed(file: Path, recipe: Recipe | None = None) -> ReplayOutcome:
    with closing(Replay(file, recipe, keep_samples=True)) as replay:
        return replay.run()


def good(number: int) -> object:
    return good_part(5000 + number % 40)


def odd(number: int) -> object:
    return odd_part(5000 + number % 40)


@pytest.fixture
def both(trained: Recipe, heard: Recipe) -> Recipe:
    """A recipe that has learnt from pictures and from sound."""
    shutil.copytree(heard.good_sound, trained.good_sound, dirs_exist_ok=True)
    shutil.copy(heard.sound_bundle, trained.sound_bundle)
    trained.change("verdict", {"false_alarms": 0.1})
    trained.change("microphone", {"source": "simulated"})
    return open_recipe(str(trained.folder))


def test_pictures_sound_and_commands_are_judged_again_to_the_bit(both: Recipe, tmp_path: Path) -> None:
    file, source = tmp_path / "shift", Scripted()
    source.show(good)
    with recording(both, file, source, microphone="simulated", knobs="simulated") as live:
        station = live.station
        live.judges(10)
        live.judges(10, "sound")
        source.show(odd)
        live.turns("ANOMALY")
        source.show(good)
        assert live.image.thresholds
        for step in range(5):
            station.do(SetThreshold("density", live.image.thresholds.density + step, "key"))
            live.judges(2)
        station.do(SetThreshold("reconstruction_error", 1e-9, "key", "sound"))
        live.judges(3, "sound")
        station.do(Pause(True))
        live.turns("UNKNOWN", "paused")
        station.do(Pause(False))
        live.judges(5)
        assert until(lambda: bool(live.now.knobs and live.now.knobs.density), 20.0)
        station.do(SetKnobRange("image", "density", replace(both.settings.image.knobs.density, range="raw")))

        def grabbed() -> bool:
            station.do(GrabThresholds("density"))
            time.sleep(0.1)
            return bool(live.image.thresholds and live.image.thresholds.by == "knob")

        assert until(grabbed, 20.0), live.now.fault
        live.judges(5)
        station.do(UndoGrab())
        live.judges(3)
        station.do(Calibrate())
        live.judges(3)
        live.judges(3, "sound")
        source.show(None)
        live.turns("UNKNOWN", "no picture for")
        source.show(good)
        live.judges(5)
        source.become("lost", "the cable is out")
        live.turns("UNKNOWN", "the cable is out")
        source.become("live")
        live.judges(5)
    first, second = replayed(file), replayed(file)
    assert first.whole
    print(vars(first.difference) if first.difference else first.counts)
    assert first.same is True
    assert first.digest.hex() == second.digest.hex() == live.stream.hex() == first.live.hex()
    assert first.digest.count == live.stream.count > 60
    assert {state for (_, state), count in first.counts.items() if count} == {"OK", "ANOMALY", "UNKNOWN"}
    assert first.knob_bytes > 0
    assert first.commands >= 10
    assert any(isinstance(event, KnobBytes) and b"<A " in event.data for _, event in events(file))


def events(file: Path) -> Iterator[tuple[float, object]]:
    with closing(TapeReader(file)) as read:
        yield from read.events()


def test_the_recorded_pictures_are_those_that_were_taken(trained: Recipe, tmp_path: Path) -> None:
    file, source = tmp_path / "shift", Scripted()
    source.show(good)
    with recording(trained, file, source) as live:
        live.judges(10)
    taken = [event.sample for _, event in events(file) if isinstance(event, Took) and event.sample is not None]
    assert len(taken) >= 10
    assert all((frame.picture == good(frame.number)).all() for frame in taken)


def test_a_recording_needs_no_recipe(trained: Recipe, tmp_path: Path) -> None:
    file, source = tmp_path / "shift", Scripted()
    source.show(good)
    with recording(trained, file, source) as live:
        live.judges(10)
    shutil.rmtree(trained.folder)
    assert replayed(file).same is True


def test_still_pictures_are_judged_again_as_parts_of_their_own(trained: Recipe, tmp_path: Path) -> None:
    write_parts(tmp_path / "line", [7000, 7001])
    write_parts(tmp_path / "line", [7002], odd_part)
    with recording(trained, tmp_path / "shift", camera=str(tmp_path / "line")) as live:
        live.judges(8)
    outcome = replayed(tmp_path / "shift")
    assert outcome.same is True, vars(outcome.difference or outcome)
    assert outcome.digest.hex() == live.stream.hex()
    assert outcome.counts["image", "ANOMALY"] >= 2


def test_a_station_without_a_model_is_replayed_as_it_was(trained: Recipe, tmp_path: Path) -> None:
    trained.image_bundle.unlink()
    source = Scripted()
    source.show(good)
    with recording(trained, tmp_path / "shift", source) as live:
        live.turns("UNKNOWN", "nothing was learnt yet")
        assert until(lambda: live.image.counters.unknown > 3)
    assert replayed(tmp_path / "shift").same is True


def test_a_new_model_that_was_taken_over_takes_over_again(trained: Recipe, tmp_path: Path) -> None:
    file, source = tmp_path / "shift", Scripted()
    source.show(odd)
    shutil.copy(trained.image_bundle, trained.candidate("image"))
    with recording(trained, file, source) as live:
        live.judges(5)
        live.station.do(SetThreshold("density", -1e9))
        live.station.do(SetThreshold("reconstruction_error", 1e9))
        live.turns("OK")
        live.station.do(TakeOverModel())
        live.turns("ANOMALY")
        live.judges(5)
    outcome = replayed(file)
    assert outcome.same is True, vars(outcome.difference or outcome)
    states = [verdict.state for _, verdict in outcome.turns]
    assert states.index("OK") < len(states) - 1
    assert states[-1] == "ANOMALY"


def test_a_judgement_that_hangs_hangs_again(trained: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.pipelines.base, "STUCK_SECONDS", 0.3)
    file, source = tmp_path / "shift", Scripted()
    source.show(good)
    free = threading.Event()
    free.set()
    look = ImageJudge.look
    with recording(trained, file, source) as live:
        live.turns("OK")
        monkeypatch.setattr(ImageJudge, "look", lambda judge, picture: (free.wait(), look(judge, picture))[1])
        free.clear()

        def noticed() -> bool:
            live.station.do(Calibrate())
            time.sleep(0.05)
            return "has been judged for" in live.now.verdict.reason

        try:
            assert until(noticed)
        finally:
            free.set()
        live.judges(5)
    outcome = replayed(file)
    assert outcome.same is True, vars(outcome.difference or outcome)
    assert outcome.digest.hex() == live.stream.hex()
    assert any("has been judged for" in verdict.reason for _, verdict in outcome.turns)


def test_an_error_that_nobody_foresaw_is_told_again(
    trained: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, source = tmp_path / "shift", Scripted()
    source.show(good)
    look = ImageJudge.look
    with recording(trained, file, source) as live:
        live.turns("OK")
        monkeypatch.setattr(ImageJudge, "look", lambda judge, picture: 1 / 0)
        live.turns("UNKNOWN", "ZeroDivisionError")
        monkeypatch.setattr(ImageJudge, "look", look)
        live.turns("OK")
    outcome = replayed(file)
    assert outcome.same is True, vars(outcome.difference or outcome)
    assert outcome.digest.hex() == live.stream.hex()


# Other models.


def test_another_recipe_judges_the_same_recording_its_own_way(trained: Recipe, tmp_path: Path) -> None:
    file, source = tmp_path / "shift", Scripted()
    source.show(odd)
    with recording(trained, file, source) as live:
        live.turns("ANOMALY")
        live.judges(5)
        live.station.do(SetThreshold("density", -1e9))
        live.judges(5)
    assert same_judging(*models_of(file), trained) == ""
    shutil.copytree(trained.folder, tmp_path / "blunt")
    blunt = open_recipe(str(tmp_path / "blunt"))
    blunt.change("image", {"thresholds": {"density": -1e9, "reconstruction_error": 1e9, "by": "hand"}})
    blunt = open_recipe(str(blunt.folder))
    assert same_judging(*models_of(file), blunt) == "other settings in recipe.toml"
    before = {path: path.read_bytes() for path in blunt.folder.rglob("*") if path.is_file()}
    mine, other = replayed(file), replayed(file, blunt)
    assert mine.same is True
    assert other.same is None
    assert (other.left_out, mine.left_out) == (1, 0)
    assert mine.counts["image", "ANOMALY"] >= 5
    assert other.counts["image", "ANOMALY"] == 0
    assert other.counts["image", "OK"] >= 9
    assert [(s.sense, s.number) for s in mine.samples][:10] == [(s.sense, s.number) for s in other.samples][:10]
    after = {path: path.read_bytes() for path in blunt.folder.rglob("*") if path.is_file()}
    assert after == before, "a replay changes nothing in the recipe's folder"
    blunt.image_bundle.write_bytes(b"")
    assert same_judging(*models_of(file), blunt) == "another picture model"
    with pytest.raises(GoodpartError, match="torn or not a goodpart model"):
        Replay(file, blunt)


def test_a_verdict_that_differs_is_shown_beside_the_live_one(
    trained: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, source = tmp_path / "shift", Scripted()
    source.show(good)
    with recording(trained, file, source) as live:
        live.judges(10)
    weigh = ImageJudge.weigh
    monkeypatch.setattr(
        ImageJudge, "weigh", lambda judge, looked, number: replace(weigh(judge, looked, number), score=float(number))
    )
    outcome = replayed(file)
    assert outcome.same is False
    assert outcome.difference
    assert outcome.difference.live
    assert outcome.difference.replayed
    assert outcome.difference.replayed["image"]["score"] == 1.0 != outcome.difference.live["image"]["score"]


# A disk and a processor that do not follow.


def test_samples_that_could_not_be_recorded_are_counted_and_told_and_nothing_is_slowed(
    trained: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = threading.Event()
    pack = core.tape.writer._pack_picture
    monkeypatch.setattr(core.tape.writer, "_pack_picture", lambda picture: (free.wait(20), pack(picture))[1])
    monkeypatch.setattr(core.tape.writer, "MOST_WAITING", 1_000_000)
    file, source = tmp_path / "shift", Scripted()
    source.show(good)
    with recording(trained, file, source) as live:
        live.judges(40)
        assert live.now.taping
        assert live.now.taping.lost > 0
        assert "has gaps" in live.now.taping.trouble
        assert until(lambda: "has gaps" in live.now.fault)
        free.set()
        live.judges(5)
    outcome = replayed(file)
    assert outcome.lost == live.now.taping.lost
    assert outcome.first_lost
    assert outcome.same is True
    assert "has gaps" in outcome.trouble


@pytest.mark.parametrize("reserve", [core.tape.writer.RESERVE, 0], ids=["nearly", "quite"])
def test_a_full_disk_ends_the_recording_and_the_station_goes_on(
    reserve: int, trained: Recipe, small_disk: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.tape.writer, "RESERVE", reserve)
    file, source = small_disk(4096) / "shift", Scripted()
    source.show(good)
    with recording(trained, file, source) as live:
        assert until(lambda: bool(live.now.taping and live.now.taping.over), 60.0)
        assert live.now.taping
        assert "the recording was ended" in live.now.taping.trouble
        assert until(lambda: "the recording was ended" in live.now.fault)
        live.judges(10)
    assert "the recording was ended" in "".join(event.reason for event in read_journal(trained.journal))
    outcome = replayed(file)
    assert outcome.torn_bytes == 0
    assert outcome.same is True, vars(outcome.difference or outcome)
    assert outcome.counts["image", "OK"] > 5


def test_the_end_that_is_torn_off_is_told_and_the_rest_is_the_same(trained: Recipe, tmp_path: Path) -> None:
    file, source = tmp_path / "shift", Scripted()
    source.show(good)
    with recording(trained, file, source) as live:
        live.judges(20)
    content = file.read_bytes()
    file.write_bytes(content[: len(content) * 3 // 4])
    outcome = replayed(file)
    assert not outcome.whole
    assert outcome.torn_bytes > 0
    assert outcome.same is True, vars(outcome.difference or outcome)
    assert outcome.live.count < live.stream.count


def test_nothing_is_written_over(trained: Recipe, tmp_path: Path) -> None:
    (tmp_path / "shift").write_text("mine")
    with pytest.raises(GoodpartError, match="is there already"):
        TapeWriter(tmp_path / "shift")
    with pytest.raises(GoodpartError, match="cannot be written"):
        TapeWriter(tmp_path / "none" / "shift")
    tape = TapeWriter(tmp_path / "other")
    tape.close()
    assert not (tmp_path / "other").exists(), "of what never began nothing is left"
    assert (tmp_path / "shift").read_text() == "mine"


def test_single_shots_are_judged_again_to_the_bit(both: Recipe, tmp_path: Path) -> None:
    both.change("verdict", {"frames": 3, "seconds": 1.5})
    file, source = tmp_path / "shift", Scripted()
    source.show(good)
    with recording(open_recipe(str(both.folder)), file, source, microphone="simulated") as live:
        live.judges(3)
        live.judges(3, "sound")
        live.station.do(SetSingleShot(True))
        live.turns("UNKNOWN", "waiting")
        for number, draw in enumerate((good, odd), 1):
            source.show(draw)
            live.station.do(TriggerPart("key"))
            assert until(lambda n=number: live.now.part is not None and live.now.part.number >= n, 20.0)
            assert until(lambda: "ago" in live.now.verdict.reason, 10.0)
        assert until(lambda: "2 s ago" in live.now.verdict.reason, 10.0)
        assert until(lambda: "waiting" in live.now.verdict.reason, 10.0)
        live.station.do(SetSingleShot(False))
        live.judges(5)
    outcome = replayed(file)
    assert outcome.same is True, vars(outcome.difference or outcome)
    assert outcome.digest.hex() == live.stream.hex()
    assert any("part " in verdict.reason for _, verdict in outcome.turns)
