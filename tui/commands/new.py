"""goodpart new"""

from __future__ import annotations

import argparse
from dataclasses import replace

from core.recipe import Settings, new_recipe
from core.sources.open import kind_of


def run(options: argparse.Namespace) -> int:
    settings = Settings()
    if options.camera is not None:
        kind_of(options.camera)
        settings = replace(settings, camera=replace(settings.camera, source=options.camera))
    if options.microphone is not None:
        from core.sources.open_sound import open_microphone
        from core.sources.sound import SoundSettings

        open_microphone(options.microphone, SoundSettings())
        settings = replace(settings, microphone=replace(settings.microphone, source=options.microphone))
    if options.knobs is not None:
        settings = replace(settings, knobs=replace(settings.knobs, port=options.knobs))
    recipe = new_recipe(options.recipe, settings)
    print(f"made {recipe.toml}")
    print(f"next: goodpart teach {options.recipe} --images FOLDER   (pictures of good parts, 25 or more)")
    print("      and, or instead, --sound FOLDER   (recordings of good ones, 20 or more)")
    return 0
