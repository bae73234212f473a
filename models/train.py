"""Learning, in a process of its own: `python -m models.train RECIPE`, one JSON object a line of progress."""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import signal
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core import __version__
from core.bundle import write_bundle
from core.calibration import TooFewError, needed_for, percent, supported
from core.detectors.load import rule_of
from core.errors import GoodpartError, UnreadableError
from core.features.duplicates import near_duplicates, thumbnail
from core.features.picture import crop, decode_picture
from core.health import PictureMeasures, Taught, measure
from core.recipe import Recipe, open_recipe, remove_begun
from core.teaching import pictures_in
from models.base import Learnt, Lesson
from models.folds import make_folds
from models.report import Reporter

FEWEST = 5
"""Fewer good pictures have no variation to speak of."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument("recipe")
    parser.add_argument("--image-method")
    parser.add_argument("--false-alarms", type=float)
    parser.add_argument("--seed", type=int, default=0, help="of the random generator")
    parser.add_argument("--epochs", type=int, help="for methods that learn by gradient")
    parser.add_argument("--output", type=Path, help="where the model goes (image.goodpart in the recipe)")
    options = parser.parse_args(arguments)
    report = Reporter(sys.stdout)
    end_with_parent({Path(options.recipe), options.output.parent if options.output else Path(options.recipe)})
    try:
        recipe = open_recipe(options.recipe)
        message = train_images(
            recipe,
            options.image_method or recipe.settings.image.method,
            options.false_alarms or recipe.settings.image.false_alarms,
            options.output or recipe.image_bundle,
            seed=options.seed,
            epochs=options.epochs,
            report=report,
        )
    except GoodpartError as error:
        report.end("failed", str(error))
        return error.exit_code
    except MemoryError:
        report.end("failed", "there is not enough memory to learn from so many pictures; close other programs")
        return 1
    report.end("done", message)
    return 0


def end_with_parent(folders: Iterable[Path]) -> None:
    """End at once when standard input closes: the parent cancelled, or is no more. What was begun is removed."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            # Not through sys.stdin: a thread that waits inside it makes the interpreter abort at its end.
            while os.read(0, 4096):
                pass
        for folder in folders:
            remove_begun(folder, os.getpid())
        if sys.platform != "win32" and os.getpgrp() == os.getpid():
            # Started by core.training: what this process has started (the conversion of the backbone) ends too.
            os.killpg(0, signal.SIGKILL)
        os._exit(130)

    if not sys.stdin.isatty():
        threading.Thread(target=watch, name="parent", daemon=True).start()


def train_images(
    recipe: Recipe, method: str, false_alarms: float, output: Path, *, seed: int, epochs: int | None, report: Reporter
) -> str:
    """Learn from a recipe's good pictures and write the bundle; gives what was learnt in a sentence.

    Raises GoodpartError (too few pictures, nothing decodable, disk full) before anything is replaced.
    """
    began = time.monotonic()
    pictures, refused, groups, measures = look_through(recipe, report)
    distinct = int(groups.max()) + 1 if len(groups) else 0
    require_enough(recipe, len(pictures), distinct, method, false_alarms, refused)
    lesson = Lesson(pictures, recipe.settings.camera.region, make_folds(groups), seed, epochs)
    learnt = learn(method, lesson, report)
    notes = [*learnt.notes]
    if refused:
        notes.append(f"{len(refused)} pictures could not be read and were passed over")
    facts = {
        "kind": "image",
        "method": method,
        "taught": len(pictures),
        "distinct": distinct,
        "trained_at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "same_unit": learnt.same_unit,
        "backbone": learnt.backbone,
        "region": list(recipe.settings.camera.region),
        "settings": dict(learnt.settings),
        "health": Taught.of(measures).to_json(),
        "notes": notes,
        "seed": seed,
        "versions": versions(),
    }
    report("writing", 0, 1)
    write_bundle(output, facts, learnt.arrays, learnt.networks, learnt.held_out_density, learnt.held_out_error)
    words = f"learnt from {len(pictures)} good pictures in {time.monotonic() - began:.0f} s"
    doubles = len(pictures) - distinct
    if doubles:
        words += f", {doubles} of them near-duplicates"
    return "; ".join([words, *notes])


def look_through(
    recipe: Recipe, report: Reporter
) -> tuple[list[Path], list[str], npt.NDArray[np.int64], list[PictureMeasures]]:
    """The good pictures that can be decoded, sentences on those that cannot, near-duplicate groups, measures."""
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
    """Raises GoodpartError where there are too few, with the number still needed."""
    if count == 0:
        none = f"none of {len(refused)} good pictures can be read ({refused[0]})" if refused else "no good pictures"
        raise GoodpartError(f"{recipe.good_images}: {none}; `goodpart teach {recipe.name} --images FOLDER` adds some")
    rule = rule_of(recipe.settings.image, method)
    # The seed's method has thresholds that were shipped with it.
    want = max(FEWEST, needed_for(rule, false_alarms) if method == "features" else 0)
    if distinct < want:
        but = "" if distinct == count else f", of which only {distinct} are not near-duplicates"
        way = f" (or ask for {percent(supported(rule, distinct))} false alarms)" if distinct >= FEWEST else ""
        raise TooFewError(
            f"{recipe.name}: {count} good pictures{but}; {percent(false_alarms)} false alarms take {want}:"
            f" teach {want - distinct} more{way}"
        )


def learn(method: str, lesson: Lesson, report: Reporter) -> Learnt:
    if method == "seed":
        from models import seed

        return seed.learn(lesson, report)
    from models import features

    return features.learn(lesson, report, backbone_or_none(report))


def backbone_or_none(report: Reporter) -> bytes | None:
    """The converted backbone; converts it where that is possible, None where it is not."""
    from core.features.backbone import find_backbone

    found = find_backbone()
    if found is not None:
        return found
    from models.backbone import convert_backbone

    report("converting the backbone", 0, 1)
    try:
        return convert_backbone()
    except GoodpartError:
        # The filter bank serves instead; models.features says so in its notes.
        return None


def versions() -> dict[str, str]:
    found = {"goodpart": __version__, "python": platform.python_version()}
    for name in ("numpy", "opencv-python-headless", "ai-edge-litert", "tensorflow"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


if __name__ == "__main__":
    sys.exit(main())
