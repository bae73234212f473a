"""Compares methods in the background, and prepares the last comparison for the screen."""

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
    """A comparison in a separate process. It continues when the screen changes, and ends with this process."""

    def __init__(self, recipe: Recipe, sense: Sense) -> None:
        self._recipe, self._sense = recipe, sense
        self._run: TrainingRun | None = None
        self.now: TrainingState | None = None
        """Progress of the newest comparison; None before the first one of this session."""

    @property
    def running(self) -> bool:
        """Whether a comparison is running."""
        return self.now is not None and self.now.state == "running"

    def start(self, methods: Sequence[str] = ()) -> None:
        """Compare `methods`, or all if it is empty. Raises GoodpartError if the process cannot be started."""
        job = json.dumps({"sense": self._sense, "methods": list(methods)})
        self.now = TrainingState("running", phase="starting")
        try:
            self._run = TrainingRun(self._recipe.folder, [job], self._on_progress, "models.comparison.run")
        except BaseException:
            self.now = None
            raise

    def cancel(self) -> None:
        """End the comparison without a result; the last finished one is kept."""
        if self._run is not None:
            self._run.cancel()

    def _on_progress(self, progress: TrainingState) -> None:
        """Called on a thread of the run."""
        self.now = progress


_jobs: dict[tuple[Path, Sense], ComparisonJob] = {}


def comparison_job(recipe: Recipe, sense: Sense) -> ComparisonJob:
    """Return the job of a recipe and sense, always the same one, so that a reopened screen finds what is running."""
    return _jobs.setdefault((recipe.folder, sense), ComparisonJob(recipe, sense))


def last_comparison(recipe: Recipe, sense: Sense) -> ComparisonView:
    """Return the last comparison. Raises GoodpartError if it is missing or cannot be read."""
    # These load NumPy, so they are imported only when a comparison is shown.
    from core.evaluation.comparison import contest_file, read_contest
    from core.evaluation.recommendation import advise
    from tui.reports.comparison_table import HEAD, comparison_row, ranked_methods

    comparison = read_contest(contest_file(recipe, sense))
    advice = advise(comparison)
    entries = ranked_methods(comparison)
    return ComparisonView(
        head=HEAD,
        methods=[entry.method for entry in entries],
        rows=[comparison_row(comparison, entry) for entry in entries],
        cases={entry.method: entry.worst for entry in entries},
        notes={entry.method: entry.notes for entry in entries},
        recommended=advice.method,
        advice=advice.sentence,
        doubt=advice.doubt,
        when=comparison.when[:16].replace("T", " "),
        usable=methods_of(sense),
    )
