"""A trained model at work: a picture in, scores and thresholds out. What the station and `score` share."""

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
    """A picture's scores, not yet compared with anything."""

    scores: ImageScores
    milliseconds: float


class ImageJudge(Judge):
    """Judges pictures."""

    sense = "image"

    def __init__(self, recipe: Recipe, bundle: Bundle) -> None:
        facts = bundle.facts
        try:
            self.detector = load_detector(bundle)
            self.taught = TaughtPictures.from_json(facts["health"])
            x, y, w, h = (float(part) for part in facts["region"])
            self.region = (x, y, w, h)
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(f"{recipe.name}: the model cannot be used ({error!r}); train again") from error
        asked = recipe.settings.camera.region
        if self.region != asked:
            raise BundleError(
                f"{recipe.name}: the region of interest is {list(asked)} but the model learnt {list(self.region)};"
                " train again or put it back"
            )
        super().__init__(recipe, bundle)

    def __call__(self, picture: Picture, number: int = 1) -> ImageJudgement:
        """Judge a whole picture, as a source gives it."""
        return self.weigh(self.look(picture), number)

    def look(self, picture: Picture) -> RawImageScores:
        """The scores, which take the time; thresholds have no part in them."""
        began = time.perf_counter()
        scores = self.detector.judge(crop(picture, self.region))
        return RawImageScores(scores, 1000 * (time.perf_counter() - began))

    def weigh(self, looked: RawImageScores, number: int) -> ImageJudgement:
        """The scores beside the thresholds in force now."""
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
        """Several pictures of one part as one: means of the scores and of the maps. Pictures of a part that lies still
        differ by less than parts do, so that thresholds made for single pictures raise no more false alarms here."""
        density = sum(one.density for one in seen) / len(seen)
        error = sum(one.reconstruction_error for one in seen) / len(seen)
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
            map=np.mean([one.map for one in seen], axis=0, dtype=np.float32),
            milliseconds=sum(one.milliseconds for one in seen),
        )
