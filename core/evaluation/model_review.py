"""Looks at trained models in a process of its own: `python -m core.evaluation.model_review RECIPE [--candidate]`.

Lines of JSON tell how far it is; the last has what was found, an `ModelReview` for each model. Nothing is changed.
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
"""Shares of good parts that may be called, by all senses together."""
GREY_WIDTH = 56
SAMPLE_SECONDS, LEAST_SAMPLE_SECONDS = 4.0, 2.0
"""Of a recording that is redrawn."""
WIDER = 1.5
"""Width to height of what is redrawn of a sound."""
MOST_POINTS = 120


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m core.evaluation.model_review", description=__doc__)
    parser.add_argument("recipe")
    parser.add_argument("--candidate", action="store_true", help="the models that wait to be taken over")
    options = parser.parse_args(arguments)
    end_with_parent()
    try:
        found = examine(open_recipe(options.recipe), candidate=options.candidate)
    except GoodpartError as error:
        _say(state="failed", message=str(error))
        return error.exit_code
    _say(state="done", examined=[asdict(one) for one in found])
    return 0


def _say(**said: object) -> None:
    # What is not finite has no JSON.
    print(json.dumps(_finite(said), allow_nan=False), flush=True)


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return 1e9 if value > 0 else -1e9 if value < 0 else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list | tuple) else value


def examine(recipe: Recipe, *, candidate: bool = False) -> list[ModelReview]:
    """Every model of the recipe, or every one that waits to be taken over. Raises GoodpartError where there is none."""
    places = {sense: (recipe.candidate if candidate else recipe.bundle)(sense) for sense in recipe.senses}
    found = [_examine_one(recipe, sense, read_bundle(place)) for sense, place in places.items() if place.exists()]
    if not found:
        raise GoodpartError(f"{recipe.name}: there is no model to look at; train first")
    return found


def _examine_one(recipe: Recipe, sense: Sense, bundle: Bundle) -> ModelReview:
    def progress(step: int, of: int) -> None:
        _say(state="running", phase="defects" if sense == "image" else "defective sound", step=step, of=of)

    separation = separate(recipe, sense, bundle, progress)
    table, t = recipe.table(sense), separation.thresholds
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
        good=len(separation.good.share),
        defects=len(separation.defects),
        refused=len(separation.refused),
        misses=separation.misses,
        unknown=separation.unknown,
        auroc=separation.auroc,
        interval=separation.interval,
        worst=tuple(_worst(case) for case in separation.worst),
        sample=_picture(recipe, bundle) if sense == "image" else _sound(recipe, bundle),
        costs=tuple(_costs(recipe, bundle, separation, target) for target in TARGETS),
    )


def _costs(recipe: Recipe, bundle: Bundle, separation: DefectTest, target: float) -> TargetCosts:
    """What a target for all senses together means for this one."""
    defects = [(case.density, case.reconstruction_error) for case in separation.defects]
    cost = what_it_costs(bundle, recipe.table(separation.sense), target / len(recipe.senses), defects)
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
        trace = [(round(float(at), 2), round(float(share), 3)) for at, share in case.trace[::every]]
    picture = None if case.map is None else grey_to_show(cv2.cvtColor(decode_picture(case.path), cv2.COLOR_BGR2GRAY))
    return WorstSample(case.path.name, case.state, case.reason, float(case.share), picture, grid, tuple(trace))


def _picture(recipe: Recipe, bundle: Bundle) -> Reconstruction | None:
    """The newest good picture that can be decoded, and what the autoencoder makes of it."""
    detector = load_detector(bundle)
    files = pictures_in(recipe.good_images) if recipe.good_images.is_dir() else []
    for file in reversed(files):
        try:
            picture = crop(decode_picture(file), recipe.settings.camera.region)
        except UnreadableError:
            continue
        what, seen, redrawn = detector.redraw(picture)
        return Reconstruction(what, file.name, _together(seen, seen, redrawn), _together(redrawn, seen, redrawn))
    return None


def _sound(recipe: Recipe, bundle: Bundle) -> Reconstruction | None:
    """The same of the beginning of the newest good recording."""
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
        # A second has few steps in time: drawn out, to be looked at.
        wide = max(1, round(WIDER * both[0].shape[0] / both[0].shape[1]))
        seen, redrawn = (np.repeat(one, wide, axis=1) for one in both)
        axes = "time from left to right"
        if what == "log-mel":
            axes += f", a second; from 0 Hz at the bottom to {detector.rate / 2000:g} kHz"
        return Reconstruction(what, file.name, _together(seen, seen, redrawn), _together(redrawn, seen, redrawn), axes)
    return None


def _together(one: npt.NDArray[np.float32], *both: npt.NDArray[np.float32]) -> GreyImage:
    """Grey levels by the scale that both pictures have in common."""
    low, high = min(float(b.min()) for b in both), max(float(b.max()) for b in both)
    levels = np.clip((one - low) / max(high - low, 1e-9) * 255, 0, 255).astype(np.uint8)
    return GreyImage(levels.shape[1], levels.shape[0], levels.tobytes().hex())


def grey_to_show(picture: npt.NDArray[np.uint8]) -> GreyImage:
    height, width = picture.shape
    rows = max(1, round(GREY_WIDTH * height / width))
    small = cv2.resize(picture, (GREY_WIDTH, rows), interpolation=cv2.INTER_AREA)
    return GreyImage(GREY_WIDTH, rows, small.tobytes().hex())


if __name__ == "__main__":
    sys.exit(main())
