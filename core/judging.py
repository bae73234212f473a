"""A trained model at work: a picture in, scores, thresholds and health out. What the station and `score` share."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.bundle import Bundle, BundleError
from core.detectors.base import Detector
from core.detectors.load import calibrated, describe, load_detector, thresholds_of
from core.errors import GoodpartError
from core.features.picture import crop
from core.health import Taught
from core.recipe import ImageTable, Recipe
from core.snapshot import Judgement, Model, Thresholds, Which
from core.sources.base import Picture
from core.verdict import Ranking, is_anomalous, share


@dataclass
class Judge:
    """Everything that belongs to one bundle. One thread at a time judges; thresholds may be set from another."""

    bundle: Bundle
    detector: Detector
    table: ImageTable
    region: tuple[float, float, float, float]
    thresholds: Thresholds
    model: Model
    taught: Taught
    ranking: Ranking

    def __call__(self, picture: Picture, number: int = 1) -> Judgement:
        """Judge a whole picture, as a source gives it."""
        began = time.perf_counter()
        scores = self.detector.judge(crop(picture, self.region))
        # Taken once: another thread may set thresholds meanwhile.
        thresholds, ranking = self.thresholds, self.ranking
        anomalous = is_anomalous(scores.density, scores.reconstruction_error, thresholds)
        used = float(share(scores.density, scores.reconstruction_error, thresholds))
        if not math.isfinite(used):
            used = math.inf
        return Judgement(
            number=number,
            density=scores.density,
            reconstruction_error=scores.reconstruction_error,
            anomalous=anomalous,
            share=used,
            score=ranking.score(used),
            p_value=ranking.p_value(used),
            map=scores.map,
            milliseconds=1000 * (time.perf_counter() - began),
        )

    def set_thresholds(self, thresholds: Thresholds) -> None:
        self.thresholds = thresholds
        self.ranking = Ranking(self.bundle.held_out, thresholds)

    def set_threshold(self, which: Which, value: float, by: str) -> None:
        if not math.isfinite(value):
            raise GoodpartError(f"a threshold must be a number, not {value}")
        if which == "density":
            self.set_thresholds(replace(self.thresholds, density=value, by=by))
        else:
            self.set_thresholds(replace(self.thresholds, reconstruction_error=value, by=by))

    def calibrate(self, table: ImageTable) -> None:
        """New thresholds from the bundle's held-out scores, for what the recipe asks now. Raises TooFewError."""
        self.set_thresholds(calibrated(self.bundle, table))
        self.table, self.model = table, describe(self.bundle, table)


def load_judge(recipe: Recipe, bundle: Bundle) -> Judge:
    """Raises GoodpartError where the bundle cannot be used or cannot support the recipe's false-alarm rate."""
    table = recipe.settings.image
    facts: Mapping[str, Any] = bundle.facts
    try:
        detector = load_detector(bundle)
        taught = Taught.from_json(facts["health"])
        region = tuple(float(part) for part in facts["region"])
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{recipe.name}: the model cannot be used ({error!r}); train again") from error
    if region != recipe.settings.camera.region:
        raise BundleError(
            f"{recipe.name}: the region of interest is {list(recipe.settings.camera.region)} but the model learnt"
            f" {list(region)}; train again or put it back"
        )
    thresholds = thresholds_of(bundle, table)
    return Judge(
        bundle, detector, table, recipe.settings.camera.region, thresholds, describe(bundle, table), taught,
        Ranking(bundle.held_out, thresholds),
    )  # fmt: skip
