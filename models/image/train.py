"""Trains an image model on a recipe's good pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.dataset.add_images import pictures_in
from core.dataset.near_duplicates import near_duplicates, thumbnail
from core.decision.calibration import TooFewError, needed_for, percent, supported
from core.decision.thresholds import rule_of
from core.errors import GoodpartError, UnreadableError
from core.features.image.picture import crop, decode_picture
from core.health.camera import PictureMeasures, TaughtPictures, measure
from core.methods import METHODS, load_object
from core.recipes.recipe import Recipe
from models.base import ImageLesson, Learnt
from models.folds import make_folds
from models.progress import ProgressReporter
from models.training_result import TrainingResult

FEWEST = 5
"""Good pictures that are not near-duplicates; fewer show too little variation to learn from."""


def train(
    recipe: Recipe, method: str, false_alarms: float, *, seed: int, epochs: int | None, report: ProgressReporter
) -> TrainingResult:
    """Train the method for this share of false alarms, 0..1. Raises GoodpartError (too few pictures, nothing
    decodable)."""
    pictures, refused, groups, measures = look_through(recipe, report)
    distinct = int(groups.max()) + 1 if len(groups) else 0
    require_enough(recipe, len(pictures), distinct, method, false_alarms, refused)
    lesson = ImageLesson(pictures, recipe.settings.camera.region, make_folds(groups), seed, epochs)
    learnt: Learnt = load_object(METHODS[method].learner)(lesson, report)
    facts = {
        "files": [path.name for path in pictures],
        "distinct": distinct,
        "region": list(recipe.settings.camera.region),
        "health": TaughtPictures.of(measures).to_json(),
    }
    doubles = len(pictures) - distinct
    return TrainingResult.of(
        "image", method, learnt, facts, seed, len(pictures), f"{len(pictures)} good pictures",
        f", {doubles} of them near-duplicates" if doubles else "", refused,
    )  # fmt: skip


def look_through(
    recipe: Recipe, report: ProgressReporter
) -> tuple[list[Path], list[str], npt.NDArray[np.int64], list[PictureMeasures]]:
    """Return the n good pictures that can be decoded, a sentence per picture that cannot, (n,) near-duplicate groups
    and the measures of each picture."""
    files = pictures_in(recipe.good_images) if recipe.good_images.is_dir() else []
    readable, refused, thumbnails, measures = [], [], [], []
    for step, file in enumerate(files):
        report("looking through", step, len(files))
        try:
            whole = decode_picture(file)
        except UnreadableError as error:
            refused.append(str(error))
            continue
        picture = crop(whole, recipe.settings.camera.region)
        readable.append(file)
        thumbnails.append(thumbnail(picture))
        measures.append(measure(whole))
    return readable, refused, near_duplicates(thumbnails), measures


def require_enough(
    recipe: Recipe, count: int, distinct: int, method: str, false_alarms: float, refused: Sequence[str]
) -> None:
    """Raise GoodpartError if there are too few good pictures; the message names how many more are needed."""
    if count == 0:
        why = f"none of {len(refused)} good pictures can be read ({refused[0]})" if refused else "no good pictures"
        raise GoodpartError(f"{recipe.good_images}: {why}; `goodpart teach {recipe.name} --images FOLDER` adds some")
    rule = rule_of(recipe.settings.image, method)
    # A method with shipped thresholds judges without a calibration.
    want = max(FEWEST, needed_for(rule, false_alarms) if METHODS[method].shipped is None else 0)
    if distinct < want:
        but = "" if distinct == count else f", of which only {distinct} are not near-duplicates"
        way = f" (or ask for {percent(supported(rule, distinct))} false alarms)" if distinct >= FEWEST else ""
        raise TooFewError(
            f"{recipe.name}: {count} good pictures{but}; {percent(false_alarms)} false alarms need {want}:"
            f" teach {want - distinct} more{way}"
        )
