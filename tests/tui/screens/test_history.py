"""Looking back: on the command line, and on a screen that reads no more than it shows."""

from __future__ import annotations

import csv
import json
import math
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest
from textual.pilot import Pilot

import core.journal.query
from core.bundle import read_bundle
from core.journal.evidence import Evidence, Gatherer, Trace
from core.journal.query import History, csv_lines
from core.journal.row import COLUMNS, JournalRow
from core.journal.store import Journal
from core.recipes.recipe import Recipe, new_recipe, open_recipe
from tests.support.fake_station import NOW, FakeStation, judgement, preview, snapshot
from tests.support.parts import goodpart_here, odd_part
from tests.tui.app.test_shell import becomes, running, screen_text, shows
from tui.app.shell import Shell
from tui.cli.commands.history import table
from tui.screens.history import HistoryScreen
from tui.screens.watch import WatchScreen
from tui.terminal.capabilities import TerminalKind
from tui.widgets.journal_event import event_lines, table_line

AT = datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp()
SCORES = {
    "score": 2.5, "density": -9.0, "density_threshold": -4.0, "reconstruction_error": 0.5,
    "reconstruction_error_threshold": 0.4, "p_value": 0.01, "milliseconds": 17.0,
}  # fmt: skip


def fill(recipe: Recipe, count: int = 60, model: str = "abc") -> None:
    """A row a minute, every fourth an anomaly, a threshold change at the end."""
    journal = Journal(recipe.journal)
    for number in range(count):
        called = number % 4 == 0
        data = {"image": {"anomaly": called, **SCORES, "model": model}} | ({"picture": "p.jpg"} if called else {})
        reason = f"row {number}: too little like the good parts: density -9.00, threshold -4.00"
        journal.record("verdict", "ANOMALY" if called else "OK", reason, at=AT + 60 * (number - count), **data)
    journal.record(
        "threshold", "", "knob", at=AT, sense="image", density={"old": -4.0, "new": -3.5},
        reconstruction_error={"old": 0.4, "new": 0.4}, knob={"which": "density", "raw": 2730, "sequence": 7},
    )  # fmt: skip
    journal.close()


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recipe]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield new_recipe(str(tmp_path / "pump"))
    monkeypatch.undo()
    time.tzset()


def looking(recipe: Recipe) -> Shell:
    return Shell(recipe, lambda one: FakeStation(snapshot(recipe=one.name)))


async def opened(pilot: Pilot[None], shell: Shell, words: str) -> HistoryScreen:
    await pilot.press("6")
    await becomes(pilot, shell, shows(shell, words))
    assert isinstance(shell.screen, HistoryScreen)
    return shell.screen


# The command.


def test_the_journal_as_a_table_lines_and_cells(recipe: Recipe, user: dict[str, str], tmp_path: Path) -> None:
    fill(recipe)
    done = goodpart_here(["history", recipe.folder], user)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "2026-11-24 Tuesday"
    assert lines[-1].split() == ["12:00:00", "threshold", "density", "-4", "->", "-3.5", "(knob)"]
    assert len(lines) == 62
    told = [json.loads(line) for line in goodpart_here(["history", recipe.folder, "--json"], user).stdout.splitlines()]
    assert [one["kind"] for one in told] == ["verdict"] * 60 + ["threshold"]
    assert told[-1]["data"]["knob"]["raw"] == 2730
    done = goodpart_here(["history", recipe.folder, "--csv", "--verdict", "ANOMALY", "--last", "3"], user)
    cells = list(csv.DictReader(done.stdout.splitlines()))
    assert tuple(cells[0]) == COLUMNS
    assert [one["reason"].split(":")[0] for one in cells] == ["row 48", "row 52", "row 56"]
    done = goodpart_here(["history", recipe.folder, "-o", tmp_path / "all.csv", "--day", "2026-11-24"], user)
    assert (done.returncode, done.stdout) == (0, "")
    assert len((tmp_path / "all.csv").read_text().splitlines()) == 62


def test_what_cannot_be_shown_is_said(recipe: Recipe, user: dict[str, str], tmp_path: Path) -> None:
    done = goodpart_here(["history", recipe.folder], user)
    assert (done.returncode, "no journal yet" in done.stderr) == (2, True)
    fill(recipe)
    done = goodpart_here(["history", recipe.folder, "--kind", "verdikt"], user)
    assert (done.returncode, "threshold, verdict" in done.stderr) == (2, True)
    assert goodpart_here(["history", recipe.folder, "--day", "24.11."], user).returncode == 2
    assert goodpart_here(["history", recipe.folder, "--kind", "fault"], user).stdout == ""
    done = goodpart_here(["history", recipe.folder, "-o", tmp_path / "none" / "x.csv"], user)
    assert (done.returncode, "cannot be written" in done.stderr) == (2, True)
    recipe.journal.write_bytes(recipe.journal.read_bytes()[:9000])
    done = goodpart_here(["history", recipe.folder], user)
    assert (done.returncode, "damaged" in done.stderr, len(done.stderr.splitlines())) == (2, True, 1)


def test_a_table_fits_its_terminal_and_leaves_it_alone() -> None:
    rows = [
        JournalRow(1, AT, "health", "UNKNOWN", "camera: \x1b[2Jfile\n" + "x" * 200),
        JournalRow(2, AT, "stop", "", "", "{}"),
    ]
    for line in table(rows, 60):
        assert len(line.rstrip("\n")) <= 60
        assert line.rstrip("\n").isprintable()
    assert max(map(len, table(rows, None))) > 200


# The screen.


async def test_the_newest_stand_first_and_every_row_can_be_reached(recipe: Recipe) -> None:
    fill(recipe)
    shell = looking(recipe)
    async with running(shell) as pilot:
        await opened(pilot, shell, "1 of 61")
        text = screen_text(shell)
        assert text.index("-4 -> -3.5 (knob)") < text.index("row 59") < text.index("row 58")
        await pilot.press("end")
        await becomes(pilot, shell, shows(shell, "row 0:"))
        assert "61 of 61" in screen_text(shell)
        await pilot.press("home", *["pagedown"] * 2)
        await becomes(pilot, shell, shows(shell, "39 of 61"))
        await pilot.press("escape")
        assert isinstance(shell.screen, WatchScreen)


async def test_rows_are_filtered_by_keys(recipe: Recipe) -> None:
    fill(recipe)
    journal = Journal(recipe.journal)
    journal.record("verdict", "UNKNOWN", "camera: lost", at=AT - 86400)
    journal.close()
    shell = looking(recipe)
    async with running(shell) as pilot:
        await opened(pilot, shell, "1 of 62")
        await pilot.press("v")
        await becomes(pilot, shell, shows(shell, "1 of 15"))
        await pilot.press("v")
        await becomes(pilot, shell, shows(shell, "1 of 1 "))
        assert "camera: lost" in screen_text(shell)
        await pilot.press("0", "f")
        await becomes(pilot, shell, shows(shell, "kind threshold  day all"))
        await becomes(pilot, shell, shows(shell, "1 of 1 "))
        await pilot.press("f", "[")
        await becomes(pilot, shell, shows(shell, "kind verdict  day Tue 2026-11-24"))
        await becomes(pilot, shell, shows(shell, "1 of 60"))
        await pilot.press("[")
        await becomes(pilot, shell, shows(shell, "Mon 2026-11-23"))
        await becomes(pilot, shell, shows(shell, "1 of 1 "))
        await pilot.press("]")
        await becomes(pilot, shell, shows(shell, "Tue 2026-11-24"))
        await pilot.press("0")
        await becomes(pilot, shell, shows(shell, "1 of 62"))


async def test_new_rows_come_by_themselves_unless_somebody_reads_older_ones(recipe: Recipe) -> None:
    fill(recipe)
    journal = Journal(recipe.journal)
    shell = looking(recipe)
    async with running(shell) as pilot:
        await opened(pilot, shell, "1 of 61")
        journal.record("fault", "", "the disk is full")
        await becomes(pilot, shell, shows(shell, "the disk is full"))
        assert "1 of 62" in screen_text(shell)
        await pilot.press("j")
        journal.record("fault", "", "the disk is full again")
        await becomes(pilot, shell, shows(shell, "1 new row above"))
        assert "full again" not in screen_text(shell)
        await pilot.press("g")
        await becomes(pilot, shell, shows(shell, "full again"))
    journal.close()


async def test_all_that_is_known_of_a_row(recipe: Recipe) -> None:
    fill(recipe)
    shell = looking(recipe)
    async with running(shell) as pilot:
        await opened(pilot, shell, "1 of 61")
        await pilot.press("enter")
        await becomes(pilot, shell, shows(shell, "density threshold -4 -> -3.5"))
        text = screen_text(shell)
        assert "set by knob" in text
        assert '"raw": 2730' in text
        await pilot.press("j", "j", "j", "j")
        await becomes(pilot, shell, shows(shell, "row 56: too little"))
        await becomes(pilot, shell, shows(shell, "p.jpg is no longer there"))
        assert "density -9" in screen_text(shell)
        await pilot.press("escape")
        await becomes(pilot, shell, shows(shell, "5 of 61"))


async def test_the_kept_picture_is_judged_again_by_the_same_model_only(
    trained: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained.anomalies.mkdir()
    assert cv2.imwrite(str(trained.anomalies / "p.jpg"), odd_part(901))
    fill(trained, 1, read_bundle(trained.image_bundle).id)
    fill(trained, 1, "another")
    shell = looking(trained)
    async with running(shell) as pilot:
        await opened(pilot, shell, "1 of 4")
        await pilot.press("j", "enter")
        await becomes(pilot, shell, shows(shell, "model another judged"))
        assert "shades" in screen_text(shell)
        assert "at row" not in screen_text(shell)
        await pilot.press("j", "j")
        await becomes(pilot, shell, lambda: "at row" in screen_text(shell))
        await pilot.press("p")
        await becomes(pilot, shell, shows(shell, "ASCII"))


def test_the_map_is_that_of_the_model(trained: Recipe) -> None:
    trained.anomalies.mkdir()
    assert cv2.imwrite(str(trained.anomalies / "p.png"), odd_part(901))
    image = {"anomaly": True, "model": read_bundle(trained.image_bundle).id}
    found = Gatherer(trained).gather(
        JournalRow(1, AT, "verdict", "ANOMALY", "", json.dumps({"image": image, "picture": "p.png"}))
    )
    assert found.map is not None
    assert found.map.max() > 3


def test_a_map_that_was_journalled_outlives_its_model(trained: Recipe) -> None:
    trained.anomalies.mkdir()
    assert cv2.imwrite(str(trained.anomalies / "p.png"), odd_part(901))
    grid: list[list[float | None]] = [[0.5] * 14 for _ in range(14)]
    grid[3][4], grid[0][0] = 7.5, None
    data = {"image": {"anomaly": True, "model": "another", **SCORES}, "picture": "p.png"}

    def found(map: object) -> Evidence:
        return Gatherer(trained).gather(JournalRow(1, AT, "verdict", "ANOMALY", "", json.dumps(data | {"map": map})))

    kept = found(grid)
    assert kept.map is not None and kept.map[3, 4] == 7.5 and math.isnan(kept.map[0, 0])
    assert kept.notes == ("picture: anomalies/p.png",)
    # What is no map is none; a journal may come from anywhere.
    for torn in ([[1.0, 2.0]], "map", [["a"] * 14] * 14, {"a": 1}, [grid[1][:3], *grid[1:]]):
        assert found(torn).map is None and "another judged" in found(torn).notes[-1]


def test_the_map_of_a_row_is_not_told_in_figures(recipe: Recipe) -> None:
    data = {"image": {"anomaly": True, **SCORES}, "picture": "p.jpg", "map": [[7.7] * 14] * 14}
    row = JournalRow(1, AT, "part", "ANOMALY", "a scratch", json.dumps(data))
    lines = [*event_lines(row, None, 80), table_line(row, True, 80)]
    assert "7.7" not in "".join(text for line in lines for text, _ in line)
    assert "7.7" not in "".join(csv_lines([row]))


def test_only_the_recipes_own_folder_is_looked_into(trained: Recipe, tmp_path: Path) -> None:
    shutil.copy(next(trained.good_images.iterdir()), tmp_path / "secret.png")
    text = json.dumps({"picture": "../../secret.png", "trace": "/etc/passwd"})
    found = Gatherer(trained).gather(JournalRow(1, AT, "verdict", "ANOMALY", "", text))
    assert (found.preview, found.trace) == (None, None)
    assert len(found.notes) == 2


async def test_the_trace_of_a_sound_is_drawn(recipe: Recipe) -> None:
    recipe.anomalies.mkdir()
    seconds = [-29.9 + number / 10 for number in range(300)]
    share = [0.2] * 250 + [2.0] * 50
    (recipe.anomalies / "s.json").write_text(json.dumps({"seconds": seconds, "share": share}))
    (recipe.anomalies / "t.json").write_text("{")
    journal = Journal(recipe.journal)
    for name in ("t", "s"):
        journal.record(
            "verdict", "ANOMALY", "sound: whistling", sound={"anomaly": True, **SCORES}, trace=f"{name}.json"
        )
    journal.close()
    shell = looking(recipe)
    async with running(shell) as pilot:
        await opened(pilot, shell, "1 of 2")
        await pilot.press("enter")
        await becomes(pilot, shell, shows(shell, "-30 s"))
        assert "1 alarms" in screen_text(shell)
        await pilot.press("j")
        await becomes(pilot, shell, shows(shell, "t.json: cannot be read"))


async def test_the_filtered_rows_are_written_to_a_file(recipe: Recipe) -> None:
    fill(recipe)
    shell = looking(recipe)
    async with running(shell, (120, 40)) as pilot:
        await opened(pilot, shell, "1 of 61")
        await pilot.press("v")
        await becomes(pilot, shell, shows(shell, "1 of 15"))
        await pilot.press("x")
        await becomes(pilot, shell, shows(shell, "15 rows written: history-"))
    (place,) = recipe.folder.glob("history-*.csv")
    assert len(place.read_text().splitlines()) == 16


async def test_where_nothing_can_be_written_it_is_said(recipe: Recipe, read_only: Callable[[Path], Path]) -> None:
    fill(recipe)
    shell = looking(open_recipe(str(read_only(recipe.folder))))
    async with running(shell, (120, 40)) as pilot:
        await opened(pilot, shell, "1 of 61")
        await pilot.press("x")
        await becomes(pilot, shell, shows(shell, "cannot be written"))


async def test_without_a_journal_and_with_a_torn_one(recipe: Recipe) -> None:
    shell = looking(recipe)
    async with running(shell) as pilot:
        await opened(pilot, shell, "there is no journal yet")
        fill(recipe)
        await becomes(pilot, shell, shows(shell, "1 of 61"))
    recipe.journal.write_bytes(b"no journal " * 999)
    shell = looking(recipe)
    async with running(shell) as pilot:
        await opened(pilot, shell, "is not a journal")


async def test_of_a_long_journal_only_what_is_seen_is_read_and_never_on_the_screens_thread(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(recipe, 1)
    with closing(sqlite3.connect(recipe.journal)) as connection, connection:
        many = ((AT + number, "verdict", "OK", f"row {number}", "{}") for number in range(200_000))
        connection.executemany("INSERT INTO events (at, kind, verdict, reason, data) VALUES (?,?,?,?,?)", many)
    read: list[int] = []
    threads: set[str] = set()
    page = History.page

    def noted(self: History, *arguments: object) -> list[JournalRow]:
        rows = page(self, *arguments)  # type: ignore[arg-type]
        read.append(len(rows))
        threads.add(threading.current_thread().name)
        return rows

    monkeypatch.setattr(core.journal.query.History, "page", noted)
    shell = looking(recipe)
    async with running(shell) as pilot:
        await opened(pilot, shell, "1 of 200002")
        await pilot.press("end")
        await becomes(pilot, shell, shows(shell, "200002 of 200002"))
        await becomes(pilot, shell, shows(shell, "row 0"))
    assert max(read) <= 3 * 24
    assert all(name.startswith("history") for name in threads)


SCENES = {"table": "", "anomaly": "j j j j enter", "threshold": "enter", "sound": "v j j enter"}


@pytest.mark.parametrize("kind", [TerminalKind(), TerminalKind("ascii", "none")], ids=["dark", "ascii"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("scene", SCENES)
def test_the_history_looks_as_it_was_looked_at(
    scene: str,
    size: tuple[int, int],
    kind: TerminalKind,
    recipe: Recipe,
    snap_compare: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    fill(recipe)
    seen = Evidence(preview(), judgement(43, -5.21, 0.0051, hot=7.4).map, None, ("picture: anomalies/p.jpg",))
    trace = Trace(
        [-29.9 + n / 10 for n in range(300)], [0.3 + (n % 7) / 20 + (n > 250) * (n - 250) / 30 for n in range(300)]
    )
    heard = Evidence(preview(), judgement().map, trace, ("sound: anomalies/s.flac",))
    monkeypatch.setattr(
        Gatherer, "gather", lambda _, row: heard if scene == "sound" else seen if row.verdict else Evidence()
    )
    shell = Shell(recipe, lambda one: FakeStation(snapshot(recipe=one.name)), clock=lambda: NOW, kind=kind)

    async def look(pilot: Pilot[None]) -> None:
        await pilot.pause()
        await opened(pilot, shell, "1 of 61")
        for key in SCENES[scene].split():
            await pilot.press(key)
            await pilot.pause(0.1)
        screen = shell.screen
        assert isinstance(screen, HistoryScreen)
        await becomes(pilot, shell, lambda: not screen._reading and (scene == "table" or screen._evidence))
        # By this clock the answer to the key would never go.
        shell._feedback = ("", 0.0)
        shell.show()
        await pilot.pause()
        assert kind.repertoire != "ascii" or screen_text(shell).isascii()

    assert snap_compare(shell, terminal_size=size, run_before=look)
