"""goodpart calibrate: calculates new thresholds from the stored calibration scores."""

from __future__ import annotations

import argparse
from dataclasses import replace

from core.bundle import read_bundle
from core.decision.thresholds import calibrated, expected, thresholds_of
from core.decision.verdict import score_text
from core.errors import GoodpartError
from core.journal.store import Journal
from core.recipes.lock import RecipeLock
from core.recipes.recipe import Recipe, open_recipe
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense, Thresholds


def run(options: argparse.Namespace) -> int:
    """Calibrate all senses for the given false-alarm share and return 0. Raises GoodpartError."""
    recipe = open_recipe(options.recipe)
    settings = recipe.settings
    asked = Recipe(
        recipe.folder, replace(settings, verdict=replace(settings.verdict, false_alarms=options.false_alarms))
    )
    # Calibrate all senses before writing any, so that an error changes nothing.
    new = {
        sense: calibrated(read_bundle(recipe.bundle(sense)), recipe.table(sense), asked.false_alarms)
        for sense in recipe.senses
    }
    recipe.change("verdict", {"false_alarms": options.false_alarms})
    for sense, thresholds in new.items():
        settle(recipe, asked, sense, thresholds)
    try:
        RecipeLock(recipe.folder).release()
    except GoodpartError:
        print("a station is judging with this recipe: press a there to use the new thresholds, or start it again")
    return 0


def settle(recipe: Recipe, asked: Recipe, sense: Sense, new: Thresholds) -> None:
    """Save, journal and print the new thresholds of one sense."""
    bundle, table = read_bundle(recipe.bundle(sense)), recipe.table(sense)
    try:
        old = thresholds_of(bundle, table, recipe.false_alarms)
    except GoodpartError:
        old = new  # too few scores supported the previous target
    recipe.save_thresholds(new, bundle.id, sense)
    journal = Journal(recipe.journal)
    journal.record(
        "threshold",
        reason=new.by,
        sense=sense,
        density={"old": old.density, "new": new.density},
        reconstruction_error={"old": old.reconstruction_error, "new": new.reconstruction_error},
    )
    journal.close()
    print(
        f"{SENSE_WORDS[sense].stream}:"
        f" density threshold {score_text(old.density, new.density_step)} ->"
        f" {score_text(new.density, new.density_step)},"
        f" reconstruction error threshold {score_text(old.reconstruction_error, new.error_step)} ->"
        f" {score_text(new.reconstruction_error, new.error_step)}; {expected(bundle, table, asked.false_alarms)}"
    )
