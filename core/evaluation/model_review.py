"""Reviews trained models in a separate process: `python -m core.evaluation.model_review RECIPE [--candidate]`.

Prints its progress as lines of JSON; the last line holds a `ModelReview` for each model. Changes nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import numpy.typing as npt

from core.bundle import Bundle, read_bundle
from core.dataset.add_images import pictures_in
from core.decision.target_cost import what_it_costs
from core.decision.thresholds import describe
from core.detectors.load import load_detector, load_sound_detector
from core.errors import GoodpartError, UnreadableError
from core.evaluation.defect_test import DefectTest, JudgedSample, separate
from core.evaluation.review_result import GreyImage, ModelReview, Reconstruction, TargetCosts, WorstSample
from core.features.image.picture import crop, decode_picture
from core.recipes.recipe import Recipe, open_recipe
from core.runtime.child_process import end_with_parent
from core.runtime.opencv import cv2
from core.state.verdict import Sense

TARGETS = (0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
"""False-alarm targets: shares of good parts, for all senses together."""
GREY_WIDTH = 56
"""Pixels of the width of a picture that is shown."""
SAMPLE_SECONDS, LEAST_SAMPLE_SECONDS = 4.0, 2.0
"""Seconds of a recording that are reconstructed, at most and at least."""
WIDER = 1.5
"""Width to height of a reconstructed sound as a picture."""
MOST_POINTS = 120
"""Points of a trace at most."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the review and print its lines of JSON. Return the exit code of the process."""
    parser = argparse.ArgumentParser(prog="python -m core.evaluation.model_review", description=__doc__)
    parser.add_argument("recipe")
    parser.add_argument("--candidate", action="store_true", help="the new models that are not yet in use")
    options = parser.parse_args(arguments)
    end_with_parent()
    try:
        reviews = examine(open_recipe(options.recipe), candidate=options.candidate)
    except GoodpartError as error:
        _send(state="failed", message=str(error))
        return error.exit_code
    _send(state="done", examined=[asdict(review) for review in reviews])
    return 0


def _send(**message: object) -> None:
    # JSON has no infinity and no NaN.
    print(json.dumps(_finite(message), allow_nan=False), flush=True)


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return 1e9 if value > 0 else -1e9 if value < 0 else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value


def examine(recipe: Recipe, *, candidate: bool = False) -> list[ModelReview]:
    """Review every model of the recipe, or every `candidate` that is not yet in use.

    Raises GoodpartError if there is no such model or it cannot be used.
    """
    places = {sense: (recipe.candidate if candidate else recipe.bundle)(sense) for sense in recipe.senses}
    reviews = [_review(recipe, sense, read_bundle(place)) for sense, place in places.items() if place.exists()]
    if not reviews:
        raise GoodpartError(f"{recipe.name}: there is no model to look at; train first")
    return reviews


def _review(recipe: Recipe, sense: Sense, bundle: Bundle) -> ModelReview:
    def progress(step: int, of: int) -> None:
        _send(state="running", phase="defects" if sense == "image" else "defective sound", step=step, of=of)

    test = separate(recipe, sense, bundle, progress)
    table, t = recipe.table(sense), test.thresholds
    model = describe(bundle, table, recipe.false_alarms)
    return ModelReview(
        sense=sense,
        method=model.method,
        backbone=model.backbone,
        bundle=model.bundle,
        trained_at=model.trained_at,
        taught=model.taught,
        note=model.note,
        density=t.density,
        error=t.reconstruction_error,
        density_step=t.density_step,
        error_step=t.error_step,
        by=t.by,
        good=len(test.good.share),
        defects=len(test.defects),
        refused=len(test.refused),
        misses=test.misses,
        unknown=test.unknown,
        auroc=test.auroc,
        interval=test.interval,
        worst=tuple(_worst(case) for case in test.worst),
        sample=_picture_sample(recipe, bundle) if sense == "image" else _sound_sample(recipe, bundle),
        costs=tuple(_costs(recipe, bundle, test, target) for target in TARGETS),
    )


def _costs(recipe: Recipe, bundle: Bundle, test: DefectTest, target: float) -> TargetCosts:
    """What a false-alarm target for all senses together means for the sense of the test."""
    defects = [(case.density, case.reconstruction_error) for case in test.defects]
    cost = what_it_costs(bundle, recipe.table(test.sense), target / len(recipe.senses), defects)
    return TargetCosts(
        false_alarms=target,
        needed=cost.needed,
        held_out=cost.held_out,
        expected=cost.expected,
        misses=cost.misses,
        density=cost.thresholds.density if cost.thresholds else None,
        error=cost.thresholds.reconstruction_error if cost.thresholds else None,
        refused=cost.refused,
    )


def _worst(case: JudgedSample) -> WorstSample:
    grid = None if case.map is None else tuple(tuple(round(float(v), 1) for v in row) for row in case.map)
    trace: list[tuple[float, float]] = []
    if case.trace is not None and len(case.trace):
        every = max(1, math.ceil(len(case.trace) / MOST_POINTS))
        trace = [(round(float(end), 2), round(float(share), 3)) for end, share in case.trace[::every]]
    picture = None if case.map is None else grey_to_show(cv2.cvtColor(decode_picture(case.path), cv2.COLOR_BGR2GRAY))
    return WorstSample(case.path.name, case.state, case.reason, float(case.share), picture, grid, tuple(trace))


def _picture_sample(recipe: Recipe, bundle: Bundle) -> Reconstruction | None:
    """The newest readable good picture and its reconstruction by the autoencoder; None if there is no such picture."""
    detector = load_detector(bundle)
    files = pictures_in(recipe.good_images) if recipe.good_images.is_dir() else []
    for file in reversed(files):
        try:
            picture = crop(decode_picture(file), recipe.settings.camera.region)
        except UnreadableError:
            continue
        return _reconstruction(file.name, *detector.redraw(picture))
    return None


def _sound_sample(recipe: Recipe, bundle: Bundle) -> Reconstruction | None:
    """The beginning of the newest readable good recording and its reconstruction; None if there is no such file."""
    from core.dataset.add_sound import recordings_in
    from core.features.sound.wav import read_wave

    detector = load_sound_detector(bundle)
    wanted = round(SAMPLE_SECONDS * detector.rate)
    files = recordings_in(recipe.good_sound) if recipe.good_sound.is_dir() else []
    for file in reversed(files):
        samples = np.zeros(0, np.float32)
        try:
            for block in read_wave(file, detector.rate, recipe.settings.microphone.channel):
                samples = np.concatenate([samples, block])[:wanted]
                if len(samples) == wanted:
                    break
        except UnreadableError:
            continue
        if len(samples) < LEAST_SAMPLE_SECONDS * detector.rate:
            continue
        what, *both = detector.redraw(samples)
        # A second has few steps in time: widen them so that the picture can be read.
        wide = max(1, round(WIDER * both[0].shape[0] / both[0].shape[1]))
        seen, redrawn = (np.repeat(levels, wide, axis=1) for levels in both)
        axes = "time from left to right"
        if what == "log-mel":
            axes += f", a second; from 0 Hz at the bottom to {detector.rate / 2000:g} kHz"
        return _reconstruction(file.name, what, seen, redrawn, axes)
    return None


def _reconstruction(
    name: str, what: str, seen: npt.NDArray[np.float32], redrawn: npt.NDArray[np.float32], axes: str = ""
) -> Reconstruction:
    """Both pictures in grey levels of a common scale."""
    low, high = min(float(seen.min()), float(redrawn.min())), max(float(seen.max()), float(redrawn.max()))

    def grey(values: npt.NDArray[np.float32]) -> GreyImage:
        levels = np.clip((values - low) / max(high - low, 1e-9) * 255, 0, 255).astype(np.uint8)
        return GreyImage(levels.shape[1], levels.shape[0], levels.tobytes().hex())

    return Reconstruction(what, name, grey(seen), grey(redrawn), axes)


def grey_to_show(picture: npt.NDArray[np.uint8]) -> GreyImage:
    """Scale a grey picture, uint8 (height, width), to a width of GREY_WIDTH pixels."""
    height, width = picture.shape
    rows = max(1, round(GREY_WIDTH * height / width))
    small = cv2.resize(picture, (GREY_WIDTH, rows), interpolation=cv2.INTER_AREA)
    return GreyImage(GREY_WIDTH, rows, small.tobytes().hex())


if __name__ == "__main__":
    sys.exit(main())
