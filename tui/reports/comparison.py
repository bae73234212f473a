"""The report of a contest: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core.errors import GoodpartError
from core.evaluation.comparison import CandidateResult, Comparison, MisjudgedSample, figures
from core.evaluation.recommendation import Recommendation
from core.evaluation.statistics import roc
from core.features.image.picture import crop, decode_picture
from core.recipes.recipe import Recipe
from core.runtime.atomic_files import replace_file
from core.state.sense_words import SENSE_WORDS
from tui.reports import html as page
from tui.reports import svg
from tui.reports.comparison_table import ordered
from tui.reports.pictures import data_uri

HEAD = (
    "method", "AUROC", "95 % interval", "defects missed", "good ones called", "ms to judge", "MB to judge",
    "s to learn",
)  # fmt: skip


def write_report(place: Path, recipe: Recipe, told: Sequence[tuple[Comparison, Recommendation]]) -> None:
    """Raises GoodpartError where the file cannot be written."""
    body = [page.heading(1, f"{recipe.name}: methods compared")]
    for contest, advice in told:
        body += chapter(recipe, contest, advice)
    replace_file(place, page.page(f"{recipe.name}: methods compared", body).encode())


def chapter(recipe: Recipe, contest: Comparison, advice: Recommendation) -> Iterator[str]:
    what = SENSE_WORDS[contest.sense].files
    yield page.heading(2, SENSE_WORDS[contest.sense].stream.capitalize())
    yield page.paragraph(advice.sentence, "" if advice.method else "warning")
    yield page.paragraph(advice.doubt, "dim")
    settings = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in contest.settings.items() if value)
    yield page.facts(
        [
            ("held", contest.when),
            ("machine", contest.machine),
            ("good", f"{len(contest.good)} {what}, each judged by a model that did not learn from it"),
            ("defective", f"{len(contest.defects)} {what}, each judged by every model, never learnt from"),
            ("thresholds", f"for {100 * contest.target:g} % false alarms"),
            ("settings", settings),
            ("method of the recipe", contest.method),
        ]
    )
    yield page.table(HEAD, [cells(contest, entry) for entry in ordered(contest)])
    by_kind = {entry.method: figures(contest, entry).by_kind for entry in ordered(contest)}
    kinds = next(iter(by_kind.values()), {})
    if kinds:
        rows = [[method, *(f"{value:.3f}" for value in values.values())] for method, values in by_kind.items()]
        yield page.heading(3, "AUROC by kind of defect")
        yield page.table(["method", *kinds], rows)
    for sentence in (*contest.twins, *contest.refused):
        yield page.paragraph(sentence, "warning")
    for entry in ordered(contest):
        yield from section(recipe, contest, entry)


def cells(contest: Comparison, entry: CandidateResult) -> list[str]:
    found = figures(contest, entry)

    def rate(value: float, low: float, high: float) -> str:
        return f"{100 * value:.1f} % ({100 * low:.0f}-{100 * high:.0f})"

    return [
        entry.method,
        f"{found.auroc.value:.3f}",
        f"{found.auroc.low:.3f}-{found.auroc.high:.3f}",
        rate(found.misses.value, found.misses.low, found.misses.high),
        rate(found.false_alarms.value, found.false_alarms.low, found.false_alarms.high),
        "-" if entry.milliseconds is None else f"{entry.milliseconds:.1f}",
        "-" if entry.megabytes is None else f"{entry.megabytes:.0f}",
        "-" if entry.trivial else f"{entry.training_seconds:.0f}",
    ]


def section(recipe: Recipe, contest: Comparison, entry: CandidateResult) -> Iterator[str]:
    yield page.heading(3, f"{entry.method} (a trivial number)" if entry.trivial else entry.method)
    for note in entry.notes:
        yield page.paragraph(note, "dim")
    good, defect = np.asarray(entry.good), np.asarray(entry.defect)
    found = figures(contest, entry)
    drawn = svg.curve(
        roc(good, defect.ravel()), found.false_alarms.value, 1 - found.misses.value, f"ROC of {entry.method}"
    )
    yield page.figure(drawn, "All models together. The dot is where the thresholds stand.")
    yield page.figure(svg.histogram("share of the alarm level", good, defect.mean(axis=0), 1.0))
    seen = [case for case in entry.worst if case.map is not None]
    if seen:
        yield page.cards(card(recipe, contest, case) for case in seen)
    for case in entry.worst:
        if case.trace:
            trace = np.asarray(case.trace, np.float64)
            yield page.figure(svg.over_time(trace[:, 0], trace[:, 1], case.name), said_of(case))
        elif case.map is None:
            yield page.paragraph(said_of(case), "dim")


def said_of(case: MisjudgedSample) -> str:
    kind = "defective" if case.defective else "good"
    wrong = (
        "missed: "
        if case.defective and case.share <= 1
        else "called: "
        if not case.defective and case.share > 1
        else ""
    )
    return f"{case.name}: {wrong}{kind}, {100 * case.share:.0f} % of the alarm level"


def card(recipe: Recipe, contest: Comparison, case: MisjudgedSample) -> tuple[str, str, str]:
    file = recipe.material(contest.sense, defect=case.defective) / case.name
    try:
        picture = crop(decode_picture(file), recipe.settings.camera.region)
    except GoodpartError as error:  # deleted since
        return "data:,", case.name, f"{said_of(case)}; {error}"
    return (
        data_uri(picture, np.asarray(case.map, np.float32)),
        f"{case.name}, beside it where it differs",
        said_of(case),
    )
