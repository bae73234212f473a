"""The report of a comparison of methods: one self-contained HTML file."""

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
"""The head of the table of methods."""


def write_report(place: Path, recipe: Recipe, results: Sequence[tuple[Comparison, Recommendation]]) -> None:
    """Write the report, one chapter per result. Raises GoodpartError if the file cannot be written."""
    body = [html.heading(1, f"{recipe.name}: methods compared")]
    for comparison, advice in results:
        body += chapter(recipe, comparison, advice)
    replace_file(place, html.page(f"{recipe.name}: methods compared", body).encode())


def chapter(recipe: Recipe, comparison: Comparison, advice: Recommendation) -> Iterator[str]:
    """Yield the HTML of one comparison: recommendation, facts, the table of methods, a section per method."""
    what = SENSE_WORDS[comparison.sense].files
    yield html.heading(2, SENSE_WORDS[comparison.sense].stream.capitalize())
    yield html.paragraph(advice.sentence, "" if advice.method else "warning")
    yield html.paragraph(advice.doubt, "dim")
    settings = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in comparison.settings.items() if value)
    yield html.facts(
        [
            ("date", comparison.when),
            ("machine", comparison.machine),
            ("good", f"{len(comparison.good)} {what}, each judged by a model that did not learn from it"),
            ("defective", f"{len(comparison.defects)} {what}, each judged by every model, never learnt from"),
            ("thresholds", f"for {100 * comparison.target:g} % false alarms"),
            ("settings", settings),
            ("method of the recipe", comparison.method),
        ]
    )
    yield html.table(HEAD, [method_cells(comparison, entry) for entry in ranked_methods(comparison)])
    by_kind = {entry.method: figures(comparison, entry).by_kind for entry in ranked_methods(comparison)}
    kinds = next(iter(by_kind.values()), {})
    if kinds:
        rows = [[method, *(f"{value:.3f}" for value in values.values())] for method, values in by_kind.items()]
        yield html.heading(3, "AUROC by kind of defect")
        yield html.table(["method", *kinds], rows)
    for sentence in (*comparison.twins, *comparison.refused):
        yield html.paragraph(sentence, "warning")
    for entry in ranked_methods(comparison):
        yield from method_section(recipe, comparison, entry)


def method_cells(comparison: Comparison, entry: CandidateResult) -> list[str]:
    """Return the cells of a method's row of the table, in the order of `HEAD`."""
    result = figures(comparison, entry)

    def rate(value: float, low: float, high: float) -> str:
        return f"{100 * value:.1f} % ({100 * low:.0f}-{100 * high:.0f})"

    return [
        entry.method,
        f"{result.auroc.value:.3f}",
        f"{result.auroc.low:.3f}-{result.auroc.high:.3f}",
        rate(result.misses.value, result.misses.low, result.misses.high),
        rate(result.false_alarms.value, result.false_alarms.low, result.false_alarms.high),
        "-" if entry.milliseconds is None else f"{entry.milliseconds:.1f}",
        "-" if entry.megabytes is None else f"{entry.megabytes:.0f}",
        "-" if entry.trivial else f"{entry.training_seconds:.0f}",
    ]


def method_section(recipe: Recipe, comparison: Comparison, entry: CandidateResult) -> Iterator[str]:
    """Yield the HTML of one method: notes, ROC, histogram and its worst cases."""
    yield html.heading(3, f"{entry.method} (a trivial number)" if entry.trivial else entry.method)
    for note in entry.notes:
        yield html.paragraph(note, "dim")
    good, defect = np.asarray(entry.good), np.asarray(entry.defect)
    result = figures(comparison, entry)
    drawn = svg.curve(
        roc(good, defect.ravel()), result.false_alarms.value, 1 - result.misses.value, f"ROC of {entry.method}"
    )
    yield html.figure(drawn, "All models together. The dot marks the thresholds.")
    yield html.figure(svg.histogram("share of the alarm level", good, defect.mean(axis=0), 1.0))
    seen = [case for case in entry.worst if case.map is not None]
    if seen:
        yield html.cards(case_card(recipe, comparison, case) for case in seen)
    for case in entry.worst:
        if case.trace:
            trace = np.asarray(case.trace, np.float64)
            yield html.figure(svg.over_time(trace[:, 0], trace[:, 1], case.name), case_caption(case))
        elif case.map is None:
            yield html.paragraph(case_caption(case), "dim")


def case_caption(case: MisjudgedSample) -> str:
    """Return one line on a case: file name, good or defective, missed or called, share of the alarm level."""
    kind = "defective" if case.defective else "good"
    wrong = (
        "missed: "
        if case.defective and case.share <= 1
        else "called: "
        if not case.defective and case.share > 1
        else ""
    )
    return f"{case.name}: {wrong}{kind}, {100 * case.share:.0f} % of the alarm level"


def case_card(recipe: Recipe, comparison: Comparison, case: MisjudgedSample) -> tuple[str, str, str]:
    """Return the arguments of `html.cards` for a case: data: address, alternative text, caption. A file that cannot be
    read gives an empty picture with the reason in the caption."""
    file = recipe.material(comparison.sense, defect=case.defective) / case.name
    try:
        picture = crop(decode_picture(file), recipe.settings.camera.region)
    except GoodpartError as error:  # deleted since
        return "data:,", case.name, f"{case_caption(case)}; {error}"
    return (
        data_uri(picture, np.asarray(case.map, np.float32)),
        f"{case.name}, beside it where it differs",
        case_caption(case),
    )
