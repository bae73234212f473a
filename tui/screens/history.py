"""The screen History: the journal as a table of which only the visible rows are read, and all details of one row."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Resize

from core.errors import GoodpartError
from core.journal.evidence import Evidence
from core.journal.query import RowFilter, export_csv
from core.journal.row import JournalRow
from core.recipes.recipe import Recipe
from tui.jobs.journal_reader import JournalPage, JournalReader, JournalRequest
from tui.screens.base import StationScreen
from tui.view.keymap import bindings, first_key
from tui.view.text import printable, wrapped
from tui.widgets.journal_event import event_lines, evidence_lines, filter_line, table_line
from tui.widgets.pane import Line
from tui.widgets.screen_notice import ScreenNotice
from tui.widgets.status_strip import KeysLine, StatusStrip
from tui.widgets.text_pane import LinesPane
from tui.widgets.title_and_footer import TitleLine

FOLLOW_SECONDS = 1.0
"""Seconds between two looks for new rows."""
OUTCOME_SECONDS = 10.0
"""Seconds for which the outcome of an export is shown."""
VERDICTS = (None, "ANOMALY", "UNKNOWN", "OK")
"""The filters in the order of the key; None shows all."""
T = TypeVar("T")


class HistoryScreen(StationScreen, inherit_bindings=False):
    """Shows the journal. All reading happens on threads of its own, so that the screen never waits."""

    where = "history"
    about = (
        "newest first; while the cursor is on the newest row, new rows are followed",
        "of an anomaly the picture, its map and the sound's last seconds are kept",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("history"),
        Binding("escape", "back", "back", tooltip="back to the table, then to the dashboard"),
    ]

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self._recipe = recipe
        self._reader = JournalReader(recipe)
        self._thread = ThreadPoolExecutor(1, "history")
        self._writer = ThreadPoolExecutor(1, "history export")
        self._read = JournalPage()
        self._only = RowFilter()
        self._cursor = self._place = 0
        self._reading = self._again = False
        self._trouble = ""
        self._outcome = ("", 0.0)
        self._looking: JournalRow | None = None
        self._evidence: Evidence | None = None
        self._ascii = False

    def compose(self) -> ComposeResult:
        yield TitleLine(id="title")
        yield StatusStrip(id="strip")
        yield LinesPane(self._filter, id="filter")
        with Horizontal(id="history"):
            yield LinesPane(self._table, id="table")
            yield LinesPane(self._facts, id="facts")
            yield LinesPane(self._kept, id="kept")
        yield ScreenNotice(self._notice, id="notice")
        yield KeysLine(
            ("history-look", "look"), ("history-verdict", "verdict"), ("history-kind", "kind"),
            ("history-day-back,history-day-forward", "day"), ("history-export", "export"), ("history-all", "all"),
            ("history-ascii", "shades"), id="footer",
        )  # fmt: skip

    def on_mount(self) -> None:
        super().on_mount()
        self._load()
        self.set_interval(FOLLOW_SECONDS, self._follow)

    def on_unmount(self) -> None:
        self._writer.shutdown(wait=False)
        # SQLite must be closed on the thread that opened it.
        self._thread.submit(self._reader.close)
        self._thread.shutdown(wait=False)

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width >= 110, "-wide")
        self._moved()

    # Reading.

    async def _in(self, thread: ThreadPoolExecutor, work: Callable[..., T], *arguments: Any) -> T | None:
        """Run `work` on a thread and return its result; None if it failed, and then the screen shows why."""
        try:
            done = await asyncio.get_running_loop().run_in_executor(thread, work, *arguments)
        except GoodpartError as error:
            self._trouble = str(error)
        except Exception as error:  # noqa: BLE001 - shown, and the screen stays usable
            if not self.stays:
                return None
            self._trouble = f"this could not be done ({type(error).__name__}: {error})"
        else:
            if thread is self._thread:
                self._trouble = ""
            return done
        self._draw()
        return None

    def _follow(self) -> None:
        """Read new rows."""
        self._load()

    def _load(self) -> None:
        """Read the visible rows, and again if they change meanwhile."""
        self._again = True
        if not self._reading:
            self._reading = True
            self.run_worker(self._load_all(), exit_on_error=False)

    async def _load_all(self) -> None:
        try:
            while self._again:
                self._again = False
                wanted = JournalRequest(self._only, self._place, self._height, self._cursor == 0)
                read = await self._in(self._thread, self._reader.read, self._read, wanted)
                if read is not None and read.only == self._only:
                    self._read = read
                    self._draw()
        finally:
            self._reading = False

    @property
    def _height(self) -> int:
        return max(1, self.size.height - 5)

    # Drawing.

    def _draw(self) -> None:
        if self.stays:
            evidence = self._evidence
            self.set_class(self._looking is not None, "-looking")
            self.set_class(evidence is not None and bool(evidence.preview or evidence.trace), "-kept")
            for pane in (*self.query(LinesPane), *self.query(ScreenNotice)):
                pane.redraw()

    def _filter(self, width: int, _height: int) -> list[Line]:
        day = self._only.day
        shown = f"{day:%a %Y-%m-%d}" if day else "all"
        total = self._read.total
        place = f"{min(self._cursor + 1, total)} of {total}" if self._read.only == self._only else "reading ..."
        return [filter_line(self._only.verdict, self._only.kind, shown, place, width)]

    def _table(self, width: int, height: int) -> list[Line]:
        if self._read.only != self._only:
            return []
        if not self._read.total:
            message = self._trouble or ("no rows" if self._read.top else "")
            return [
                ((f" {text}", "unknown" if self._trouble else "label"),)
                for text in wrapped(message, width - 2, height, "")
            ]
        shown = range(self._place, min(self._place + height, self._read.total))
        return [table_line(self._read.row(index), index == self._cursor, width) for index in shown]

    def _facts(self, width: int, _height: int) -> Sequence[Line]:
        return event_lines(self._looking, self._evidence, width) if self._looking else ()

    def _kept(self, width: int, height: int) -> Sequence[Line]:
        return evidence_lines(self._evidence, self._ascii, width, height) if self._looking else ()

    def _notice(self) -> Line:
        outcome, at = self._outcome
        if outcome and time.monotonic() - at < OUTCOME_SECONDS:
            return ((f" {printable(outcome)}", "strong"),)
        if self._trouble and self._read.total:
            return ((" ", ""), (printable(self._trouble), "unknown"))
        if self._read.waiting and not self._looking:
            rows = "1 new row" if self._read.waiting == 1 else f"{self._read.waiting} new rows"
            key = first_key(self.host.keys_of("history-top"))
            return ((f" {rows} above: {key} goes to the newest and follows", "ok"),)
        return ()

    def _say(self, text: str) -> None:
        self._outcome = text, time.monotonic()
        self._draw()

    # Keys.

    def _moved(self) -> None:
        """Keep the cursor among the rows and on the screen; read the rows that are now visible."""
        self._cursor = max(0, min(self._cursor, self._read.total - 1))
        self._place = max(0, min(self._place, self._cursor))
        self._place = max(self._place, self._cursor - self._height + 1)
        if self._looking is not None:
            self._look()
        self._load()
        self._draw()

    def action_move(self, rows: int) -> None:
        self._cursor += rows
        self._moved()

    def action_page(self, pages: int) -> None:
        self._cursor += pages * self._height
        self._place += pages * self._height
        self._moved()

    def action_top(self) -> None:
        self._cursor = 0
        self._moved()

    def action_bottom(self) -> None:
        self._cursor = self._read.total - 1
        self._moved()

    def _show_only(self, only: RowFilter) -> None:
        self._only = only
        self._cursor = self._place = 0
        self._looking = None
        self._load()
        self._draw()

    def action_verdict(self) -> None:
        following = VERDICTS[(VERDICTS.index(self._only.verdict) + 1) % len(VERDICTS)]
        self._show_only(replace(self._only, verdict=following))

    def action_kind(self) -> None:
        kinds = [None, *self._read.kinds]
        index = kinds.index(self._only.kind) if self._only.kind in kinds else -1
        self._show_only(replace(self._only, kind=kinds[(index + 1) % len(kinds)]))

    def action_day(self, step: int) -> None:
        self.run_worker(self._turn_day(step), exclusive=True, group="day", exit_on_error=False)

    async def _turn_day(self, step: int) -> None:
        before = self._only
        day = await self._in(self._thread, self._reader.day, before.day, step)
        if self._only == before and not self._trouble:
            self._show_only(replace(before, day=day))

    def action_all(self) -> None:
        self._show_only(RowFilter())

    def action_look(self) -> None:
        if self._looking is None:
            self._look()
        else:
            self._looking = None
        self._draw()

    async def action_back(self) -> None:
        if self._looking is None:
            await self.app.run_action("app.go('watch')")
        else:
            self.action_look()

    def action_ascii(self) -> None:
        self._ascii = not self._ascii
        self._draw()

    def _look(self) -> None:
        """Show the details of the row at the cursor."""
        row = self._read.row(self._cursor) if self._read.only == self._only else None
        if row is None or row == self._looking:
            return
        self._looking, self._evidence = row, None
        self.run_worker(self._gather(row), exclusive=True, group="evidence", exit_on_error=False)

    async def _gather(self, row: JournalRow) -> None:
        evidence = await self._in(self._thread, self._reader.gatherer.gather, row)
        if row == self._looking:
            self._evidence = evidence or Evidence()
            self._draw()

    def action_export(self) -> None:
        place = self._recipe.folder / f"history-{time.strftime('%Y%m%d-%H%M%S')}.csv"
        self._say(f"writing {place.name} ...")

        async def export() -> None:
            count = await self._in(self._writer, export_csv, self._recipe.journal, self._only, place)
            if count is None:
                self._say(self._trouble.replace(f"{self._recipe.folder}/", ""))
            else:
                self._say(f"{count} {'row' if count == 1 else 'rows'} written: {place.name} in {place.parent}")

        self.run_worker(export(), exit_on_error=False)
