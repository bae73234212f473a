"""goodpart watch --record and goodpart replay, as they are typed."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from core.recipes.recipe import Recipe, open_recipe
from core.state.jobs import TapeState
from core.tape.container import MAGIC, ChunkReader, packed
from tests.support.fake_station import FakeStation, snapshot
from tests.support.parts import goodpart, odd_part, write_parts
from tui.app.dashboard import Dashboard
from tui.line_mode.console import LineConsole
from tui.widgets.title_and_footer import TitleLine

User = Mapping[str, str]


@pytest.fixture
def line(tmp_path: Path) -> Path:
    """A camera: a folder with two good parts and an odd one."""
    write_parts(tmp_path / "line", [7000, 7001])
    write_parts(tmp_path / "line", [7002], odd_part)
    return tmp_path / "line"


def recorded(recipe: Recipe, line: Path, user: User, *how: str) -> tuple[Path, list[str]]:
    """The recording, and what the watching has printed."""
    file = line.parent / "shift"
    done = goodpart(["watch", recipe.folder, "--camera", line, "--record", file, "--for", "3", *how], user)
    assert done.returncode == 0, done.stderr
    assert "recorded shift" in done.stderr
    return file, done.stdout.splitlines()


def without_time(line: str) -> dict[str, object]:
    said = json.loads(line)
    del said["time"]
    said.get("image", {}).pop("milliseconds", None)
    return said


def test_a_replay_prints_what_the_watching_printed(trained: Recipe, line: Path, user: User) -> None:
    file, live = recorded(trained, line, user, "--headless")
    done = goodpart(["replay", file, "--json"], user)
    assert done.returncode == 0, done.stderr
    again = done.stdout.splitlines()
    assert len(live) > 5
    assert list(map(without_time, again))[: len(live)] == list(map(without_time, live))
    assert len(again) - len(live) <= 3, "but for what was judged while it was being ended"
    late = [json.loads(a)["time"] - json.loads(b)["time"] for a, b in zip(again, live, strict=False)]
    # How the camera was being opened is not recorded, and the first line may be told later.
    assert max(map(abs, late[1:])) < 0.1, late
    assert "live       the same" in done.stderr


def test_the_line_mode_records_and_the_replay_sums_up(trained: Recipe, line: Path, user: User) -> None:
    file, _ = recorded(trained, line, user, "--line")
    first, second = goodpart(["replay", file], user), goodpart(["replay", file, "--recipe", trained.folder], user)
    assert (first.returncode, second.returncode) == (0, 0)
    rows = dict(row.split(maxsplit=1) for row in first.stdout.splitlines())
    assert "recipe pump" in rows["recording"]
    assert "ANOMALY" in rows["samples"]
    assert rows["live"].startswith("the same")
    assert "times real time" in rows["speed"]
    hashes = [[row for row in done.stdout.splitlines() if row.startswith("hash")] for done in (first, second)]
    assert hashes[0] == hashes[1]
    assert "judged with pump: the models and settings of the recording" in second.stdout


def test_two_recipes_are_compared_on_one_recording(trained: Recipe, line: Path, user: User, tmp_path: Path) -> None:
    file, _ = recorded(trained, line, user, "--headless")
    shutil.copytree(trained.folder, tmp_path / "blunt")
    blunt = open_recipe(str(tmp_path / "blunt"))
    blunt.change("image", {"thresholds": {"density": -1e9, "reconstruction_error": 1e9, "by": "hand"}})
    done = goodpart(["replay", file, "--against", blunt.folder], user)
    assert done.returncode == 0, done.stderr
    assert "judged with blunt: other settings in recipe.toml" in done.stdout
    assert "ANOMALY by recorded:" in done.stdout
    assert "OK by blunt" in done.stdout
    done = goodpart(["replay", file, "--recipe", trained.folder, "--against", blunt.folder, "--json"], user)
    pairs = [json.loads(row) for row in done.stdout.splitlines()]
    assert {pair["one"]["recipe"] for pair in pairs} == {"pump"}
    assert {pair["two"]["verdict"] for pair in pairs if pair["one"]["verdict"] == "OK"} == {"OK"}
    differ = [pair for pair in pairs if not pair["agree"]]
    assert differ
    assert {(pair["one"]["verdict"], pair["two"]["verdict"]) for pair in differ} == {("ANOMALY", "OK")}


def test_what_was_recorded_before_kill_9_is_replayed(trained: Recipe, line: Path, user: User, tmp_path: Path) -> None:
    file = tmp_path / "shift"
    with subprocess.Popen(
        [sys.executable, "-m", "tui", "watch", trained.folder, "--camera", line, "--record", file, "--headless"],
        env=dict(user), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdout
        live = [child.stdout.readline() for _ in range(10)]
        os.kill(child.pid, signal.SIGKILL)
    done = goodpart(["replay", file, "--json"], user)
    assert done.returncode == 0, done.stderr
    assert "the recording was not closed properly" in done.stderr
    assert "live       the same" in done.stderr
    again = done.stdout.splitlines()
    # The last one or two may still have waited for the writer.
    assert len(again) >= len(live) - 2
    assert list(map(without_time, again))[:8] == list(map(without_time, live))[:8]


def test_what_cannot_be_done_is_said_in_a_sentence(trained: Recipe, user: User, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no recording")
    (tmp_path / "newer").write_bytes(b"goodpart recording 2\n")
    (tmp_path / "empty").write_bytes(MAGIC)
    for arguments, code, words in (
        (["replay", tmp_path / "none"], 3, "cannot be read (No such file or directory)"),
        (["replay", tmp_path / "text"], 2, "is not a recording of goodpart"),
        (["replay", tmp_path / "newer"], 2, "by a newer goodpart"),
        (["replay", tmp_path / "empty"], 3, "is empty: the recording ended"),
        (["replay", tmp_path / "empty", "--recipe", tmp_path / "gone"], 2, "there is no recipe here"),
        (["watch", trained.folder, "--headless", "--record", tmp_path / "text"], 2, "is there already"),
        (["watch", trained.folder, "--headless", "--record", tmp_path / "gone" / "file"], 2, "cannot be written"),
    ):
        done = goodpart(arguments, user)
        assert done.returncode == code, done.stderr
        assert words in done.stderr
        assert done.stderr.count("\n") == 1
    assert (tmp_path / "text").read_text() == "no recording"


async def test_the_dashboard_tells_that_it_is_recorded() -> None:
    app = Dashboard(FakeStation(snapshot(taping=TapeState("shift-2026-11-27.recording", 12.34))))
    async with app.run_test(size=(80, 24)):
        app.show()
        (title,) = app.screen.query_one(TitleLine)._lines
        text = "".join(part for part, _ in title)
        assert "recording ..026-11-27.recording 12 MB" in text
        assert len(text) <= 80


@pytest.mark.parametrize(
    ("taping", "words"),
    [
        (TapeState("shift", 1.0), "recording shift 1.0 MB"),
        (TapeState("shift", 1.0, 3, "it has gaps"), "recording shift 1.0 MB, 3 samples missing"),
        (TapeState("shift", 1.0, 0, "the disk is full", over=True), "recorded shift 1.0 MB, ended: see the journal"),
    ],
)
def test_the_line_mode_tells_how_the_recording_stands(taping: TapeState, words: str) -> None:
    desk = LineConsole(FakeStation(snapshot(taping=taping)), io.StringIO())
    assert words in desk.obey("s").splitlines()


def test_of_a_replay_that_differs_the_first_difference_and_what_may_be_its_cause_are_told(
    trained: Recipe, line: Path, user: User
) -> None:
    file, _ = recorded(trained, line, user, "--headless")
    with closing(ChunkReader(file)) as reader:
        chunks = list(reader)
    with file.open("wb") as altered:
        altered.write(MAGIC)
        for chunk in chunks:
            facts = dict(chunk.facts)
            if chunk.kind == "HEAD":
                facts["versions"] = {**facts["versions"], "numpy": "1.0"}
            if chunk.kind == "SAID" and facts["verdict"] == "ANOMALY":
                facts["reason"] = "because"
            altered.write(packed(chunk.kind, chunk.at, facts, chunk.data))
    done = goodpart(["replay", file], user)
    assert done.returncode == 1
    assert "live       NOT the same" in done.stdout
    assert '"reason": "because"' in done.stdout
    assert "numpy was 1.0, is " in done.stdout
    assert "machine" not in done.stdout
