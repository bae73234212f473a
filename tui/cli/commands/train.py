"""goodpart train: learns a recipe's models."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping

from core.bundle import Bundle, read_bundle
from core.decision.thresholds import calibrated_or_shipped, describe
from core.decision.verdict import score_text
from core.errors import GoodpartError
from core.journal.store import Journal
from core.recipes.recipe import Recipe, open_recipe
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense
from tui.cli.training import run_training


def run(options: argparse.Namespace) -> int:
    """Train the recipe, print what was learnt and return 0. Raises GoodpartError."""
    recipe = open_recipe(options.recipe)
    methods: dict[Sense, str | None] = {"image": options.image_method, "sound": options.sound_method}
    print("\n".join(train(recipe, methods, options.false_alarms, options.seed, options.epochs)))
    return 0


def train(
    recipe: Recipe,
    methods: Mapping[Sense, str | None] | None = None,
    false_alarms: float | None = None,
    seed: int = 0,
    epochs: int | None = None,
) -> list[str]:
    """Learn with a progress line; write the bundles, then thresholds, methods and target to recipe.toml.

    Returns sentences on what was learnt. Raises GoodpartError if it fails, and KeyboardInterrupt after Ctrl-C, once the
    training process has ended.
    """
    if not os.access(recipe.folder, os.W_OK):
        raise GoodpartError(f"{recipe.folder}: cannot be written (read-only); nothing was learnt")
    before = {sense: bundle_id(recipe, sense) for sense in recipe.senses}
    asked = {sense: method for sense, method in (methods or {}).items() if method}
    options = ["--seed", str(seed)]
    for sense, method in asked.items():
        options += [f"--{sense}-method", method]
    if false_alarms:
        options += ["--false-alarms", str(false_alarms)]
    if epochs:
        options += ["--epochs", str(epochs)]
    end = run_training(recipe.folder, options)
    for sense, method in asked.items():
        if sense in recipe.senses:
            recipe.change(sense, {"method": method})
    if false_alarms:
        recipe.change("verdict", {"false_alarms": false_alarms})
    recipe = open_recipe(str(recipe.folder))
    lines = [f"{recipe.name}: {end.message}"]
    journal = Journal(recipe.journal)
    try:
        for sense in recipe.senses:
            bundle = read_bundle(recipe.bundle(sense))
            is_new = bundle.id != before.get(sense)
            lines += settle(recipe, sense, bundle)
            if is_new:
                journal.record("training", reason=end.message, state="done", model=bundle.id)
    finally:
        journal.close()
    return lines


def bundle_id(recipe: Recipe, sense: Sense) -> str:
    """Return the id of the current bundle; empty if it is missing or cannot be used."""
    try:
        return read_bundle(recipe.bundle(sense)).id
    except GoodpartError:
        return ""


def settle(recipe: Recipe, sense: Sense, bundle: Bundle) -> list[str]:
    """Calibrate one sense for its share of the false-alarm budget and save the thresholds; return sentences on it."""
    table = recipe.table(sense)
    thresholds = calibrated_or_shipped(bundle, table, recipe.false_alarms)
    recipe.save_thresholds(thresholds, bundle.id, sense)
    model = describe(bundle, table, recipe.false_alarms)
    kind = SENSE_WORDS[sense].stream
    return [
        f"{kind}: method {model.method}{', ' + model.backbone if model.backbone else ''}, rule {thresholds.rule};"
        f" {model.note}",
        f"{kind}: thresholds: density {score_text(thresholds.density, thresholds.density_step)}, reconstruction error"
        f" {score_text(thresholds.reconstruction_error, thresholds.error_step)} ({thresholds.by})",
    ]
