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
from tui.reports import html, svg
from tui.reports.comparison_table import ranked_methods
from tui.reports.pictures import data_uri

HEAD = (
    "method", "AUROC", "95 % interval", "defects missed", "good ones called", "ms to judge", "MB to judge",
    "s to learn",
)  # fmt: skip


def write_report(place: Path, recipe: Recipe, told: Sequence[tuple[Comparison, Recommendation]]) -> None:
    """Raises GoodpartError where the file cannot be written."""
    body = [html.heading(1, f"{recipe.name}: methods compared")]
    for contest, advice in told:
        body += chapter(recipe, contest, advice)
    replace_file(place, html.page(f"{recipe.name}: methods compared", body).encode())


def chapter(recipe: Recipe, contest: Comparison, advice: Recommendation) -> Iterator[str]:
    what = SENSE_WORDS[contest.sense].files
    yield html.heading(2, SENSE_WORDS[contest.sense].stream.capitalize())
    yield html.paragraph(advice.sentence, "" if advice.method else "warning")
    yield html.paragraph(advice.doubt, "dim")
    settings = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in contest.settings.items() if value)
    yield html.facts(
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
    yield html.table(HEAD, [method_cells(contest, entry) for entry in ranked_methods(contest)])
    by_kind = {entry.method: figures(contest, entry).by_kind for entry in ranked_methods(contest)}
    kinds = next(iter(by_kind.values()), {})
    if kinds:
        rows = [[method, *(f"{value:.3f}" for value in values.values())] for method, values in by_kind.items()]
        yield html.heading(3, "AUROC by kind of defect")
        yield html.table(["method", *kinds], rows)
    for sentence in (*contest.twins, *contest.refused):
        yield html.paragraph(sentence, "warning")
    for entry in ranked_methods(contest):
        yield from method_section(recipe, contest, entry)


def method_cells(contest: Comparison, entry: CandidateResult) -> list[str]:
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


def method_section(recipe: Recipe, contest: Comparison, entry: CandidateResult) -> Iterator[str]:
    yield html.heading(3, f"{entry.method} (a trivial number)" if entry.trivial else entry.method)
    for note in entry.notes:
        yield html.paragraph(note, "dim")
    good, defect = np.asarray(entry.good), np.asarray(entry.defect)
    found = figures(contest, entry)
    drawn = svg.curve(
        roc(good, defect.ravel()), found.false_alarms.value, 1 - found.misses.value, f"ROC of {entry.method}"
    )
    yield html.figure(drawn, "All models together. The dot is where the thresholds stand.")
    yield html.figure(svg.histogram("share of the alarm level", good, defect.mean(axis=0), 1.0))
    seen = [case for case in entry.worst if case.map is not None]
    if seen:
        yield html.cards(case_card(recipe, contest, case) for case in seen)
    for case in entry.worst:
        if case.trace:
            trace = np.asarray(case.trace, np.float64)
            yield html.figure(svg.over_time(trace[:, 0], trace[:, 1], case.name), case_caption(case))
        elif case.map is None:
            yield html.paragraph(case_caption(case), "dim")


def case_caption(case: MisjudgedSample) -> str:
    kind = "defective" if case.defective else "good"
    wrong = (
        "missed: "
        if case.defective and case.share <= 1
        else "called: "
        if not case.defective and case.share > 1
        else ""
    )
    return f"{case.name}: {wrong}{kind}, {100 * case.share:.0f} % of the alarm level"


def case_card(recipe: Recipe, contest: Comparison, case: MisjudgedSample) -> tuple[str, str, str]:
    file = recipe.material(contest.sense, defect=case.defective) / case.name
    try:
        picture = crop(decode_picture(file), recipe.settings.camera.region)
    except GoodpartError as error:  # deleted since
        return "data:,", case.name, f"{case_caption(case)}; {error}"
    return (
        data_uri(picture, np.asarray(case.map, np.float32)),
        f"{case.name}, beside it where it differs",
        case_caption(case),
    )
