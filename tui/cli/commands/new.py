"""goodpart new"""

from __future__ import annotations

import argparse

from core.library import make


def run(options: argparse.Namespace) -> int:
    recipe = make(options.recipe, options.camera, options.microphone, options.knobs)
    print(f"made {recipe.toml}")
    print(f"next: goodpart teach {options.recipe} --images FOLDER   (pictures of good parts, 25 or more)")
    print("      and, or instead, --sound FOLDER   (recordings of good ones, 20 or more)")
    print(f"or at the bench: goodpart watch {options.recipe}, and there key 2")
    return 0
