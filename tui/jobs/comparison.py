"""A contest of methods in the background, and the last one that was held, as the screen tells it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.recipes.recipe import Recipe
from core.runtime.training_process import TrainingRun
from core.state.snapshot import Sense, Training

if TYPE_CHECKING:
    from core.evaluation.comparison import Case

QUICK: Mapping[Sense, Sequence[str]] = {"image": ("features", "filter bank"), "sound": ("spectrum", "amulet")}
"""What is compared where not all methods are asked for: minutes, not an hour."""


@dataclass(frozen=True)
class Told:
    """A contest in words and numbers."""

    head: str
    methods: Sequence[str]
    rows: Sequence[str]
    """A line for each method."""
    cases: Mapping[str, Sequence[Case]]
    notes: Mapping[str, Sequence[str]]
    recommended: str | None
    advice: str
    doubt: str
    when: str
    usable: Sequence[str]
    """What a recipe can be set to."""


def told_of(recipe: Recipe, sense: Sense) -> Told:
    """The last contest. Raises GoodpartError where there is none, or it cannot be read."""
    # NumPy comes with it: only who looks at a contest waits for that.
    from core.evaluation.comparison import USABLE, contest_file, read_contest
    from core.evaluation.recommendation import advise
    from tui.reports.comparison_table import HEAD, ordered, row

    contest = read_contest(contest_file(recipe, sense))
    advice = advise(contest)
    entries = ordered(contest)
    return Told(
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


class Comparing:
    """Goes on whatever screen is shown; the process ends with this one."""

    def __init__(self, recipe: Recipe, sense: Sense) -> None:
        self._recipe, self._sense = recipe, sense
        self._run: TrainingRun | None = None
        self.now: Training | None = None
        """None before the first one that is held here."""

    @property
    def running(self) -> bool:
        return self.now is not None and self.now.state == "running"

    def start(self, methods: Sequence[str] = ()) -> None:
        """All methods where none is named. Raises GoodpartError where no process can be started."""
        job = json.dumps({"sense": self._sense, "methods": list(methods)})
        self.now = Training("running", phase="starting")
        try:
            self._run = TrainingRun(self._recipe.folder, [job], self._heard, "models.comparison.run")
        except BaseException:
            self.now = None
            raise

    def cancel(self) -> None:
        if self._run is not None:
            self._run.cancel()

    def _heard(self, news: Training) -> None:
        """On a thread of the run."""
        self.now = news


_held: dict[tuple[Path, Sense], Comparing] = {}


def comparing(recipe: Recipe, sense: Sense) -> Comparing:
    """The same for the same recipe and sense, so that a screen that comes back finds what runs."""
    return _held.setdefault((recipe.folder, sense), Comparing(recipe, sense))
