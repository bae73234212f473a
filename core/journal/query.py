"""Queries of the journal: rows by verdict, kind and day, single pages or all, counts, and exports."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise, starmap
from pathlib import Path
from typing import Any, Self

from core.errors import GoodpartError
from core.journal.row import COLUMNS, JournalRow
from core.runtime.atomic_files import write_lines

_SELECT = "SELECT id, at, kind, verdict, reason, data FROM events"


@dataclass(frozen=True)
class RowFilter:
    """Which rows a query returns; None matches all."""

    verdict: str | None = None
    kind: str | None = None
    day: date | None = None
    """Day in local time."""

    def __bool__(self) -> bool:
        return self != RowFilter()


class History:
    """A journal opened for reading, also while a station writes it, and also in a read-only folder.

    Use it on one thread, as a context manager. Every method raises GoodpartError if the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        """Raises GoodpartError if the journal is missing or is not a journal."""
        self._path = path
        self._copies: tempfile.TemporaryDirectory[str] | None = None
        if not path.exists():
            raise GoodpartError(f"{path}: there is no journal yet; `goodpart watch` begins one")
        self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            return _connect(self._path, "mode=ro")
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                raise self._explained(error) from error
            return self._open_unwritable()
        except sqlite3.Error as error:
            raise self._explained(error) from error

    def _open_unwritable(self) -> sqlite3.Connection:
        """Open the journal if SQLite cannot create its lock file beside it."""
        log = self._path.with_name(self._path.name + "-wal")
        try:
            if not log.exists() or log.stat().st_size == 0:
                return _connect(self._path, "immutable=1")
            # The newest rows may be in the write-ahead log only: open a copy of both files.
            self._copies = tempfile.TemporaryDirectory(prefix="goodpart-")
            copies = [Path(shutil.copy(file, self._copies.name)) for file in (self._path, log)]
            return _connect(copies[0], "mode=rw")
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> GoodpartError:
        cause = str(error)
        if "not a database" in cause or "no such" in cause:
            return GoodpartError(f"{self._path}: is not a journal of goodpart ({cause})")
        if "malformed" in cause or "corrupt" in cause:
            return GoodpartError(
                f"{self._path}: the journal is damaged ({cause}): move it away, `goodpart watch` begins a new one"
            )
        return GoodpartError(f"{self._path}: the journal cannot be read ({cause})")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection and delete temporary copies."""
        connection = getattr(self, "_connection", None)
        if connection is not None:
            connection.close()
        if self._copies is not None:
            self._copies.cleanup()

    def _ask(self, query: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        try:
            yield from self._connection.execute(query, values)
        except sqlite3.Error as error:
            raise self._explained(error) from error

    def rows(self, only: RowFilter = RowFilter(), last: int | None = None) -> Iterator[JournalRow]:
        """Yield the matching rows, oldest first; with `last` only so many of the newest."""
        where, values = self._where(only)
        if last is None:
            yield from starmap(JournalRow, self._ask(f"{_SELECT} {where} ORDER BY id", values))
            return
        yield from starmap(
            JournalRow, [*self._ask(f"{_SELECT} {where} ORDER BY id DESC LIMIT ?", [*values, last])][::-1]
        )

    def newest(self) -> int:
        """The id of the newest row; 0 if the journal is empty."""
        return int(next(self._ask("SELECT coalesce(max(id), 0) FROM events"))[0])

    def count(self, only: RowFilter, top: int, above: int = 0) -> int:
        """The number of matching rows with `above` < id <= `top`."""
        if not only:  # rows are never deleted: the ids alone give the number
            (first,) = next(self._ask("SELECT coalesce(min(id), 1) FROM events"))
            return max(0, top - max(above, int(first) - 1))
        where, values = self._where(only, top, above)
        return int(next(self._ask(f"SELECT count(*) FROM events {where}", values))[0])

    def page(self, only: RowFilter, top: int, offset: int, count: int) -> list[JournalRow]:
        """At most `count` matching rows with id <= `top`, newest first, after skipping `offset` of them."""
        if not only:
            top, offset = top - offset, 0
        where, values = self._where(only, top)
        ids = f"SELECT id FROM events {where} ORDER BY id DESC LIMIT ? OFFSET ?"
        query = f"{_SELECT} WHERE id IN ({ids}) ORDER BY id DESC"
        return [*starmap(JournalRow, self._ask(query, [*values, count, offset]))]

    def kinds(self) -> list[str]:
        """The kinds of rows that occur in the journal, sorted."""
        # The index leads from one kind to the next: DISTINCT would read every row.
        query = """
            WITH RECURSIVE known (kind) AS (
                SELECT min(kind) FROM events
                UNION ALL
                SELECT (SELECT min(kind) FROM events WHERE kind > known.kind) FROM known WHERE known.kind IS NOT NULL
            )
            SELECT kind FROM known WHERE kind IS NOT NULL"""
        return [str(kind) for (kind,) in self._ask(query)]

    def day_before(self, day: date | None) -> date | None:
        """The nearest day with rows before `day`, the last of all if `day` is None; None if there is no such day."""
        limit = _midnight(day) if day else float("inf")
        (at,) = next(self._ask("SELECT max(at) FROM events WHERE at < ?", [limit]))
        return None if at is None else date.fromtimestamp(at)

    def day_after(self, day: date) -> date | None:
        """The nearest day with rows after `day`; None if there is no such day."""
        (at,) = next(self._ask("SELECT min(at) FROM events WHERE at >= ?", [_midnight(day + timedelta(1))]))
        return None if at is None else date.fromtimestamp(at)

    def counts(self, bounds: Sequence[float]) -> list[dict[tuple[str, str], int]]:
        """The number of rows per (kind, verdict) in each interval between neighbouring `bounds` (seconds since 1970).

        The intervals may be shifts or days; the result has one entry less than `bounds`.
        """
        counts = []
        for start, end in pairwise(bounds):
            query = "SELECT kind, verdict, count(*) FROM events WHERE at >= ? AND at < ? GROUP BY kind, verdict"
            counts.append({(kind, verdict): number for kind, verdict, number in self._ask(query, [start, end])})
        return counts

    def shifts(self, start: float, end: float) -> list[float]:
        """The times at which shifts began from `start` up to `end` (seconds since 1970), followed by `end`."""
        query = "SELECT at FROM events WHERE kind = 'shift' AND at >= ? AND at < ? ORDER BY at"
        return [*(float(at) for (at,) in self._ask(query, [start, end])), end]

    def _where(self, only: RowFilter, top: int | None = None, above: int = 0) -> tuple[str, list[Any]]:
        # The day becomes a range of ids because rows are wanted by id; `+at` keeps SQLite from using the index on `at`.
        conditions: list[tuple[str, Any]] = [] if top is None else [("id <= ?", top), ("id > ?", above)]
        if only.verdict is not None:
            conditions.append(("verdict = ?", only.verdict))
        if only.kind is not None:
            conditions.append(("kind = ?", only.kind))
        if only.day is not None:
            start, end = _midnight(only.day), _midnight(only.day + timedelta(1))
            low, high = next(self._ask("SELECT min(id), max(id) FROM events WHERE at >= ? AND at < ?", [start, end]))
            conditions += [("id >= ?", low or 0), ("id <= ?", high or 0), ("+at >= ?", start), ("+at < ?", end)]
        clause = " AND ".join(condition for condition, _ in conditions)
        return (f"WHERE {clause}" if clause else ""), [value for _, value in conditions]


def _connect(path: Path, how: str) -> sqlite3.Connection:
    """Open the journal with the URI parameters `how`. Raises sqlite3.Error, also if the table of events is missing."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)
    try:
        connection.execute(f"{_SELECT} LIMIT 1").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _midnight(day: date) -> float:
    return datetime.combine(day, time()).timestamp()


def day_bounds(last: date, days: int) -> list[float]:
    """The `days` + 1 midnights (seconds since 1970, local time) around the `days` days that end with `last`."""
    return [_midnight(last - timedelta(back)) for back in range(days - 1, -2, -1)]


def json_lines(rows: Iterable[JournalRow]) -> Iterator[str]:
    """Yield one JSON object per row: the cells of an export, and `data` as the journal has it."""
    for row in rows:
        yield json.dumps(row.cells() | {"data": dict(row.data)}) + "\n"


def csv_lines(rows: Iterable[JournalRow]) -> Iterator[str]:
    """Yield the heading, then one line per row. Text that a spreadsheet would take for a formula is quoted."""
    writer = csv.writer(_Echo(), lineterminator="\n")
    yield str(writer.writerow(COLUMNS))
    for row in rows:
        yield str(writer.writerow(map(_harmless, row.cells().values())))


class _Echo:
    """A file whose `write` returns the line, so that `csv.writer.writerow` returns it too."""

    def write(self, line: str) -> str:
        return line


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def export_csv(journal: Path, only: RowFilter, place: Path) -> int:
    """Write the matching rows to the file `place`; return their number. Raises GoodpartError."""
    with History(journal) as history:
        return write_lines(place, csv_lines(history.rows(only))) - 1
