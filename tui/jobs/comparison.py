"""A contest of methods in the background, and the last one that was held, as the screen tells it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from core.methods import methods_of
from core.recipes.recipe import Recipe
from core.runtime.training_process import TrainingRun
from core.state.jobs import TrainingState
from core.state.verdict import Sense
from tui.view.comparison import ComparisonView


class ComparisonJob:
    """Goes on whatever screen is shown; the process ends with this one."""

    def __init__(self, recipe: Recipe, sense: Sense) -> None:
        self._recipe, self._sense = recipe, sense
        self._run: TrainingRun | None = None
        self.now: TrainingState | None = None
        """None before the first one that is held here."""

    @property
    def running(self) -> bool:
        return self.now is not None and self.now.state == "running"

    def start(self, methods: Sequence[str] = ()) -> None:
        """All methods where none is named. Raises GoodpartError where no process can be started."""
        job = json.dumps({"sense": self._sense, "methods": list(methods)})
        self.now = TrainingState("running", phase="starting")
        try:
            self._run = TrainingRun(self._recipe.folder, [job], self._heard, "models.comparison.run")
        except BaseException:
            self.now = None
            raise

    def cancel(self) -> None:
        if self._run is not None:
            self._run.cancel()

    def _heard(self, news: TrainingState) -> None:
        """On a thread of the run."""
        self.now = news


_jobs: dict[tuple[Path, Sense], ComparisonJob] = {}


def comparison_job(recipe: Recipe, sense: Sense) -> ComparisonJob:
    """The same for the same recipe and sense, so that a screen that comes back finds what runs."""
    return _jobs.setdefault((recipe.folder, sense), ComparisonJob(recipe, sense))


def last_comparison(recipe: Recipe, sense: Sense) -> ComparisonView:
    """The last contest. Raises GoodpartError where there is none, or it cannot be read."""
    # NumPy comes with it: only who looks at a contest waits for that.
    from core.evaluation.comparison import contest_file, read_contest
    from core.evaluation.recommendation import advise
    from tui.reports.comparison_table import HEAD, comparison_row, ranked_methods

    contest = read_contest(contest_file(recipe, sense))
    advice = advise(contest)
    entries = ranked_methods(contest)
    return ComparisonView(
        head=HEAD,
        methods=[entry.method for entry in entries],
        rows=[comparison_row(contest, entry) for entry in entries],
        cases={entry.method: entry.worst for entry in entries},
        notes={entry.method: entry.notes for entry in entries},
        recommended=advice.method,
        advice=advice.sentence,
        doubt=advice.doubt,
        when=contest.when[:16].replace("T", " "),
        usable=methods_of(sense),
    )
