"""Answers of the line mode from a recipe's files: its history, a CSV export, the review of a model."""

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
"""Rows of the journal that one command prints at most."""


VERDICTS = ("OK", "ANOMALY", "UNKNOWN")


def history_lines(recipe: Recipe, words: list[str]) -> str:
    """Return the newest rows of the journal, the newest last: 10 rows or the typed number, of all verdicts or the typed
    one. Raises GoodpartError for other words, and if the journal cannot be read."""
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
    """Write the whole journal to a CSV file in the recipe's folder; return a sentence with its name. Raises
    GoodpartError if it cannot be read or written."""
    from core.journal.query import RowFilter, export_csv

    place = recipe.folder / f"history-{time.strftime('%Y%m%d-%H%M%S')}.csv"
    count = export_csv(recipe.journal, RowFilter(), place)
    return f"{count} rows written to {place.name} in the recipe's folder"


def review_model(recipe: Recipe, candidate: bool, say: Callable[[str], None]) -> str:
    """Begin to review the new model (`candidate`) or the model in use; `say` gets the result, on another thread."""

    def changed(progress: ReviewProgress) -> None:
        if progress.state != "running":
            say(result_lines(progress))

    ModelReviewProcess(recipe.folder, candidate=candidate, changed=changed)
    return f"reviewing the {'new model' if candidate else 'model in use'}"


def review_targets(recipe: Recipe, sense: Sense, say: Callable[[str], None]) -> str:
    """Begin to review the model in use; `say` gets the table of false-alarm targets, on another thread."""

    def changed(progress: ReviewProgress) -> None:
        if progress.state != "running":
            say(target_lines(progress, sense))

    ModelReviewProcess(recipe.folder, candidate=False, changed=changed)
    return f"reviewing the model of {SENSE_WORDS[sense].stream} in use"


def result_lines(now: ReviewProgress) -> str:
    """Return the result of a review for 79 columns: method, detected defects, the worst cases of each sense."""
    if now.state == "failed":
        return now.message
    lines = []
    for review in now.found:
        lines.append(f"{SENSE_WORDS[review.sense].files}: {review.method}, learnt from {review.taught}; {review.note}")
        if review.defects:
            detected = review.defects - review.misses - review.unknown
            auroc = "" if review.auroc is None else f", AUROC {review.auroc:.3f}"
            lines.append(f"{detected} of {review.defects} defects found, {review.misses} missed{auroc}")
            lines += [f"  {case.name}: {case.state}, {case.share:.0%} of the alarm level" for case in review.worst]
        else:
            lines.append("no known defects yet: teach 20 defect stores some")
    return "\n".join(lines)


def target_lines(now: ReviewProgress, sense: Sense) -> str:
    """Return the table of false-alarm targets for 79 columns: good scores needed, defects missed, thresholds."""
    if now.state == "failed":
        return now.message
    review = next((review for review in now.found if review.sense == sense), None)
    if review is None:
        return f"there is no model of {SENSE_WORDS[sense].stream} yet: train makes one"
    from tui.reports.target_table import HEAD, target_rows  # slow to import, because it loads Textual

    lines = ["".join(text for text, _ in row) for row in target_rows(review)]
    return "\n".join([HEAD, *lines, "allowed: false alarms; needed: held-out good ones (! too few)"])
