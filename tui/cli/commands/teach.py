"""goodpart teach: adds pictures and recordings to a recipe."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from core.decision.calibration import WANTED_RECORDINGS
from core.errors import GoodpartError
from core.recipes.recipe import Recipe, open_recipe
from core.state.jobs import TrainingState
from tui.terminal.progress_line import ProgressLine


def run(options: argparse.Namespace) -> int:
    """Teach what the options name; return 0, or 3 if a file was refused. Raises GoodpartError."""
    if options.offered:
        if options.images or options.sound or options.defect:
            raise GoodpartError(
                "give --offered without --images, --sound and --defect: operators have already marked each file as good"
                " or bad"
            )
        return teach_offered(open_recipe(options.recipe), options.offered)
    if not options.images and not options.sound:
        raise GoodpartError("there is nothing to teach: give --images or --sound with files or folders, or --offered")
    if options.split and not options.sound:
        raise GoodpartError("--split cuts sound: give --sound with it")
    if options.split and options.link:
        raise GoodpartError("--split writes new files and cannot be combined with --link: leave one of them out")
    recipe = open_recipe(options.recipe)
    code = 0
    if options.images:
        code = max(code, teach_images(recipe, options))
    if options.sound:
        code = max(code, teach_recordings(recipe, options))
    return code


def teach_images(recipe: Recipe, options: argparse.Namespace) -> int:
    """Teach pictures and print how many; return 0, or 3 if one was refused or there was none."""
    from core.dataset.add_images import teach_pictures

    folder = recipe.defect_images if options.defect else recipe.good_images
    line = ProgressLine()
    try:
        taught = teach_pictures(
            folder,
            options.images,
            link=options.link,
            progress=lambda step, of: line(TrainingState("running", "teaching", step, of)),
        )
    finally:
        line.end()
    tell_refused(taught.refused)
    print(f"{len(taught.added)} pictures added, {len(taught.refused)} refused, {taught.known} already known")
    print(
        f"{recipe.name} holds {taught.total} {kind(options)} pictures, {taught.near_duplicates} of them near-duplicates"
    )
    if taught.near_duplicates > taught.total / 2:
        print("most pictures are nearly the same: move or exchange the part between pictures")
    return 3 if taught.refused or not (taught.added or taught.known) else 0


def teach_recordings(recipe: Recipe, options: argparse.Namespace) -> int:
    """Teach recordings and print how many; return 0, or 3 if one was refused or there was none."""
    from core.dataset.add_sound import teach_sound

    folder = recipe.defect_sound if options.defect else recipe.good_sound
    line = ProgressLine()
    try:
        taught = teach_sound(
            folder,
            options.sound,
            channel=recipe.settings.microphone.channel,
            link=options.link,
            split=options.split,
            progress=lambda step, of: line(TrainingState("running", "teaching", step, of)),
        )
    finally:
        line.end()
    tell_refused(taught.refused)
    print(f"{len(taught.added)} recordings added, {len(taught.refused)} refused, {taught.known} already known")
    print(f"{recipe.name} holds {taught.total} {kind(options)} recordings, {taught.seconds / 60:.1f} minutes")
    if not options.defect and taught.total < WANTED_RECORDINGS:
        print(
            f"the threshold is reliable from {WANTED_RECORDINGS} separate recordings of at least 3 units or days on;"
            " until then it is provisional"
        )
    return 3 if taught.refused or not (taught.added or taught.known) else 0


def teach_offered(recipe: Recipe, what: str) -> int:
    """Teach, list or drop the samples that operators have marked, as `what` asks: take, list or drop.

    Returns 3 if some cannot be taught, else 0. Raises GoodpartError.
    """
    from core.dataset.review_queue import OFFERS, SENSES, accept, discard, offered

    if what == "drop":
        print(f"{discard(recipe)} offered files discarded")
        return 0
    if what == "list":
        for file in (file for offer in OFFERS for sense in SENSES for file in offered(recipe, offer, sense)):
            print(file)
        return 0
    results = accept(recipe)
    print("\n".join(line for line in results if not line.startswith("refused: ")) or "nothing is offered")
    refused = [line.removeprefix("refused: ") for line in results if line.startswith("refused: ")]
    tell_refused(refused)
    return 3 if refused else 0


def kind(options: argparse.Namespace) -> str:
    """Return "good" or "defective", as the options say."""
    return "defective" if options.defect else "good"


def tell_refused(sentences: Sequence[str]) -> None:
    """Print on stderr which files were refused, and why."""
    for sentence in sentences:
        print(f"refused: {sentence}", file=sys.stderr)
