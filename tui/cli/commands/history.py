"""goodpart history: prints the journal as a table, JSON lines or CSV."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

from core.errors import GoodpartError
from core.journal.query import History, RowFilter, csv_lines, json_lines
from core.journal.row import JournalRow, event_sentence
from core.journal.store import Kind
from core.recipes.recipe import open_recipe
from core.runtime.atomic_files import write_lines
from tui.view.text import printable


def run(options: argparse.Namespace) -> int:
    """Print or write the rows that the options ask for and return 0.

    Raises GoodpartError if the journal is missing, or --kind names no kind of event.
    """
    recipe = open_recipe(options.recipe)
    only = RowFilter(options.verdict, options.kind, options.day)
    with History(recipe.journal) as history:
        if only.kind is not None and only.kind not in get_args(Kind):
            known = history.kinds()
            if only.kind not in known:
                raise GoodpartError(f"{only.kind} is not a kind of event: this journal has {', '.join(known)}")
        rows = history.rows(only, options.last)
        place: Path | None = options.output
        suffix = place.suffix.lower() if place else ""
        if options.json or (not options.csv and suffix in (".json", ".jsonl")):
            lines = json_lines(rows)
        elif options.csv or suffix == ".csv":
            lines = csv_lines(rows)
        else:
            lines = table(rows, shutil.get_terminal_size().columns if place is None and sys.stdout.isatty() else None)
        if place is not None:
            write_lines(place, lines)
            return 0
        for line in lines:
            sys.stdout.write(line)
    return 0


def table(rows: Iterable[JournalRow], width: int | None) -> Iterator[str]:
    """Yield one line per row, cut off at `width` columns (None: not at all), after a heading per day."""
    day = None
    for row in rows:
        when = row.when
        if when.date() != day:
            day = when.date()
            yield f"{day:%Y-%m-%d %A}\n"
        line = printable(f" {when:%H:%M:%S}  {row.kind:9}  {row.verdict:7}  {event_sentence(row)}".rstrip())
        yield (line if width is None or len(line) <= width else line[: width - 1] + "~") + "\n"
