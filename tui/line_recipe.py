"""What the line mode tells of a recipe's files: its history, an export of it, what a model has learnt."""

from __future__ import annotations

import time

from core.errors import GoodpartError
from core.examination import Examining
from core.recipe import Recipe

MOST_ROWS = 200


def history_lines(recipe: Recipe, words: list[str]) -> str:
    """The newest rows of the journal, so many as is typed, the newest last. Raises GoodpartError."""
    from core.history import History, Only, in_words

    count = words[0] if words else "10"
    if len(words) > 1 or not count.isdecimal() or not 1 <= int(count) <= MOST_ROWS:
        raise GoodpartError(f"type how many rows, 1 to {MOST_ROWS}: history 10")
    with History(recipe.journal) as history:
        rows = list(history.rows(Only(), int(count)))
    return "\n".join(f"{row.when:%d. %H:%M:%S} {row.kind} {row.verdict} {in_words(row)}" for row in rows)


def export_history(recipe: Recipe) -> str:
    """All of it into a CSV file in the recipe's folder; says where. Raises GoodpartError."""
    from core.history import Only, export_csv

    place = recipe.folder / f"history-{time.strftime('%Y%m%d-%H%M%S')}.csv"
    count = export_csv(recipe.journal, Only(), place)
    return f"{count} rows written to {place.name} in the recipe's folder"


def result_lines(now: Examining) -> str:
    """What was found, for 79 columns."""
    if now.state == "failed":
        return now.message
    said = []
    for found in now.found:
        what = "pictures" if found.sense == "image" else "recordings"
        said.append(f"{what}: {found.method}, learnt from {found.taught}; {found.note}")
        if found.defects:
            caught = found.defects - found.misses - found.unknown
            auroc = "" if found.auroc is None else f", AUROC {found.auroc:.3f}"
            said.append(f"defective ones: {caught} of {found.defects} called, {found.misses} missed{auroc}")
            said += [f"  {case.name}: {case.state}, {case.share:.0%} of the alarm level" for case in found.worst]
        else:
            said.append("no defective ones to test with: teach 20 defect stores some")
    return "\n".join(said)
