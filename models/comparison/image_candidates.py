"""The candidates for pictures: the image methods and trivial scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np

from core.bundle import Bundle, write_bundle
from core.decision.calibration import supported
from core.decision.thresholds import rule_of
from core.features.image.picture import crop, decode_picture
from core.health.camera import TaughtPictures as CameraHealth
from core.health.camera import measure
from core.inference.image_file import judge_picture_file
from core.inference.image_judge import ImageJudge
from core.methods import METHODS, load_object, methods_of
from core.recipes.recipe import Recipe
from core.samples import Picture
from models.base import ImageLesson, Learnt, Progress
from models.comparison.candidate import (
    Candidate,
    CandidateModel,
    FoldMaterial,
    HeldOutSample,
    TrivialModel,
    TrivialScore,
)
from models.folds import make_folds
from models.training_result import TrainingResult


class ImageModel:
    """A trained image model that judges exactly as the station does."""

    seconds = None

    def __init__(self, taught: FoldMaterial, method: str, learnt: Learnt) -> None:
        """Build the judge in memory. Raises GoodpartError."""
        region = taught.recipe.settings.camera.region
        health = CameraHealth.of([measure(decode_picture(taught.files[0]))])
        facts = {"region": list(region), "health": health.to_json(), "distinct": len(set(taught.group.tolist()))}
        self._outcome = TrainingResult.of("image", method, learnt, facts, taught.seed, len(taught.files), "")
        bundle = Bundle("comparison", self._outcome.facts, learnt.arrays, learnt.networks, learnt.held_out)
        rule = rule_of(taught.recipe.settings.image, method)
        least = supported(rule, learnt.held_out.count)
        self.notes = [*learnt.notes]
        target = taught.target
        if least > target:
            self.notes.append(f"{learnt.held_out.count} held-out pictures support {100 * least:.3g} % false alarms")
            target = least
        self._recipe = at_rate(taught.recipe, target)
        self._judge = ImageJudge(self._recipe, bundle)

    def judge(self, file: Path) -> HeldOutSample:
        """Judge a picture. Raises UnreadableError."""
        judged = judge_picture_file(self._judge, file).judgement
        return HeldOutSample(judged.share, map=np.round(judged.map.astype(float), 2).tolist())

    def save(self, folder: Path) -> Sequence[str]:
        """Write the model file; returns the arguments for models.comparison.runtime_cost. Raises GoodpartError."""
        learnt = self._outcome.learnt
        path = folder / "image.goodpart"
        write_bundle(path, self._outcome.facts, learnt.arrays, learnt.networks, learnt.held_out)
        return ("image", str(path))


def at_rate(recipe: Recipe, target: float) -> Recipe:
    """Return the recipe with its budget of false alarms set so that each sense gets `target`, 0..0.5."""
    verdict = replace(recipe.settings.verdict, false_alarms=min(0.5, target * len(recipe.senses)))
    return replace(recipe, settings=replace(recipe.settings, verdict=verdict))


def lesson_of(taught: FoldMaterial) -> ImageLesson:
    """Return the material as a method's lesson, with folds of its own."""
    region = taught.recipe.settings.camera.region
    return ImageLesson(taught.files, region, make_folds(taught.group), taught.seed, taught.epochs)


def by_method(method: str, taught: FoldMaterial, progress: Progress) -> CandidateModel:
    """Train a method of core.methods as for a recipe. Raises GoodpartError."""
    return ImageModel(taught, method, load_object(METHODS[method].learner)(lesson_of(taught), progress))


def by_filter_bank(taught: FoldMaterial, progress: Progress) -> CandidateModel:
    """Train `features` on the filter bank in place of the backbone. Raises GoodpartError."""
    from models.image.features import learn_with

    return ImageModel(taught, "features", learn_with(None, lesson_of(taught), progress))


def trivial(of: TrivialScore) -> Candidate:
    """Return a candidate that judges pictures by one number."""

    def learn(taught: FoldMaterial, progress: Progress) -> CandidateModel:
        numbers = []
        for step, file in enumerate(taught.files):
            progress("pictures", step, len(taught.files))
            numbers.append(of(file))
        return TrivialModel(of, np.array(numbers), taught.target)

    return learn


def candidates(recipe: Recipe) -> Mapping[str, Candidate]:
    """Return all candidates for pictures by name."""
    region = recipe.settings.camera.region

    @cache
    def grey(file: Path) -> tuple[float, float]:
        """Decode each picture once for all models."""
        return brightness_and_contrast(crop(decode_picture(file), region))

    return {
        **{method: partial(by_method, method) for method in methods_of("image")},
        "filter bank": by_filter_bank,
        "brightness": trivial(lambda file: grey(file)[0]),
        "contrast": trivial(lambda file: grey(file)[1]),
        "file size": trivial(lambda file: float(file.stat().st_size)),
    }


def brightness_and_contrast(picture: Picture) -> tuple[float, float]:
    """Return the mean and the standard deviation of the grey values, 0..255, of uint8 (height, width, 3)."""
    grey = picture.mean(axis=2)
    return float(grey.mean()), float(grey.std())
