"""goodpart calibrate"""

from __future__ import annotations

import argparse
from dataclasses import replace

from core.bundle import read_bundle
from core.calibration import band
from core.detectors.load import calibrated, thresholds_of
from core.errors import GoodpartError
from core.journal import Journal
from core.lock import RecipeLock
from core.recipe import open_recipe
from core.verdict import shown


def run(options: argparse.Namespace) -> int:
    recipe = open_recipe(options.recipe)
    bundle = read_bundle(recipe.image_bundle)
    table = replace(recipe.settings.image, false_alarms=options.false_alarms)
    new = calibrated(bundle, table, options.false_alarms)
    try:
        old = thresholds_of(bundle, recipe.settings.image)
    except GoodpartError:
        old = new  # the target before could not be supported
    recipe.save_thresholds(new, bundle.id, options.false_alarms)
    journal = Journal(recipe.journal)
    journal.record(
        "threshold",
        reason=new.by,
        density={"old": old.density, "new": new.density},
        reconstruction_error={"old": old.reconstruction_error, "new": new.reconstruction_error},
    )
    journal.close()
    print(
        f"density threshold {shown(old.density, new.density_step)} -> {shown(new.density, new.density_step)},"
        f" reconstruction error threshold {shown(old.reconstruction_error, new.error_step)} ->"
        f" {shown(new.reconstruction_error, new.error_step)}"
    )
    low, high = band(len(bundle.held_out_density), options.false_alarms)
    print(f"{new.by}; with {len(bundle.held_out_density)} good pictures expect {100 * low:.1f}-{100 * high:.1f} %")
    try:
        RecipeLock(recipe.folder).release()
    except GoodpartError:
        print("a station is judging with this recipe: it takes them when it is started anew, or by its key a")
    return 0
