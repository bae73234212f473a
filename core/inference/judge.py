"""The common base of image and sound judges."""

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
    """A bundle with the thresholds in force. Use one thread at a time to judge; any thread may set thresholds."""

    sense: Sense

    def __init__(self, recipe: Recipe, bundle: Bundle) -> None:
        """Raises GoodpartError if the bundle cannot be used or cannot support the recipe's false-alarm rate."""
        # The detector has its own references to arrays and networks: free the others.
        self.bundle = replace(bundle, arrays={}, networks={})
        self.table: ImageTable | SoundTable = recipe.table(self.sense)
        self.thresholds: Thresholds
        self.ranking: ScoreRanking
        self.set_thresholds(thresholds_of(bundle, self.table, recipe.false_alarms))
        self.model = describe(bundle, self.table, recipe.false_alarms)
        self.calibrated = self._calibrated(recipe)
        """The thresholds of the calibration, even if others are in force."""

    def _calibrated(self, recipe: Recipe) -> Thresholds:
        try:
            return calibrated_or_shipped(self.bundle, self.table, recipe.false_alarms)
        except GoodpartError:
            return self.thresholds  # set by hand, with too few held-out scores to calibrate

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Use these thresholds for the next samples."""
        self.thresholds = thresholds
        self.ranking = ScoreRanking(held_out(self.bundle, self.table), thresholds)

    def set_threshold(self, which: Which, value: float, by: str) -> None:
        """Change one threshold; `by` names who changes it. Raises GoodpartError if `value` is not finite."""
        if not math.isfinite(value):
            raise GoodpartError(f"a threshold must be a number, not {value}")
        if which == "density":
            self.set_thresholds(replace(self.thresholds, density=value, by=by))
        else:
            self.set_thresholds(replace(self.thresholds, reconstruction_error=value, by=by))

    def supports(self, recipe: Recipe) -> None:
        """Raises TooFewError if the held-out scores are too few for the recipe's false-alarm rate."""
        calibrated_or_shipped(self.bundle, recipe.table(self.sense), recipe.false_alarms)

    def calibrate(self, recipe: Recipe) -> None:
        """Calibrate on the bundle's held-out scores for the recipe's present false-alarm rate. Raises TooFewError."""
        table = recipe.table(self.sense)
        thresholds = calibrated_or_shipped(self.bundle, table, recipe.false_alarms)
        self.table, self.model = table, describe(self.bundle, table, recipe.false_alarms)
        self.set_thresholds(thresholds)
        self.calibrated = thresholds


def share_of_alarm(density: float, error: float, thresholds: Thresholds) -> float:
    """The share of the alarm level, above 1 is anomalous; infinite if the scores are not finite."""
    used = share(density, error, thresholds)
    return used if math.isfinite(used) else math.inf
