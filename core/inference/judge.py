"""What image and sound judges have in common."""

from __future__ import annotations

import math
from dataclasses import replace

from core.bundle import Bundle
from core.decision.rule import share
from core.decision.thresholds import calibrated_or_shipped, describe, held_out, thresholds_of
from core.decision.verdict import ScoreRanking
from core.errors import GoodpartError
from core.recipes.recipe import Recipe
from core.settings.recipe_settings import ImageTable, SoundTable
from core.state.verdict import Sense, Thresholds, Which


class Judge:
    """A bundle with the thresholds in force. One thread at a time judges; thresholds may be set from another."""

    sense: Sense

    def __init__(self, recipe: Recipe, bundle: Bundle) -> None:
        """Raises GoodpartError where the bundle cannot be used or cannot support the recipe's false-alarm rate."""
        # The detector has taken what it needs of the rest.
        self.bundle = replace(bundle, arrays={}, networks={})
        self.table: ImageTable | SoundTable = recipe.table(self.sense)
        self.thresholds: Thresholds
        self.ranking: ScoreRanking
        self.set_thresholds(thresholds_of(bundle, self.table, recipe.false_alarms))
        self.model = describe(bundle, self.table, recipe.false_alarms)
        self.calibrated = self._calibrated(recipe)
        """The thresholds that the calibration gives, whatever is in force."""

    def _calibrated(self, recipe: Recipe) -> Thresholds:
        try:
            return calibrated_or_shipped(self.bundle, self.table, recipe.false_alarms)
        except GoodpartError:
            return self.thresholds  # too few held out, and set by hand

    def set_thresholds(self, thresholds: Thresholds) -> None:
        self.thresholds = thresholds
        self.ranking = ScoreRanking(held_out(self.bundle, self.table), thresholds)

    def set_threshold(self, which: Which, value: float, by: str) -> None:
        if not math.isfinite(value):
            raise GoodpartError(f"a threshold must be a number, not {value}")
        if which == "density":
            self.set_thresholds(replace(self.thresholds, density=value, by=by))
        else:
            self.set_thresholds(replace(self.thresholds, reconstruction_error=value, by=by))

    def supports(self, recipe: Recipe) -> None:
        """Raises TooFewError where the held-out scores are too few for what the recipe asks."""
        calibrated_or_shipped(self.bundle, recipe.table(self.sense), recipe.false_alarms)

    def calibrate(self, recipe: Recipe) -> None:
        """New thresholds from the bundle's held-out scores, for what the recipe asks now. Raises TooFewError."""
        table = recipe.table(self.sense)
        thresholds = calibrated_or_shipped(self.bundle, table, recipe.false_alarms)
        self.table, self.model = table, describe(self.bundle, table, recipe.false_alarms)
        self.set_thresholds(thresholds)
        self.calibrated = thresholds


def share_of_alarm(density: float, error: float, thresholds: Thresholds) -> float:
    """The share of the alarm level; infinite where the scores are not numbers."""
    used = share(density, error, thresholds)
    return used if math.isfinite(used) else math.inf
