"""The line mode: what is typed, and what a dumb terminal gets to see."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.commands import (
    AcceptOffers,
    BeginShift,
    Calibrate,
    CancelTraining,
    CollectPictures,
    Command,
    DeleteTaught,
    DiscardModel,
    DiscardOffers,
    EndCollecting,
    GiveFeedback,
    Pause,
    RecordSound,
    SaveThresholds,
    SetSingleShot,
    SetThreshold,
    TakeOverModel,
    Train,
    TriggerPart,
    UndoGrab,
)
from core.evaluation.review_process import ReviewProgress
from core.journal.store import Journal, read_journal
from core.recipes.recipe import Recipe, new_recipe
from core.state.material import InventorySummary, PictureCapture, ReviewQueue
from core.state.parts import Call, Shot
from core.state.verdict import Verdict
from tests.support.fake_station import MODEL, FakeStation, both, judging, knobs, snapshot, sound_alone, waiting
from tests.support.parts import write_parts
from tests.tui.screens.test_every_screen import costs
from tests.tui.screens.test_train import found
from tui.line_mode import recipe_answers
from tui.line_mode.console import HELP, LineConsole
from tui.line_mode.status import status_line

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")


def desk(station: FakeStation | None = None) -> tuple[LineConsole, FakeStation]:
    station = station or FakeStation()
    return LineConsole(station, io.StringIO()), station


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("d -4.2", SetThreshold("density", -4.2, "line", "image")),
        ("e 0.004", SetThreshold("reconstruction_error", 0.004, "line", "image")),
        ("u", UndoGrab()),
        ("save", SaveThresholds()),
        ("calibrate", Calibrate()),
        ("calibrate 0.02", Calibrate(0.02)),
        ("single", SetSingleShot(True)),
        ("continuous", SetSingleShot(False)),
        ("shift", BeginShift()),
        ("offers take", AcceptOffers()),
        ("offers drop", DiscardOffers()),
        ("PAUSE", Pause(True)),
        ("go", Pause(False)),
        ("teach 50", CollectPictures(50)),
        ("teach 20 defect", CollectPictures(20, defect=True)),
        ("train", Train()),
        ("cancel", CancelTraining()),
        ("use", TakeOverModel()),
        ("keep", DiscardModel()),
        ("delete", DeleteTaught("image")),
        ("delete defect", DeleteTaught("image", defect=True)),
        ("delete all yes", DeleteTaught("image", every=True)),
        ("delete defect all yes", DeleteTaught("image", defect=True, every=True)),
    ],
)
def test_a_typed_line_is_obeyed(typed: str, command: Command) -> None:
    line, station = desk()
    assert line.obey(typed + "\n")
    assert station.calls == [command]


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("d", "as a number"),
        ("d nan", "as a number"),
        ("d 1 2", "as a number"),
        ("teach", "how many"),
        ("teach 0", "from 1 to"),
        ("teach 5 bad", "how many"),
        ("stop", "nothing is being stored"),
        ("record", "no microphone"),
        ("record loud", "record defect"),
        ("delete everything", "delete defect all"),
        ("delete all no", "delete defect all"),
        ("targets", "files are not on this machine"),
        ("result", "files are not on this machine"),
        ("history", "files are not on this machine"),
        ("export", "files are not on this machine"),
        ("targets 0.1", "takes nothing more"),
        ("keep it", "takes nothing more"),
        ("sound", "has no sound"),
        ("g", "there are no knobs"),
        ("pause now", "takes nothing more"),
        ("part", "judged continuously: single switches"),
        ("good", "there is no verdict yet"),
        ("calibrate 2", "calibrate 0.02"),
        ("calibrate x", "calibrate 0.02"),
        ("offers all", "takes nothing more"),
        ("quit?", "? lists them"),
    ],
)
def test_what_cannot_be_done_is_told(typed: str, answer: str) -> None:
    line, station = desk()
    assert answer in line.obey(typed)
    assert station.calls == []


def test_knobs_are_grabbed_only_when_they_may_be() -> None:
    line, station = desk(FakeStation(snapshot(knobs=knobs(density=None))))
    assert "the density knob has sent nothing yet" in line.obey("gd")
    assert station.calls == []


def test_thresholds_of_the_other_sense() -> None:
    line, station = desk(FakeStation(both()))
    line.obey("sound")
    line.obey("d -2")
    assert station.calls == [SetThreshold("density", -2.0, "line", "sound")]
    alone, station = desk(FakeStation(sound_alone()))
    alone.obey("d -3")
    assert station.calls == [SetThreshold("density", -3.0, "line", "sound")]


def test_a_part_is_judged_on_a_word_and_its_verdict_talked_about() -> None:
    line, station = desk(FakeStation(waiting()))
    assert "judging the part" in line.obey("part")
    station.publish(judging())
    assert "being judged already" in line.obey("part")
    call = Call(1_730_000_000.5, Verdict("ANOMALY", "redrawn badly"), 12)
    station.publish(snapshot(call=call, offers=ReviewQueue(2, 1, 0, 0)))
    assert line.obey("good") == "noted: part 12 (ANOMALY) was good"
    station.publish(snapshot(call=replace(call, word="good")))
    assert "noted already" in line.obey("good")
    line.obey("bad")
    assert station.calls == [TriggerPart("line"), GiveFeedback("good", call.at), GiveFeedback("bad", call.at)]


def test_the_shift_is_told() -> None:
    line, _ = desk()
    assert "88 parts OK 83 ANOMALY 4 UNKNOWN 1 yield 94.3 %" in line.obey("s")
    assert "good 0 pictures" in line.obey("offers")


def test_a_part_that_is_waited_for_or_judged_is_told_in_words() -> None:
    assert "UNKNOWN waiting for a part; last: 88 OK, 42 s ago" in status_line(waiting())
    assert "judging: 2 of 5 pictures" in status_line(judging())
    judged = replace(waiting(), verdict=Verdict("OK", ""), shot=Shot("judged"), image=snapshot().image)
    assert "OK      part 88 d -3.02/-4.10" in status_line(judged)


def test_stop_ends_what_is_going_on() -> None:
    line, station = desk(FakeStation(snapshot(capture=PictureCapture(3, 50))))
    assert "stored 3 of 50" in line.obey("s")
    line.obey("stop")
    assert station.calls == [EndCollecting()]


@given(st.text())
def test_whatever_is_typed_is_answered_in_plain_lines(typed: str) -> None:
    out = io.StringIO()
    line = LineConsole(FakeStation(), out)
    line.listen(io.StringIO(typed))
    assert all(len(row) <= 79 and row.isascii() and row.isprintable() for row in out.getvalue().split("\n"))


def test_help_fits() -> None:
    line, _ = desk()
    rows = line.obey("?").splitlines()
    assert max(map(len, rows)) <= 79 and len(rows) <= 22


def test_every_command_is_in_the_help() -> None:
    told = set(re.findall(r"[a-z?]+", HELP))
    assert told >= set(LineConsole._COMMANDS)


def test_sound_is_recorded_and_deleted() -> None:
    line, station = desk(FakeStation(sound_alone()))
    assert "recording defective sound" in line.obey("record defect")
    line.obey("stop")
    assert "newest good recording" in line.obey("delete")
    assert station.calls == [RecordSound(True, defect=True), RecordSound(False), DeleteTaught("sound")]
    line, station = desk(FakeStation(both()))
    line.obey("sound")
    line.obey("delete defect")
    assert station.calls == [DeleteTaught("sound", defect=True)]


def test_all_is_deleted_only_where_it_is_confirmed() -> None:
    line, station = desk(FakeStation(snapshot(inventory=InventorySummary(40, 3))))
    assert line.obey("delete all") == "this deletes all 40 good pictures for good: type delete all yes to do it"
    assert "all 3 defective pictures" in line.obey("delete defect all")
    assert "type delete defect all yes" in line.obey("delete defect all")
    assert station.calls == []


# What the recipe's files tell.


def telling(recipe: Recipe, station: FakeStation | None = None) -> tuple[LineConsole, io.StringIO]:
    out = io.StringIO()
    return LineConsole(station or FakeStation(), out, recipe), out


@pytest.fixture
def journalled(tmp_path: Path) -> Recipe:
    recipe = new_recipe(str(tmp_path / "pump"))
    journal = Journal(recipe.journal)
    for number in range(30):
        words = f"row {number}: " + "too little like the good parts, " * 5
        journal.record("verdict", "OK" if number % 10 else "ANOMALY", words)
    journal.close()
    return recipe


def test_the_newest_rows_are_told_and_of_one_verdict(journalled: Recipe) -> None:
    line, _ = telling(journalled)
    assert [row.split()[5] for row in line.obey("history").splitlines()] == [f"{n}:" for n in range(20, 30)]
    rows = line.obey("history 2 anomaly").splitlines()
    assert ["row 10:" in rows[0], "row 20:" in rows[1]] == [True, True]
    assert len(line.obey("history ANOMALY").splitlines()) == 3
    assert max(map(len, rows)) == 79
    assert line.obey("history UNKNOWN") == "there is no row with UNKNOWN"
    for wrong in ("history 0", "history 201", "history ten", "history 5 bad", "history 5 OK more"):
        assert "history 10 ANOMALY" in line.obey(wrong)


def test_all_rows_are_exported(journalled: Recipe) -> None:
    line, _ = telling(journalled)
    told = line.obey("export")
    (place,) = journalled.folder.glob("history-*.csv")
    assert told == f"30 rows written to {place.name} in the recipe's folder"
    assert len(place.read_text().splitlines()) == 31


class Examined:
    """In place of an examination in a process of its own: it has found something at once."""

    asked: ClassVar[list[bool]] = []
    now = ReviewProgress("done", found=(found(costs=costs()),))

    def __init__(self, folder: Path, *, candidate: bool, changed: Callable[[ReviewProgress], None]) -> None:
        self.asked.append(candidate)
        changed(ReviewProgress("running", 1, 2))
        changed(self.now)


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> type[Examined]:
    monkeypatch.setattr(recipe_answers, "ModelReviewProcess", Examined)
    monkeypatch.setattr(Examined, "asked", [])
    return Examined


def test_what_each_target_needs_and_costs_is_told(journalled: Recipe, examined: type[Examined]) -> None:
    line, out = telling(journalled)
    assert "reviewing the model" in line.obey("targets")
    told = out.getvalue().splitlines()
    assert examined.asked == [False]
    assert [row.split()[0] for row in told[1:9]] == ["20", "10", "5", "2", "1", "0.5", "0.2", "0.1"]
    assert "2 of 20" in told[1] and "39 more good ones are needed" in told[5]
    assert all(len(row) <= 79 and row.isascii() for row in told)


def test_what_a_model_has_learnt_is_told_of_the_new_one_first(journalled: Recipe, examined: type[Examined]) -> None:
    station = FakeStation()
    line, out = telling(journalled, station)
    assert line.obey("result") == "reviewing the model in use"
    station.publish(snapshot(new_model=MODEL))
    assert line.obey("result") == "reviewing the new model"
    assert examined.asked == [False, True]
    told = out.getvalue()
    assert "pictures: features, learnt from 120" in told
    assert "17 of 20 defects found, 2 missed, AUROC 0.971" in told
    assert all(len(row) <= 79 and row.isascii() for row in told.splitlines())


def test_where_there_is_no_model_it_is_told(
    journalled: Recipe, examined: type[Examined], monkeypatch: pytest.MonkeyPatch
) -> None:
    line, out = telling(journalled, FakeStation(sound_alone()))
    line.obey("targets")
    assert "no model of sound yet" in out.getvalue()
    monkeypatch.setattr(
        examined, "now", ReviewProgress("failed", message="pump: there is no model to look at; train first")
    )
    line.obey("targets")
    assert "train first" in out.getvalue()


def test_closing_is_not_quitting() -> None:
    line, _ = desk()
    assert line.obey("close") == "closing the recipe"
    assert line.closed and line.left.is_set()
    line, _ = desk()
    line.obey("q")
    assert line.left.is_set() and not line.closed


def test_an_answer_that_is_too_long_goes_on_in_the_next_line() -> None:
    out = io.StringIO()
    LineConsole(FakeStation(), out).listen(io.StringIO("calibrate 2 " + "more " * 30 + "end\n" + "x" * 200 + "\n"))
    told = out.getvalue()
    assert all(len(row) <= 79 for row in told.splitlines())
    assert told.endswith("? lists them\n")


def test_news_are_told_once() -> None:
    out = io.StringIO()
    line = LineConsole(FakeStation(), out)
    fault = snapshot(fault="the disk is full")
    line.show(iter([fault, fault, snapshot(), replace(fault, at=fault.at + 0.5)]), out)
    assert out.getvalue().count("* the disk is full") == 2


class Teletype:
    """`goodpart` on a real pseudo-terminal that can do nothing but print."""

    def __init__(self, arguments: list[str], env: dict[str, str]) -> None:
        self.master, slave = pty.openpty()
        self.child = subprocess.Popen(
            [sys.executable, "-m", "tui", *arguments],
            env=env, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.seen = b""

    def wait_for(self, text: str, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while text.encode() not in self.seen:
            assert time.monotonic() < end, f"{text!r} did not come: {self.seen.decode()}"
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 4096)

    def type(self, line: str) -> None:
        os.write(self.master, f"{line}\n".encode())


def test_a_shift_at_a_dumb_terminal(user: dict[str, str], trained: Recipe, tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    write_parts(shown, range(1000, 1020))
    before = len(list(trained.good_images.iterdir()))
    env = user | {"TERM": "dumb", "LANG": "C"}
    teletype = Teletype(["watch", str(trained.folder), "--camera", str(shown)], env)
    try:
        teletype.wait_for("this terminal cannot place text")
        teletype.wait_for(" OK ")
        teletype.type("teach 2")
        teletype.wait_for("2 pictures of good parts stored in good/images")
        teletype.type("d 99")
        teletype.wait_for("density threshold 99")
        teletype.wait_for(" ANOMALY ")
        teletype.type("nonsense")
        teletype.wait_for("nonsense is not a command")
        teletype.type("q")
        teletype.wait_for("ending")
        assert teletype.child.wait(10) == 0
    finally:
        teletype.child.kill()
        teletype.child.wait()
        os.close(teletype.master)
    assert max(teletype.seen) < 128 and b"\x1b" not in teletype.seen
    assert len(list(trained.good_images.iterdir())) == before + 2
    kinds = [event.kind for event in read_journal(trained.journal)]
    assert "teaching" in kinds and kinds[-1] == "stop"
    assert [event.reason for event in read_journal(trained.journal) if event.kind == "threshold"] == ["line"]


def test_single_shots_at_a_dumb_terminal(user: dict[str, str], trained: Recipe, tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    write_parts(shown, range(1000, 1020))
    trained.change("verdict", {"mode": "single", "frames": 1})
    teletype = Teletype(["watch", str(trained.folder), "--camera", str(shown), "--line"], user | {"TERM": "dumb"})
    try:
        teletype.wait_for("waiting for a part")
        teletype.type("part")
        teletype.wait_for("; last: 1 ")
        teletype.type("bad")
        teletype.wait_for("noted: part 1 (")
        teletype.type("shift")
        teletype.wait_for("counting from 0")
        teletype.type("part")
        for _ in range(20):
            if b": 1 parts OK " in teletype.seen.partition(b"counting from 0")[2]:
                break
            time.sleep(0.2)
            asked = teletype.seen.count(b"shift since")
            teletype.type("s")
            while teletype.seen.count(b"shift since") == asked:
                teletype.seen += os.read(teletype.master, 4096)
        assert b": 1 parts OK " in teletype.seen.partition(b"counting from 0")[2]
        teletype.type("continuous")
        teletype.wait_for("parts are judged continuously")
        teletype.type("q")
        teletype.wait_for("ending")
        assert teletype.child.wait(10) == 0
    finally:
        teletype.child.kill()
        teletype.child.wait()
        os.close(teletype.master)
    told = list(read_journal(trained.journal))
    assert [event.data["by"] for event in told if event.kind == "part"] == ["line", "line"]
    assert [event.data["word"] for event in told if event.kind == "word"] == ["bad"]
