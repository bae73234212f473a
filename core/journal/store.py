"""Stores the journal: a SQLite file (WAL mode) with one writer thread, and functions that read its rows."""

from __future__ import annotations

import json
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal

from core.errors import GoodpartError
from core.state.journal_event import JournalEvent

Kind = Literal[
    "start",
    "stop",
    "verdict",
    "part",
    "shift",
    "word",
    "threshold",
    "health",
    "training",
    "model",
    "teaching",
    "recording",
    "fault",
    "command",
]
RETRY_SECONDS = 2.0
"""Seconds between two attempts to write rows that the disk refused."""
MOST_WAITING = 10_000
"""Rows that wait in memory at most; beyond that the oldest are lost."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,          -- seconds since 1970
    kind TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    data TEXT NOT NULL         -- JSON: scores and thresholds, old and new, the kept picture and its map
) STRICT
"""
_SELECT = "SELECT at, kind, verdict, reason, data FROM events"
_INDEXES = ("at", "kind", "verdict")
"""Columns with an index; rows with equal values are in the order of their ids."""


Row = tuple[float, str, str, str, str]
"""`at`, `kind`, `verdict`, `reason`, `data`."""


class Journal:
    """Writes rows. Committed rows survive kill -9; rows that the disk refuses wait in memory and are tried again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: deque[Row] = deque()
        self._queue: queue.SimpleQueue[Row | threading.Event | None] = queue.SimpleQueue()
        self._fault = ""
        self._lost = 0
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    @property
    def fault(self) -> str:
        """Why rows cannot be written at present, as text; empty if they can."""
        return self._fault

    def record(
        self, kind: Kind, verdict: str = "", reason: str = "", *, at: float | None = None, **data: Any
    ) -> JournalEvent:
        """Queue a row for the writer and return it; never blocks. `at` is time.time() of the event, by default now;
        `data` must be JSON values."""
        # A reason may hold file names that are not UTF-8, which SQLite refuses.
        text = reason.encode("utf-8", "replace").decode()
        event = JournalEvent(time.time() if at is None else at, kind, verdict, text, data)
        self._queue.put((event.at, kind, verdict, text, json.dumps(data)))
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_all, name="journal", daemon=True)
                self._thread.start()
        return event

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait at most `timeout` seconds until all rows recorded so far are committed or refused. Return whether they
        are."""
        if self._thread is None:
            return True
        done = threading.Event()
        self._queue.put(done)
        return done.wait(timeout)

    def close(self, timeout: float = 5.0) -> None:
        """Write the remaining rows and end the writer thread; waits at most `timeout` seconds."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(timeout)

    def _write_all(self) -> None:
        connection: sqlite3.Connection | None = None
        ending = False
        while not ending:
            try:
                item = self._queue.get(timeout=RETRY_SECONDS if self._waiting else None)
            except queue.Empty:
                item = None
            else:
                ending = item is None
            if isinstance(item, tuple):
                self._wait(item)
            while not self._queue.empty() and not ending and not isinstance(item, threading.Event):
                item = self._queue.get()
                ending = item is None
                if isinstance(item, tuple):
                    self._wait(item)
            connection = self._commit(connection)
            if isinstance(item, threading.Event):
                item.set()
        if connection is not None:
            connection.close()

    def _wait(self, row: Row) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self._lost += 1
        self._waiting.append(row)

    def _commit(self, connection: sqlite3.Connection | None) -> sqlite3.Connection | None:
        if not self._waiting:
            return connection
        try:
            connection = connection or _connect(self._path)
            with connection:
                connection.executemany(
                    "INSERT INTO events (at, kind, verdict, reason, data) VALUES (?,?,?,?,?)", self._waiting
                )
        except sqlite3.Error as error:
            lost = f", {self._lost} lost" if self._lost else ""
            self._fault = (
                f"the journal cannot be written ({error}); {len(self._waiting)} rows wait{lost}: free the disk or"
                " check the folder's rights"
            )
            if connection is not None:
                connection.close()
            return None
        self._waiting.clear()
        self._fault = ""
        return connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=5.0)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(_SCHEMA)
        for column in _INDEXES:
            connection.execute(f"CREATE INDEX IF NOT EXISTS events_{column} ON events ({column})")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def read_journal(path: Path) -> Iterator[JournalEvent]:
    """Yield all rows, oldest first. Raises GoodpartError if the journal is missing or unreadable."""
    if not path.exists():
        raise GoodpartError(f"{path}: there is no journal yet; `goodpart watch` begins one")
    with _opened_read_only(path) as connection:
        yield from _events(connection.execute(f"{_SELECT} ORDER BY id"))


def read_newest(path: Path, most: int, kind: str | None = None, since: float = 0.0) -> list[JournalEvent]:
    """The `most` newest rows, oldest first, optionally of one kind and from a time on (seconds since 1970).

    Empty if the journal is missing. Reads no other rows. Raises GoodpartError if the journal is unreadable.
    """
    if not path.exists():
        return []
    conditions: list[tuple[str, float | str]] = [] if kind is None else [("kind = ?", kind)]
    with _opened_read_only(path) as connection:
        if not _has_table(connection):
            return []
        if since > 0:
            # The time becomes an id because rows are wanted by id; `+at` keeps SQLite from using the index on `at`.
            (first,) = connection.execute("SELECT min(id) FROM events WHERE at >= ?", [since]).fetchone()
            if first is None:
                return []
            conditions += [("id >= ?", first), ("+at >= ?", since)]
        where = f"WHERE {' AND '.join(condition for condition, _ in conditions)}" if conditions else ""
        values = [value for _, value in conditions]
        newest = connection.execute(f"{_SELECT} {where} ORDER BY id DESC LIMIT ?", [*values, most])
        return [*_events(newest)][::-1]


def read_shift(path: Path) -> tuple[float | None, dict[str, int]]:
    """When the last shift began (seconds since 1970, None if there is no shift), and its number of parts per verdict.

    Raises GoodpartError if the journal is unreadable.
    """
    if not path.exists():
        return None, {}
    with _opened_read_only(path) as connection:
        if not _has_table(connection):
            return None, {}
        # From the newest backwards: a shift is short, a journal may hold years.
        shift = connection.execute("SELECT id, at FROM events WHERE kind = 'shift' ORDER BY id DESC LIMIT 1").fetchone()
        if shift is None:
            return None, {}
        counts = connection.execute(
            "SELECT verdict, count(*) FROM events WHERE id > ? AND kind = 'part' GROUP BY verdict", shift[:1]
        )
        return shift[1], dict(counts.fetchall())


@contextmanager
def _opened_read_only(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            yield connection
    except (sqlite3.Error, json.JSONDecodeError) as error:
        raise GoodpartError(f"{path}: the journal cannot be read ({error})") from error


def _has_table(connection: sqlite3.Connection) -> bool:
    """Whether the table exists; the writer may be about to create it."""
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'events'").fetchone() is not None


def _events(rows: Iterable[Row]) -> Iterator[JournalEvent]:
    for at, kind, verdict, reason, data in rows:
        yield JournalEvent(at, kind, verdict, reason, json.loads(data))
