"""Trains a recipe's models in a separate process: `python -m models.train RECIPE` prints one JSON object per line."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.bundle import write_bundle
from core.errors import GoodpartError
from core.methods import load_object, methods_of
from core.recipes.recipe import Recipe, open_recipe
from core.runtime.child_process import end_with_parent
from core.state.verdict import Sense
from models.progress import ProgressReporter
from models.training_result import TrainingResult

TRAINERS: Mapping[Sense, str] = {"image": "models.image.train:train", "sound": "models.sound.train:train"}
"""The training function of each sense, as `module:name`, so that only the used one is imported."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Train as the command line asks and print the progress; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument("recipe")
    parser.add_argument("--image-method", choices=methods_of("image"))
    parser.add_argument("--sound-method", choices=methods_of("sound"))
    parser.add_argument("--false-alarms", type=float, help="of pictures and sound together")
    parser.add_argument("--seed", type=int, default=0, help="of the random generator")
    parser.add_argument("--epochs", type=int, help="for methods that learn by gradient")
    parser.add_argument(
        "--candidate", action="store_true", help="write new models beside the ones in use, for the operator to accept"
    )
    options = parser.parse_args(arguments)
    report = ProgressReporter(sys.stdout)
    end_with_parent(Path(options.recipe))
    try:
        message = train(options, report)
    except GoodpartError as error:
        report.end("failed", str(error))
        return error.exit_code
    except MemoryError:
        report.end("failed", "there is not enough memory for this much material; close other programs")
        return 1
    report.end("done", message)
    return 0


def train(options: argparse.Namespace, report: ProgressReporter) -> str:
    """Train every sense that has good material, then write the models; returns a summary in sentences.

    Raises GoodpartError (too little material, nothing decodable, disk full) before it replaces any file.
    """
    recipe = open_recipe(options.recipe)
    share = (options.false_alarms or recipe.settings.verdict.false_alarms) / len(recipe.senses)
    outcomes: dict[Sense, TrainingResult] = {}
    for sense in to_learn(recipe):
        started = time.monotonic()
        method = getattr(options, f"{sense}_method") or recipe.table(sense).method
        train_sense = load_object(TRAINERS[sense])
        outcome = train_sense(recipe, method, share, seed=options.seed, epochs=options.epochs, report=report)
        outcomes[sense] = outcome.after(time.monotonic() - started)
    report("writing", 0, 1)
    for sense, outcome in outcomes.items():
        learnt = outcome.learnt
        path = recipe.candidate(sense) if options.candidate else recipe.bundle(sense)
        write_bundle(path, outcome.facts, learnt.arrays, learnt.networks, learnt.held_out)
    return "; ".join(outcome.words for outcome in outcomes.values())


def to_learn(recipe: Recipe) -> list[Sense]:
    """Return the senses with good material; only `image` if there is no material at all, so that training reports the
    missing pictures."""
    return [sense for sense in recipe.senses if recipe.holds_good(sense)] or ["image"]


if __name__ == "__main__":
    sys.exit(main())
