"""What the list of recipes says of each, in the 78 columns beside its cursor."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.library import LibraryEntry
from tui.reports.recipe_table import HEAD, recipe_row

LEARNT = "2026-11-05T14:03:22"


def text(one: LibraryEntry) -> str:
    return "".join(part for part, _ in recipe_row(one, opened=True))


@pytest.mark.parametrize(
    ("one", "today"),
    [
        (LibraryEntry(Path("pump"), LEARNT, 30), "-"),
        (LibraryEntry(Path("pump"), LEARNT, 30, 0.0, 5, True), "5 times ANOMALY"),
        (LibraryEntry(Path("pump"), LEARNT, 30, 0.0, 2, True, 40), "40 parts, 2 anomalies"),
        (LibraryEntry(Path("p" * 60), LEARNT, 10_000, 36_000.0, 9, True, 999), "999 parts, 9 anomalies"),
    ],
)
def test_today_is_told_in_parts_where_there_are_parts(one: LibraryEntry, today: str) -> None:
    told = text(one)
    assert told[HEAD.index("today") :] == today
    assert len(told) <= 78
