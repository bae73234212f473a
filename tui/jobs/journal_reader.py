"""Reads the journal in the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from core.journal.evidence import Gatherer
from core.journal.query import History, RowFilter
from core.journal.row import JournalRow
from core.recipes.recipe import Recipe


@dataclass(frozen=True)
class JournalPage:
    """What is known of the journal."""

    only: RowFilter = RowFilter()
    top: int = 0
    """The newest id that counts; newer rows wait above."""
    total: int = 0
    first: int = 0
    """How many rows stand above those that were read."""
    rows: Sequence[JournalRow] = ()
    kinds: Sequence[str] = ()
    waiting: int = 0
    """Rows above `top`."""

    def row(self, index: int) -> JournalRow | None:
        at = index - self.first
        return self.rows[at] if 0 <= at < len(self.rows) else None


@dataclass(frozen=True)
class JournalRequest:
    only: RowFilter = RowFilter()
    place: int = 0
    """The row at the top of the screen."""
    height: int = 20
    follow: bool = True


class JournalReader:
    """Reads the journal, on one thread of its own."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._history: History | None = None
        self.gatherer = Gatherer(recipe)

    def history(self) -> History:
        """Raises GoodpartError."""
        if self._history is None:
            self._history = History(self._recipe.journal)
        return self._history

    def close(self) -> None:
        if self._history is not None:
            self._history.close()

    def read(self, known: JournalPage, wanted: JournalRequest) -> JournalPage:
        """The page that is wanted, with one before and one after it. Raises GoodpartError."""
        history = self.history()
        newest = history.newest()
        if known.only != wanted.only or not known.top:
            known = JournalPage(wanted.only, newest, history.count(wanted.only, newest), kinds=history.kinds())
        elif wanted.follow and newest > known.top:
            more = history.count(wanted.only, newest, known.top)
            known = replace(known, top=newest, total=known.total + more)
        first = max(0, wanted.place - wanted.height)
        rows = history.page(wanted.only, known.top, first, 3 * wanted.height)
        return replace(known, first=first, rows=rows, waiting=history.count(wanted.only, newest, known.top))

    def day(self, day: date | None, step: int) -> date | None:
        """The next day with rows in one direction; the same where there is none. Raises GoodpartError."""
        if step > 0:
            return self.history().day_after(day) if day else None
        return self.history().day_before(day) or day
