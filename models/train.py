"""Learning, in a process of its own: `python -m models.train RECIPE`, one JSON object a line of progress."""

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


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument("recipe")
    parser.add_argument("--image-method", choices=methods_of("image"))
    parser.add_argument("--sound-method", choices=methods_of("sound"))
    parser.add_argument("--false-alarms", type=float, help="by pictures and sound together")
    parser.add_argument("--seed", type=int, default=0, help="of the random generator")
    parser.add_argument("--epochs", type=int, help="for methods that learn by gradient")
    parser.add_argument("--candidate", action="store_true", help="write models that wait to be taken over")
    options = parser.parse_args(arguments)
    report = ProgressReporter(sys.stdout)
    end_with_parent(Path(options.recipe))
    try:
        message = train(options, report)
    except GoodpartError as error:
        report.end("failed", str(error))
        return error.exit_code
    except MemoryError:
        report.end("failed", "there is not enough memory to learn from so much; close other programs")
        return 1
    report.end("done", message)
    return 0


def train(options: argparse.Namespace, report: ProgressReporter) -> str:
    """Learn by every sense that was taught, then write; gives what was learnt, in sentences.

    Raises GoodpartError (too little, nothing decodable, disk full) before anything is replaced.
    """
    recipe = open_recipe(options.recipe)
    share = (options.false_alarms or recipe.settings.verdict.false_alarms) / len(recipe.senses)
    outcomes: dict[Sense, TrainingResult] = {}
    for sense in to_learn(recipe):
        began = time.monotonic()
        method = getattr(options, f"{sense}_method") or recipe.table(sense).method
        train_sense = load_object(TRAINERS[sense])
        outcome = train_sense(recipe, method, share, seed=options.seed, epochs=options.epochs, report=report)
        outcomes[sense] = outcome.after(time.monotonic() - began)
    report("writing", 0, 1)
    for sense, outcome in outcomes.items():
        learnt = outcome.learnt
        place = recipe.candidate(sense) if options.candidate else recipe.bundle(sense)
        write_bundle(place, outcome.facts, learnt.arrays, learnt.networks, learnt.held_out)
    return "; ".join(outcome.words for outcome in outcomes.values())


def to_learn(recipe: Recipe) -> list[Sense]:
    """What there is good material for; pictures are asked for where there is none at all."""
    return [sense for sense in recipe.senses if recipe.holds_good(sense)] or ["image"]


if __name__ == "__main__":
    sys.exit(main())
