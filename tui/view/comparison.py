"""A comparison as screens show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.recipes.recipe import Recipe
from core.state.verdict import Sense

if TYPE_CHECKING:
    from core.evaluation.comparison import MisjudgedSample


@dataclass(frozen=True)
class ComparisonView:
    """A contest in words and numbers."""

    head: str
    methods: Sequence[str]
    rows: Sequence[str]
    """A line for each method."""
    cases: Mapping[str, Sequence[MisjudgedSample]]
    notes: Mapping[str, Sequence[str]]
    recommended: str | None
    advice: str
    doubt: str
    when: str
    usable: Sequence[str]
    """What a recipe can be set to."""


def told_of(recipe: Recipe, sense: Sense) -> ComparisonView:
    """The last contest. Raises GoodpartError where there is none, or it cannot be read."""
    # NumPy comes with it: only who looks at a contest waits for that.
    from core.evaluation.comparison import USABLE, contest_file, read_contest
    from core.evaluation.recommendation import advise
    from tui.reports.comparison_table import HEAD, ordered, row

    contest = read_contest(contest_file(recipe, sense))
    advice = advise(contest)
    entries = ordered(contest)
    return ComparisonView(
        head=HEAD,
        methods=[entry.method for entry in entries],
        rows=[row(contest, entry) for entry in entries],
        cases={entry.method: entry.worst for entry in entries},
        notes={entry.method: entry.notes for entry in entries},
        recommended=advice.method,
        advice=advice.sentence,
        doubt=advice.doubt,
        when=contest.when[:16].replace("T", " "),
        usable=USABLE[sense],
    )
