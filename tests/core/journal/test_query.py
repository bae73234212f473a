"""The journal is read back: by verdict, kind and day, while a station writes, from a disk that cannot be written."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from core.errors import GoodpartError
from core.journal.query import History, RowFilter, csv_lines, day_bounds, export_csv, json_lines
from core.journal.row import COLUMNS, event_sentence
from core.journal.store import Journal

TODAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 12).timestamp()
DAY = 86400.0
SCORES = {
    "score": 2.5, "density": -9.0, "density_threshold": -4.0, "reconstruction_error": 0.5,
    "reconstruction_error_threshold": 0.4, "p_value": 0.01,
}  # fmt: skip


def written(path: Path) -> Path:
    """Three days: 40 rows of verdicts, a threshold change and the station's own."""
    journal = Journal(path)
    journal.record("start", at=NOON - 2 * DAY, camera="0")
    for number in range(40):
        called = number % 4 == 0
        image = {"anomaly": called, **SCORES, "milliseconds": 17.0, "model": "abc"}
        kept = {"picture": f"p{number}.jpg"} if called else {}
        verdict = "ANOMALY" if called else "OK"
        journal.record("verdict", verdict, f"row {number}", at=NOON - 2 * DAY + number * 5400, image=image, **kept)
    old_new = {"old": -4.0, "new": -4.5}, {"old": 0.4, "new": 0.4}
    journal.record("threshold", "", "key", at=NOON, sense="sound", density=old_new[0], reconstruction_error=old_new[1])
    journal.record("stop", at=NOON + 1, judged=1234)
    journal.close()
    return path


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return written(tmp_path / "journal.sqlite")


def test_rows_are_those_that_were_asked_for(journal: Path) -> None:
    with History(journal) as history:
        everything = list(history.rows(RowFilter()))
        assert [row.id for row in everything] == list(range(1, 44))
        called = list(history.rows(RowFilter(verdict="ANOMALY")))
        assert [row.reason for row in called] == [f"row {number}" for number in range(0, 40, 4)]
        assert [row.kind for row in history.rows(RowFilter(kind="threshold"))] == ["threshold"]
        by_hand = [row for row in everything if row.when.date() == TODAY - timedelta(1) and row.verdict == "OK"]
        assert 5 < len(by_hand) < 20
        assert list(history.rows(RowFilter("OK", "verdict", TODAY - timedelta(1)))) == by_hand
        assert [row.id for row in history.rows(RowFilter(), last=3)] == [41, 42, 43]
        assert list(history.rows(RowFilter(day=date(2001, 1, 1)))) == []


def test_pages_are_newest_first_and_stand_still_while_rows_come(journal: Path) -> None:
    with History(journal) as history:
        top = history.newest()
        for only in (
            RowFilter(),
            RowFilter("ANOMALY"),
            RowFilter(kind="verdict"),
            RowFilter(day=TODAY),
            RowFilter("OK", "verdict", TODAY),
        ):
            wanted = list(history.rows(only))[::-1]
            assert history.count(only, top) == len(wanted)
            assert history.page(only, top, 0, 7) == wanted[:7]
            assert history.page(only, top, 5, 4) == wanted[5:9]
            assert history.page(only, top, len(wanted), 4) == []
        more = Journal(journal)
        more.record("verdict", "ANOMALY", "meanwhile")
        assert more.flush()
        assert history.page(RowFilter(), top, 0, 1)[0].id == top
        assert history.newest() == top + 1
        assert history.count(RowFilter("ANOMALY"), top + 1, above=top) == 1
        assert history.count(RowFilter("OK"), top + 1, above=top) == 0
        more.close()


def test_days_with_rows_are_found_in_both_directions(journal: Path) -> None:
    with History(journal) as history:
        last = history.day_before(None)
        assert last is not None
        assert last >= TODAY
        before = history.day_before(TODAY)
        assert before == TODAY - timedelta(1)
        assert history.day_after(before) == TODAY
        assert history.day_before(TODAY - timedelta(2)) is None
        assert history.day_after(last) is None


def test_days_and_shifts_are_counted(journal: Path) -> None:
    with History(journal) as history:
        rows = list(history.rows())
        bounds = day_bounds(TODAY + timedelta(1), 5)
        assert len(bounds) == 6
        for start, end, told in zip(bounds, bounds[1:], history.counts(bounds), strict=False):
            inside = [row for row in rows if start <= row.at < end]
            assert sum(told.values()) == len(inside)
            assert told.get(("verdict", "ANOMALY"), 0) == sum(row.verdict == "ANOMALY" for row in inside)
        assert history.shifts(bounds[0], bounds[-1]) == bounds[-1:]


def test_a_shift_is_counted_from_its_row_to_the_next(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    for number, kind in enumerate(["part", "shift", "part", "part", "shift", "part"]):
        journal.record(kind, "OK" if kind == "part" else "", at=NOON + number)  # type: ignore[arg-type]
    journal.close()
    with History(tmp_path / "journal.sqlite") as history:
        shifts = history.shifts(NOON - DAY, NOON + DAY)
        assert shifts == [NOON + 1, NOON + 4, NOON + DAY]
        assert [told[("part", "OK")] for told in history.counts(shifts)] == [2, 1]
        assert history.shifts(NOON + 2, NOON + 3) == [NOON + 3]


def test_a_row_in_cells_and_words(journal: Path) -> None:
    with History(journal) as history:
        rows = list(history.rows())
    start, called, threshold, stop = rows[0], rows[1], rows[-2], rows[-1]
    assert event_sentence(start) == "the station has started: camera 0"
    assert event_sentence(threshold) == "density -4 -> -4.5 (key)"
    assert event_sentence(stop) == "the station has stopped: 1234 pictures judged"
    cells = called.cells()
    assert tuple(cells) == COLUMNS
    assert datetime.fromisoformat(cells["time"]).timestamp() == pytest.approx(NOON - 2 * DAY)
    assert datetime.fromisoformat(cells["time"]).utcoffset() is not None
    assert {name: cells[name] for name in SCORES} == SCORES
    assert (cells["sense"], cells["picture"]) == ("image", "p0.jpg")
    assert threshold.cells()["density_threshold_before"] == -4.0
    assert threshold.cells()["density_threshold"] == -4.5
    assert threshold.cells()["sense"] == "sound"


def test_exports_hold_what_the_journal_holds(journal: Path, tmp_path: Path) -> None:
    assert export_csv(journal, RowFilter("ANOMALY"), tmp_path / "out.csv") == 10
    with (tmp_path / "out.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert tuple(lines[0]) == COLUMNS
    assert [line["reason"] for line in lines] == [f"row {number}" for number in range(0, 40, 4)]
    assert float(lines[0]["density"]) == -9.0
    with History(journal) as history:
        told = [json.loads(line) for line in json_lines(history.rows())]
        rows = list(history.rows())
    assert [one["data"] for one in told] == [row.data for row in rows]


def test_a_reason_is_no_formula_for_a_spreadsheet(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal.record("health", "UNKNOWN", '=HYPERLINK("http://x")')
    journal.close()
    with History(tmp_path / "journal.sqlite") as history:
        assert list(csv.reader(csv_lines(history.rows())))[1][4].startswith("'=")


def test_it_reads_what_a_station_has_just_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal.record("start")
    assert journal.flush()
    with History(tmp_path / "journal.sqlite") as history:
        for number in range(5):
            journal.record("verdict", "OK", f"{number}")
            assert journal.flush()
            assert [row.reason for row in history.rows(last=1)] == [str(number)]
    journal.close()


def test_a_disk_that_cannot_be_written_is_read(journal: Path, read_only: Callable[[Path], Path]) -> None:
    with History(read_only(journal.parent) / "journal.sqlite") as history:
        assert history.newest() == 43


def test_rows_that_stand_in_the_log_only_are_read_from_such_a_disk(
    tmp_path: Path, read_only: Callable[[Path], Path]
) -> None:
    # As after a power cut: the log was not put into the journal, and SQLite's shared memory is gone.
    live = tmp_path / "live"
    live.mkdir()
    writing = Journal(written(live / "journal.sqlite"))
    writing.record("fault", "", "the last words")
    assert writing.flush()
    cut = tmp_path / "cut"
    cut.mkdir()
    for name in ("journal.sqlite", "journal.sqlite-wal"):
        (cut / name).write_bytes((live / name).read_bytes())
    writing.close()
    with History(read_only(cut) / "journal.sqlite") as history:
        assert [row.reason for row in history.rows(last=1)] == ["the last words"]


def test_what_is_no_journal_is_said_in_a_sentence(journal: Path, tmp_path: Path) -> None:
    def said(path: Path) -> str:
        with pytest.raises(GoodpartError) as raised, History(path) as history:
            list(history.rows())
        return str(raised.value)

    assert "no journal yet" in said(tmp_path / "none.sqlite")
    (tmp_path / "text.sqlite").write_text("no database " * 100)
    assert "is not a journal" in said(tmp_path / "text.sqlite")
    (tmp_path / "empty.sqlite").write_bytes(b"")
    assert "is not a journal" in said(tmp_path / "empty.sqlite")
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as other:
        other.execute("CREATE TABLE parts (id)")
    assert "is not a journal" in said(tmp_path / "other.sqlite")
    (tmp_path / "torn.sqlite").write_bytes(journal.read_bytes()[:9000])
    assert "is damaged" in said(tmp_path / "torn.sqlite")
    (tmp_path / "folder.sqlite").mkdir()
    assert "cannot be read" in said(tmp_path / "folder.sqlite")


def test_a_row_whose_data_is_torn_is_shown_without_it(journal: Path) -> None:
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute("UPDATE events SET data = '[1' WHERE id = 2")
    with History(journal) as history:
        row = next(row for row in history.rows() if row.id == 2)
    assert (row.reason, dict(row.data), row.cells()["density"]) == ("row 0", {}, None)


def test_a_journal_of_before_has_no_index_and_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "journal.sqlite")
    with closing(sqlite3.connect(path)) as connection:
        for column in ("at", "kind", "verdict"):
            connection.execute(f"DROP INDEX events_{column}")
    with History(path) as history:
        assert history.count(RowFilter("ANOMALY"), 99) == 10
    again = Journal(path)
    again.record("start")
    assert again.flush()
    again.close()
    with closing(sqlite3.connect(path)) as connection:
        plan = str(connection.execute("EXPLAIN QUERY PLAN SELECT id FROM events WHERE verdict = 'OK'").fetchall())
    assert "events_verdict" in plan
