"""goodpart teach"""

from __future__ import annotations

import argparse
import sys

from core.recipe import open_recipe
from core.snapshot import Training
from core.teaching import teach_pictures
from tui.progress import ProgressLine


def run(options: argparse.Namespace) -> int:
    recipe = open_recipe(options.recipe)
    folder = recipe.defect_images if options.defect else recipe.good_images
    line = ProgressLine()
    try:
        taught = teach_pictures(
            folder,
            options.images,
            link=options.link,
            progress=lambda step, of: line(Training("running", "teaching", step, of)),
        )
    finally:
        line.end()
    for sentence in taught.refused:
        print(f"refused: {sentence}", file=sys.stderr)
    kind = "defective" if options.defect else "good"
    print(f"{len(taught.added)} pictures added, {len(taught.refused)} refused, {taught.known} known already")
    print(f"{recipe.name} holds {taught.total} {kind} pictures, {taught.near_duplicates} of them near-duplicates")
    if taught.near_duplicates > taught.total / 2:
        print("most of them are nearly the same: move or exchange the part between pictures")
    if not taught.added and not taught.known:
        return 3
    return 3 if taught.refused else 0
