"""Applies a trained image model: a picture in, a judgement out. Shared by the station and `score`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.bundle import Bundle, BundleError
from core.decision.rule import is_anomalous
from core.detectors.image.base import ImageScores
from core.detectors.load import load_detector
from core.features.image.picture import crop
from core.health.camera import TaughtPictures
from core.inference.judge import Judge, share_of_alarm
from core.recipes.recipe import Recipe
from core.samples import Picture
from core.state.verdict import ImageJudgement


@dataclass(frozen=True)
class RawImageScores:
    """A picture's scores, not yet compared with thresholds."""

    scores: ImageScores
    milliseconds: float
    """Time that the detector took."""


class ImageJudge(Judge):
    """Judges pictures."""

    sense = "image"

    def __init__(self, recipe: Recipe, bundle: Bundle) -> None:
        """Raises GoodpartError if the bundle cannot be used or cannot support the recipe's false-alarm rate."""
        facts = bundle.facts
        try:
            self.detector = load_detector(bundle)
            self.taught = TaughtPictures.from_json(facts["health"])
            x, y, w, h = (float(part) for part in facts["region"])
            self.region = (x, y, w, h)
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(f"{recipe.name}: the model cannot be used ({error!r}); train again") from error
        wanted = recipe.settings.camera.region
        if self.region != wanted:
            raise BundleError(
                f"{recipe.name}: the region of interest is {list(wanted)} but the model learnt {list(self.region)};"
                " train again or put it back"
            )
        super().__init__(recipe, bundle)

    def __call__(self, picture: Picture, number: int = 1) -> ImageJudgement:
        """Judge a whole picture, uint8 (height, width, 3), as a source gives it. `number` is that of the frame."""
        return self.weigh(self.look(picture), number)

    def look(self, picture: Picture) -> RawImageScores:
        """Calculate the scores of a picture: the slow part of judging, independent of thresholds."""
        start = time.perf_counter()
        scores = self.detector.judge(crop(picture, self.region))
        return RawImageScores(scores, 1000 * (time.perf_counter() - start))

    def weigh(self, looked: RawImageScores, number: int) -> ImageJudgement:
        """Compare scores with the thresholds now in force."""
        scores, thresholds, ranking = looked.scores, self.thresholds, self.ranking
        used = share_of_alarm(scores.density, scores.reconstruction_error, thresholds)
        return ImageJudgement(
            number=number,
            density=scores.density,
            reconstruction_error=scores.reconstruction_error,
            anomalous=is_anomalous(scores.density, scores.reconstruction_error, thresholds),
            share=used,
            score=ranking.score(used),
            p_value=ranking.p_value(used),
            map=scores.map,
            milliseconds=looked.milliseconds,
        )

    def as_one(self, seen: Sequence[ImageJudgement]) -> ImageJudgement:
        """Combine several pictures of one part: means of the scores and of the maps.

        Pictures of a part at rest differ less than pictures of different parts, so thresholds for single pictures
        raise no more false alarms here.
        """
        density = sum(picture.density for picture in seen) / len(seen)
        error = sum(picture.reconstruction_error for picture in seen) / len(seen)
        thresholds, ranking = self.thresholds, self.ranking
        used = share_of_alarm(density, error, thresholds)
        return ImageJudgement(
            number=seen[-1].number,
            density=density,
            reconstruction_error=error,
            anomalous=is_anomalous(density, error, thresholds),
            share=used,
            score=ranking.score(used),
            p_value=ranking.p_value(used),
            map=np.mean([picture.map for picture in seen], axis=0, dtype=np.float32),
            milliseconds=sum(picture.milliseconds for picture in seen),
        )
