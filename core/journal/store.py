"""What happened at the bench: SQLite (WAL) with one writer thread, and pictures of what was called out."""

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
MOST_WAITING = 10_000

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
"""By which rows are looked for; within each they stand in the order of their ids."""


Row = tuple[float, str, str, str, str]


class Journal:
    """Committed rows survive kill -9. What the disk refuses waits in memory and is tried again; `fault` says so."""

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
        """In words, while rows cannot be written; empty when all is well."""
        return self._fault

    def record(
        self, kind: Kind, verdict: str = "", reason: str = "", *, at: float | None = None, **data: Any
    ) -> JournalEvent:
        """Give a row to the writer and to the caller; never blocks. `at` is time.time() of what happened, now if not
        given."""
        # File names that are no UTF-8 may stand in a reason; SQLite takes only what is.
        words = reason.encode("utf-8", "replace").decode()
        event = JournalEvent(time.time() if at is None else at, kind, verdict, words, data)
        self._queue.put((event.at, kind, verdict, words, json.dumps(data)))
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_all, name="journal", daemon=True)
                self._thread.start()
        return event

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until all that was recorded before is committed (or refused)."""
        if self._thread is None:
            return True
        done = threading.Event()
        self._queue.put(done)
        return done.wait(timeout)

    def close(self, timeout: float = 5.0) -> None:
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
    """All rows, oldest first. Raises GoodpartError where there is no journal or it cannot be read."""
    if not path.exists():
        raise GoodpartError(f"{path}: there is no journal yet; `goodpart watch` begins one")
    with _to_be_read(path) as connection:
        yield from _events(connection.execute(f"{_SELECT} ORDER BY id"))


def read_newest(path: Path, most: int, kind: str | None = None, since: float = 0.0) -> list[JournalEvent]:
    """At most so many of the newest rows, oldest first; of one kind, and from a time on (seconds since 1970), where
    that is asked. Looks at no others. Raises GoodpartError where the journal cannot be read."""
    if not path.exists():
        return []
    said: list[tuple[str, float | str]] = [] if kind is None else [("kind = ?", kind)]
    with _to_be_read(path) as connection:
        if not _begun(connection):
            return []
        if since > 0:
            # The time becomes an id, in whose order rows are wanted; `+at` keeps its index out of the rest.
            (first,) = connection.execute("SELECT min(id) FROM events WHERE at >= ?", [since]).fetchone()
            if first is None:
                return []
            said += [("id >= ?", first), ("+at >= ?", since)]
        where = f"WHERE {' AND '.join(condition for condition, _ in said)}" if said else ""
        values = [value for _, value in said]
        found = connection.execute(f"{_SELECT} {where} ORDER BY id DESC LIMIT ?", [*values, most])
        return [*_events(found)][::-1]


def read_shift(path: Path) -> tuple[float | None, dict[str, int]]:
    """When the last shift began (None where none has), and how many parts of it got which verdict.

    Raises GoodpartError where the journal cannot be read.
    """
    if not path.exists():
        return None, {}
    with _to_be_read(path) as connection:
        if not _begun(connection):
            return None, {}
        # From the newest backwards: a shift is short, a journal may hold years.
        begun = connection.execute("SELECT id, at FROM events WHERE kind = 'shift' ORDER BY id DESC LIMIT 1").fetchone()
        if begun is None:
            return None, {}
        counts = connection.execute(
            "SELECT verdict, count(*) FROM events WHERE id > ? AND kind = 'part' GROUP BY verdict", begun[:1]
        )
        return begun[1], dict(counts.fetchall())


@contextmanager
def _to_be_read(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            yield connection
    except (sqlite3.Error, json.JSONDecodeError) as error:
        raise GoodpartError(f"{path}: the journal cannot be read ({error})") from error


def _begun(connection: sqlite3.Connection) -> bool:
    """Whether there is a table; it may be being made just now."""
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'events'").fetchone() is not None


def _events(rows: Iterable[Row]) -> Iterator[JournalEvent]:
    for at, kind, verdict, reason, data in rows:
        yield JournalEvent(at, kind, verdict, reason, json.loads(data))
