"""goodpart watch"""

from __future__ import annotations

import argparse
import sys

from core.errors import GoodpartError
from core.recipe import Recipe, open_recipe


def run(options: argparse.Namespace) -> int:
    return watch(open_recipe(options.recipe), options, options.camera, options.microphone, options.knobs)


def watch(
    recipe: Recipe,
    options: argparse.Namespace,
    camera: str | None = None,
    microphone: str | None = None,
    knobs: str | None = None,
) -> int:
    """Judge live, in the way that the options ask for."""
    if options.headless or options.line:
        from core.station import Station
        from tui.plain import headless, lines, run_plain

        show = headless if options.headless else lines
        return run_plain(
            Station(recipe, camera, microphone, knobs=knobs), options.seconds, show, strict=options.headless
        )
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise GoodpartError("this is not a terminal: use --headless (JSON) or --line (status lines)")
    from core.config import load_config
    from tui.app import watch as show_dashboard
    from tui.late import LateStation

    return show_dashboard(LateStation(recipe, camera, microphone, knobs), load_config().keys, seconds=options.seconds)
