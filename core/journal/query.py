"""Looking back: rows of the journal by verdict, kind and day, a page or all of them, and counts."""

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
    """Which rows; all where nothing is said."""

    verdict: str | None = None
    kind: str | None = None
    day: date | None = None

    def __bool__(self) -> bool:
        return self != RowFilter()


class History:
    """A journal that is read, also while a station writes it, and from a folder that cannot be written.

    Used by one thread, as a context manager. Every method raises GoodpartError where the file is torn.
    """

    def __init__(self, path: Path) -> None:
        """Raises GoodpartError where there is no journal, or it is none."""
        self._path = path
        self._aside: tempfile.TemporaryDirectory[str] | None = None
        if not path.exists():
            raise GoodpartError(f"{path}: there is no journal yet; `goodpart watch` begins one")
        self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            return _connect(self._path, "mode=ro")
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                raise self._said(error) from error
            return self._open_unwritable()
        except sqlite3.Error as error:
            raise self._said(error) from error

    def _open_unwritable(self) -> sqlite3.Connection:
        """Where SQLite cannot put its lock file beside the journal."""
        log = self._path.with_name(self._path.name + "-wal")
        try:
            if not log.exists() or log.stat().st_size == 0:
                return _connect(self._path, "immutable=1")
            # What stands in the log only is not to be missed.
            self._aside = tempfile.TemporaryDirectory(prefix="goodpart-")
            copies = [Path(shutil.copy(file, self._aside.name)) for file in (self._path, log)]
            return _connect(copies[0], "mode=rw")
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise self._said(error) from error

    def _said(self, error: Exception) -> GoodpartError:
        words = str(error)
        if "not a database" in words or "no such" in words:
            return GoodpartError(f"{self._path}: is not a journal of goodpart ({words})")
        if "malformed" in words or "corrupt" in words:
            return GoodpartError(
                f"{self._path}: the journal is torn ({words}): move it away, `goodpart watch` begins a new one"
            )
        return GoodpartError(f"{self._path}: the journal cannot be read ({words})")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None:
            connection.close()
        if self._aside is not None:
            self._aside.cleanup()

    def _ask(self, query: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        try:
            yield from self._connection.execute(query, values)
        except sqlite3.Error as error:
            raise self._said(error) from error

    def rows(self, only: RowFilter = RowFilter(), last: int | None = None) -> Iterator[JournalRow]:
        """Oldest first; only the `last` so many of them."""
        where, values = self._where(only)
        if last is None:
            yield from starmap(JournalRow, self._ask(f"{_SELECT} {where} ORDER BY id", values))
            return
        yield from starmap(
            JournalRow, [*self._ask(f"{_SELECT} {where} ORDER BY id DESC LIMIT ?", [*values, last])][::-1]
        )

    def newest(self) -> int:
        """The id of the newest row; 0 where there is none."""
        return int(next(self._ask("SELECT coalesce(max(id), 0) FROM events"))[0])

    def count(self, only: RowFilter, top: int, above: int = 0) -> int:
        """How many rows there are with ids above one up to another. Where all are asked for, the ids tell: nothing is
        ever deleted."""
        if not only:
            (first,) = next(self._ask("SELECT coalesce(min(id), 1) FROM events"))
            return max(0, top - max(above, int(first) - 1))
        where, values = self._where(only, top, above)
        return int(next(self._ask(f"SELECT count(*) FROM events {where}", values))[0])

    def page(self, only: RowFilter, top: int, offset: int, count: int) -> list[JournalRow]:
        """Rows up to the id `top`, newest first, `offset` of them passed over."""
        if not only:
            top, offset = top - offset, 0
        where, values = self._where(only, top)
        ids = f"SELECT id FROM events {where} ORDER BY id DESC LIMIT ? OFFSET ?"
        query = f"{_SELECT} WHERE id IN ({ids}) ORDER BY id DESC"
        return [*starmap(JournalRow, self._ask(query, [*values, count, offset]))]

    def kinds(self) -> list[str]:
        """Those that there are."""
        # From one to the next by the index: DISTINCT would look at every row.
        query = """
            WITH RECURSIVE known (kind) AS (
                SELECT min(kind) FROM events
                UNION ALL
                SELECT (SELECT min(kind) FROM events WHERE kind > known.kind) FROM known WHERE known.kind IS NOT NULL
            )
            SELECT kind FROM known WHERE kind IS NOT NULL"""
        return [str(kind) for (kind,) in self._ask(query)]

    def day_before(self, day: date | None) -> date | None:
        """The nearest earlier day with rows; the last of all without a day."""
        limit = _midnight(day) if day else float("inf")
        (at,) = next(self._ask("SELECT max(at) FROM events WHERE at < ?", [limit]))
        return None if at is None else date.fromtimestamp(at)

    def day_after(self, day: date) -> date | None:
        (at,) = next(self._ask("SELECT min(at) FROM events WHERE at >= ?", [_midnight(day + timedelta(1))]))
        return None if at is None else date.fromtimestamp(at)

    def counts(self, bounds: Sequence[float]) -> list[dict[tuple[str, str], int]]:
        """Rows of each kind and verdict from each bound (seconds since 1970) up to the next: shifts, days."""
        found = []
        for start, end in pairwise(bounds):
            query = "SELECT kind, verdict, count(*) FROM events WHERE at >= ? AND at < ? GROUP BY kind, verdict"
            found.append({(kind, verdict): number for kind, verdict, number in self._ask(query, [start, end])})
        return found

    def shifts(self, start: float, end: float) -> list[float]:
        """When shifts began between two times (seconds since 1970), and the end."""
        query = "SELECT at FROM events WHERE kind = 'shift' AND at >= ? AND at < ? ORDER BY at"
        return [*(float(at) for (at,) in self._ask(query, [start, end])), end]

    def _where(self, only: RowFilter, top: int | None = None, above: int = 0) -> tuple[str, list[Any]]:
        # The day becomes a range of ids, in whose order rows are wanted; `+at` keeps its index out of the rest.
        said: list[tuple[str, Any]] = [] if top is None else [("id <= ?", top), ("id > ?", above)]
        if only.verdict is not None:
            said.append(("verdict = ?", only.verdict))
        if only.kind is not None:
            said.append(("kind = ?", only.kind))
        if only.day is not None:
            start, end = _midnight(only.day), _midnight(only.day + timedelta(1))
            low, high = next(self._ask("SELECT min(id), max(id) FROM events WHERE at >= ? AND at < ?", [start, end]))
            said += [("id >= ?", low or 0), ("id <= ?", high or 0), ("+at >= ?", start), ("+at < ?", end)]
        clause = " AND ".join(condition for condition, _ in said)
        return (f"WHERE {clause}" if clause else ""), [value for _, value in said]


def _connect(path: Path, how: str) -> sqlite3.Connection:
    """Raises sqlite3.Error, also where there is no table of events."""
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
    """Midnights around so many days up to `last`, in local time: `days` + 1 of them."""
    return [_midnight(last - timedelta(back)) for back in range(days - 1, -2, -1)]


def json_lines(rows: Iterable[JournalRow]) -> Iterator[str]:
    """An object a row: the cells of an export, and `data` as the journal has it."""
    for row in rows:
        yield json.dumps(row.cells() | {"data": dict(row.data)}) + "\n"


def csv_lines(rows: Iterable[JournalRow]) -> Iterator[str]:
    """The heading first. Text that a spreadsheet would take for a formula is quoted."""
    writer = csv.writer(_Passed(), lineterminator="\n")
    yield str(writer.writerow(COLUMNS))
    for row in rows:
        yield str(writer.writerow(map(_harmless, row.cells().values())))


class _Passed:
    """`writerow` gives what this gives."""

    def write(self, line: str) -> str:
        return line


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def export_csv(journal: Path, only: RowFilter, place: Path) -> int:
    """Write the rows to a file; gives how many. Raises GoodpartError."""
    with History(journal) as history:
        return write_lines(place, csv_lines(history.rows(only))) - 1
