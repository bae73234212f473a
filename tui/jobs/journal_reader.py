"""Reads pages of the journal in the background."""

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
    """The rows around one place of the journal, newest first, and what is known about the others."""

    only: RowFilter = RowFilter()
    top: int = 0
    """The id of the newest row that is shown; newer rows wait above it."""
    total: int = 0
    """Rows that match `only`, up to `top`."""
    first: int = 0
    """Index of `rows[0]` among all of them."""
    rows: Sequence[JournalRow] = ()
    kinds: Sequence[str] = ()
    """All kinds of events in the journal."""
    waiting: int = 0
    """Rows that match `only` and are newer than `top`."""

    def row(self, index: int) -> JournalRow | None:
        """Return the row at `index` among all rows; None if it was not read."""
        offset = index - self.first
        return self.rows[offset] if 0 <= offset < len(self.rows) else None


@dataclass(frozen=True)
class JournalRequest:
    """What the screen wants to show."""

    only: RowFilter = RowFilter()
    place: int = 0
    """Index of the row at the top of the screen."""
    height: int = 20
    """Rows on the screen."""
    follow: bool = True
    """Show new rows as they arrive."""


class JournalReader:
    """Reads the journal of a recipe; used by one thread."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._history: History | None = None
        self.gatherer = Gatherer(recipe)

    def history(self) -> History:
        """Return the open journal. Raises GoodpartError if it is missing or is not a journal."""
        if self._history is None:
            self._history = History(self._recipe.journal)
        return self._history

    def close(self) -> None:
        """Close the journal."""
        if self._history is not None:
            self._history.close()

    def read(self, known: JournalPage, wanted: JournalRequest) -> JournalPage:
        """Return the wanted page with one screen before and one after it; `known` is the last page that was read.

        Raises GoodpartError if the journal cannot be read.
        """
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
        """Return the next day with rows after `day` (`step` > 0; None if there is none) or before it (else `day`).

        `day` None means that all days are shown. Raises GoodpartError if the journal cannot be read.
        """
        if step > 0:
            return self.history().day_after(day) if day else None
        return self.history().day_before(day) or day
