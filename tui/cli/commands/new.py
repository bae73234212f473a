"""goodpart new: makes a recipe."""

from __future__ import annotations

import argparse

from core.library import make


def run(options: argparse.Namespace) -> int:
    """Make the recipe, print the next steps and return 0. Raises GoodpartError if it exists already."""
    recipe = make(options.recipe, options.camera, options.microphone, options.knobs)
    print(f"made {recipe.toml}")
    print(f"next: goodpart teach {options.recipe} --images FOLDER   (pictures of good parts, 25 or more)")
    print(f"or:   goodpart teach {options.recipe} --sound FOLDER   (recordings of good parts, 20 or more), or both")
    print(f"or at the bench: goodpart watch {options.recipe}, then press 2")
    return 0
