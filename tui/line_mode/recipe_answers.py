"""What the line mode tells of a recipe's files: its history, an export of it, what a model has learnt."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.errors import GoodpartError
from core.evaluation.review_process import ModelReviewProcess, ReviewProgress
from core.recipes.recipe import Recipe
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense
from tui.line_mode.status import plain_ascii

MOST_ROWS = 200


VERDICTS = ("OK", "ANOMALY", "UNKNOWN")


def history_lines(recipe: Recipe, words: list[str]) -> str:
    """The newest rows of the journal, so many as is typed, of one verdict where one is typed, the newest last. Raises
    GoodpartError."""
    from core.journal.query import History, RowFilter
    from core.journal.row import event_sentence

    rest = [word.upper() for word in words]
    count = int(rest.pop(0)) if rest and rest[0].isdecimal() else 10
    verdict = rest.pop(0) if rest and rest[0] in VERDICTS else None
    if rest or not 1 <= count <= MOST_ROWS:
        raise GoodpartError(f"type how many rows, 1 to {MOST_ROWS}, and which verdict: history 10 ANOMALY")
    with History(recipe.journal) as history:
        rows = list(history.rows(RowFilter(verdict=verdict), count))
    if not rows:
        return f"there is no row with {verdict}" if verdict else "the journal is empty"
    return "\n".join(
        plain_ascii(f"{row.when:%d. %H:%M:%S} {row.kind} {row.verdict} {event_sentence(row)}")[:79] for row in rows
    )


def export_history(recipe: Recipe) -> str:
    """All of it into a CSV file in the recipe's folder; says where. Raises GoodpartError."""
    from core.journal.query import RowFilter, export_csv

    place = recipe.folder / f"history-{time.strftime('%Y%m%d-%H%M%S')}.csv"
    count = export_csv(recipe.journal, RowFilter(), place)
    return f"{count} rows written to {place.name} in the recipe's folder"


def review_model(recipe: Recipe, candidate: bool, say: Callable[[str], None]) -> str:
    """Begin to review the model that waits, or the model in use; `say` gets the result, on a thread of its own."""

    def found(now: ReviewProgress) -> None:
        if now.state != "running":
            say(result_lines(now))

    ModelReviewProcess(recipe.folder, candidate=candidate, changed=found)
    return f"looking at the {'new model' if candidate else 'model in use'}"


def review_targets(recipe: Recipe, sense: Sense, say: Callable[[str], None]) -> str:
    """Begin to review the model in use; `say` gets what each target takes and costs, on a thread of its own."""

    def found(now: ReviewProgress) -> None:
        if now.state != "running":
            say(target_lines(now, sense))

    ModelReviewProcess(recipe.folder, candidate=False, changed=found)
    return f"looking at the model of {SENSE_WORDS[sense].stream} in use"


def result_lines(now: ReviewProgress) -> str:
    """What was found, for 79 columns."""
    if now.state == "failed":
        return now.message
    said = []
    for found in now.found:
        said.append(f"{SENSE_WORDS[found.sense].files}: {found.method}, learnt from {found.taught}; {found.note}")
        if found.defects:
            caught = found.defects - found.misses - found.unknown
            auroc = "" if found.auroc is None else f", AUROC {found.auroc:.3f}"
            said.append(f"defective ones: {caught} of {found.defects} called, {found.misses} missed{auroc}")
            said += [f"  {case.name}: {case.state}, {case.share:.0%} of the alarm level" for case in found.worst]
        else:
            said.append("no defective ones to test with: teach 20 defect stores some")
    return "\n".join(said)


def target_lines(now: ReviewProgress, sense: Sense) -> str:
    """What each false-alarm target takes and costs, for 79 columns."""
    if now.state == "failed":
        return now.message
    found = next((one for one in now.found if one.sense == sense), None)
    if found is None:
        return f"there is no model of {SENSE_WORDS[sense].stream} yet: train makes one"
    from tui.reports.target_table import HEAD, target_rows  # the screens take their time to load

    lines = ["".join(text for text, _ in row) for row in target_rows(found)]
    return "\n".join([HEAD, *lines, "may be: good parts called; takes: good ones held out (! too few)"])
