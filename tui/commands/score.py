"""goodpart score"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.bundle import read_bundle
from core.errors import GoodpartError, UnreadableError
from core.features.picture import decode_picture
from core.health import Health, HealthSettings
from core.judging import Judge, load_judge
from core.logbook import scores_as_json
from core.recipe import open_recipe
from core.sources.base import Frame, SourceStatus
from core.teaching import find_pictures
from core.verdict import reason

NO_SCORES = dict.fromkeys(
    ("score", "density", "density_threshold", "reconstruction_error", "reconstruction_error_threshold", "p_value")
)


def run(options: argparse.Namespace) -> int:
    recipe = open_recipe(options.recipe)
    judge = load_judge(recipe, read_bundle(recipe.image_bundle))
    code = 0
    for result in judged(judge, options.paths):
        code = max(code, {"OK": 0, "ANOMALY": 1}.get(result["verdict"], 3))
        if options.json:
            print(json.dumps(result), flush=True)
        else:
            score = f"{result['score']:7.2f}" if result["score"] is not None else "      -"
            print(f"{result['verdict']:7} {score}  {result['path']}  {result['reason']}", flush=True)
    return code


def judged(judge: Judge, paths: Iterable[Path]) -> Iterable[dict[str, Any]]:
    """One object of the command line's contract for each picture, and for each path that leads to none."""
    for path in paths:
        try:
            files = find_pictures([path])
        except GoodpartError as error:
            yield _unknown(str(path), str(error))
            continue
        for file in files:
            try:
                yield _judged(judge, file)
            except UnreadableError as error:
                yield _unknown(str(file), str(error))


def _judged(judge: Judge, file: Path) -> dict[str, Any]:
    picture = decode_picture(file)
    # The same eyes as at the bench, for a single picture; a still picture is not frozen.
    health = Health(judge.taught, HealthSettings(frozen_after=None))
    fault = health.check(Frame(picture, 1, 0.0), SourceStatus("live", str(file)), 0.0)
    if fault is not None:
        return _unknown(str(file), fault.replace("camera: ", "", 1))
    seen = judge(picture)
    return {
        "path": str(file),
        "kind": "image",
        "verdict": "ANOMALY" if seen.anomalous else "OK",
        **scores_as_json(seen, judge.thresholds),
        "reason": reason(seen.density, seen.reconstruction_error, judge.thresholds, seen.anomalous),
    }


def _unknown(path: str, why: str) -> dict[str, Any]:
    return {"path": path, "kind": "image", "verdict": "UNKNOWN", **NO_SCORES, "reason": why}
