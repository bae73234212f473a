"""What happened at the bench is kept: through kill -9, and through a full disk once there is room again."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import core.journal.store
from core.errors import GoodpartError
from core.journal.store import Journal, read_journal, read_newest
from tests.support.data import ROOT
from tests.support.parts import until

WRITER = """
import sys, time
from pathlib import Path
from core.journal.store import Journal
journal = Journal(Path(sys.argv[1]))
for number in range(1000):
    journal.record("verdict", "OK", f"row {number}", number=number)
    journal.flush()
    print(number, flush=True)
"""


def test_rows_are_read_as_they_were_recorded(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal.record("start", data_of="Prüfstand", numbers=[1.5, None])
    journal.record("verdict", "ANOMALY", "too little like the good parts", at=123.5, density=-9.0)
    journal.close()
    first, second = read_journal(tmp_path / "journal.sqlite")
    assert (first.kind, first.data) == ("start", {"data_of": "Prüfstand", "numbers": [1.5, None]})
    assert (second.at, second.kind, second.verdict) == (123.5, "verdict", "ANOMALY")
    assert second.data == {"density": -9.0}


def test_a_flushed_row_is_on_the_disk(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal.record("start")
    assert journal.flush()
    assert [event.kind for event in read_journal(tmp_path / "journal.sqlite")] == ["start"]
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    journal.close()


def test_committed_rows_survive_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout
        told = [int(writer.stdout.readline()) for _ in range(20)]
        os.kill(writer.pid, signal.SIGKILL)
        told += [int(line) for line in writer.stdout]
    rows = [event.data["number"] for event in read_journal(path)]
    assert rows[: len(told)] == told
    assert rows == list(range(len(rows)))
    journal = Journal(path)
    journal.record("start")
    journal.close()
    assert [event.kind for event in read_journal(path)][-1] == "start"


def test_a_full_disk_is_told_and_the_rows_come_once_there_is_room(
    small_disk: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.journal.store, "RETRY_SECONDS", 0.05)
    disk = small_disk(256)
    journal = Journal(disk / "journal.sqlite")
    journal.record("start")
    assert journal.flush()
    assert journal.fault == ""
    with (disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space"):
        while True:
            filler.write(bytes(1024))
    for number in range(30):
        journal.record("verdict", "OK", "x" * 4000, number=number)
    assert journal.flush()
    assert "the journal cannot be written" in journal.fault
    assert "full" in journal.fault
    (disk / "filler").unlink()
    assert until(lambda: journal.fault == "")
    journal.close()
    assert [event.data.get("number") for event in read_journal(disk / "journal.sqlite")] == [None, *range(30)]


def test_a_disk_that_is_full_from_the_start_is_told(small_disk: Callable[[int], Path]) -> None:
    disk = small_disk(16)
    with (disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space"):
        while True:
            filler.write(bytes(1024))
    journal = Journal(disk / "journal.sqlite")
    journal.record("start")
    assert journal.flush()
    assert "1 rows wait" in journal.fault
    journal.close()


def test_a_read_only_folder_is_told(tmp_path: Path, read_only: Callable[[Path], Path]) -> None:
    journal = Journal(read_only(tmp_path) / "journal.sqlite")
    journal.record("start")
    assert journal.flush()
    assert "cannot be written" in journal.fault
    journal.close()


def test_what_waits_is_bounded_and_the_loss_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.journal.store, "MOST_WAITING", 5)
    journal = Journal(tmp_path / "none" / "journal.sqlite")
    for number in range(8):
        journal.record("verdict", number=number)
    assert journal.flush()
    assert "5 rows wait, 3 lost" in journal.fault
    (tmp_path / "none").mkdir()
    journal.record("verdict", number=8)
    assert journal.flush()
    journal.close()
    assert [event.data["number"] for event in read_journal(tmp_path / "none" / "journal.sqlite")] == [4, 5, 6, 7, 8]


def test_words_that_are_no_utf8_do_not_stop_the_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal.record("health", "UNKNOWN", "camera: /stick/Pr\udcfcfstand is lost", camera="Pr\udcfcfstand")
    journal.close()
    (event,) = read_journal(tmp_path / "journal.sqlite")
    assert event.reason == "camera: /stick/Pr?fstand is lost"


def test_what_cannot_be_stored_is_the_callers_fault_at_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    with pytest.raises(TypeError):
        journal.record("verdict", path=tmp_path)
    journal.record("stop")
    journal.close()
    assert [event.kind for event in read_journal(tmp_path / "journal.sqlite")] == ["stop"]


def test_the_newest_rows_are_read_without_the_others(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    assert read_newest(path, 10) == []
    journal = Journal(path)
    for number in range(200):
        journal.record("word" if number % 4 == 3 else "verdict", at=1000.0 + number, number=number)
    journal.close()

    def numbers(most: int, kind: str | None = None, since: float = 0.0) -> list[int]:
        return [event.data["number"] for event in read_newest(path, most, kind, since)]

    assert numbers(3) == [197, 198, 199]
    assert numbers(3, "word") == [191, 195, 199]
    assert numbers(3, since=1198.0) == [198, 199]
    assert numbers(10, "word", 1190.0) == [191, 195, 199]
    assert numbers(3, "fault") == numbers(3, since=1200.0) == []
    assert numbers(1000) == list(range(200))
    # What is not asked for is not even decoded.
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE events SET data = 'torn' WHERE id <= 190")
    assert numbers(2, "verdict", 1001.0) == [197, 198]
    with pytest.raises(GoodpartError, match="cannot be read"):
        numbers(20)


def test_a_clock_that_was_set_back_hides_no_row(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    for number, at in enumerate((5000.0, 1000.0, 1001.0, 5001.0)):
        journal.record("verdict", at=at, number=number)
    journal.close()
    found = read_newest(tmp_path / "journal.sqlite", 10, since=2000.0)
    assert [event.data["number"] for event in found] == [0, 3]
    assert [event.data["number"] for event in read_newest(tmp_path / "journal.sqlite", 2)] == [2, 3]


def test_no_journal_and_a_broken_one_are_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(GoodpartError, match="no journal yet"):
        list(read_journal(tmp_path / "journal.sqlite"))
    (tmp_path / "journal.sqlite").write_text("no database " * 100)
    with pytest.raises(GoodpartError, match="cannot be read"):
        list(read_journal(tmp_path / "journal.sqlite"))
    journal = Journal(tmp_path / "journal.sqlite")
    journal.record("start")
    assert journal.flush()
    assert "not a database" in journal.fault
    journal.close()


def test_rows_are_plain_json(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal.record("verdict", "OK", data={"deep": [1, {"a": None}]})
    journal.close()
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as connection:
        (data,) = connection.execute("SELECT data FROM events").fetchone()
    assert json.loads(data) == {"data": {"deep": [1, {"a": None}]}}
