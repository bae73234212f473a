"""goodpart watch"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

from core.errors import GoodpartError
from core.recipes.recipe import Recipe, open_recipe
from tui.terminal.capabilities import DUMB, LEAST_SIZE
from tui.view.text import taping_words

if TYPE_CHECKING:
    from core.tape.writer import Tape
    from tui.terminal.display import Display


def run(options: argparse.Namespace) -> int:
    if options.attach:
        return watch_attached(options)
    if options.recipe is None:
        raise GoodpartError("which recipe? give a folder or a name, or --attach URL for a station that is served")
    return watch(open_recipe(options.recipe), options, options.camera, options.microphone, options.knobs)


def watch(
    recipe: Recipe,
    options: argparse.Namespace,
    camera: str | None = None,
    microphone: str | None = None,
    knobs: str | None = None,
) -> int:
    """Judge live, in the way that the options ask for."""
    if options.record is None:
        return _shown(recipe, options, camera, microphone, knobs, None)
    from core.tape.writer import Tape

    tape = Tape(options.record)
    try:
        return _shown(recipe, options, camera, microphone, knobs, tape)
    finally:
        tape.close()
        if tape.path.exists():
            print(f"goodpart: {taping_words(tape.state())}; goodpart replay judges it again", file=sys.stderr)


def _shown(
    recipe: Recipe,
    options: argparse.Namespace,
    camera: str | None,
    microphone: str | None,
    knobs: str | None,
    tape: Tape | None,
) -> int:
    if options.headless:
        from core.station.station import Station
        from tui.line_mode.headless import run_headless

        return run_headless(Station(recipe, camera, microphone, knobs=knobs, tape=tape), options.seconds)
    from tui.stations.deferred import LateStation

    why = "" if options.line else no_dashboard()
    if options.line or why:
        from tui.line_mode.console import run_lines

        if why:
            print(f"goodpart: {why}: status lines instead of the dashboard; ? lists the commands", file=sys.stderr)
        code, _ = run_lines(LateStation(recipe, camera, microphone, knobs, tape), options.seconds, recipe)
        return code
    return show_shell(recipe, options, camera, microphone, knobs, tape)


def show_shell(
    recipe: Recipe | None,
    options: argparse.Namespace,
    camera: str | None = None,
    microphone: str | None = None,
    knobs: str | None = None,
    tape: Tape | None = None,
) -> int:
    """The dashboard of a recipe, or the list of recipes. The devices that are named are for this recipe alone,
    and `tape` for its first opening."""
    from tui.terminal.display import display

    shown = display(options)
    from tui.app.dashboard import run_app
    from tui.app.shell import Shell
    from tui.stations.deferred import LateStation

    def open_station(one: Recipe) -> LateStation:
        nonlocal tape
        if recipe is None or one.folder != recipe.folder:
            return LateStation(one)
        now, tape = tape, None
        return LateStation(one, camera, microphone, knobs, now)

    return run_app(
        Shell(
            recipe,
            open_station,
            shown.config.keys,
            **as_shown(shown, options),
        )
    )


def as_shown(shown: Display, options: argparse.Namespace) -> dict[str, Any]:
    """How a dashboard looks, and for how long, as its arguments say it."""
    config = shown.config
    return {
        "seconds": options.seconds,
        "refresh": config.refresh,
        "kind": shown.kind,
        "theme": config.theme,
        "units": config.units,
    }


def watch_attached(options: argparse.Namespace) -> int:
    """The same faces before a station that `goodpart serve` has elsewhere."""
    from tui.stations.remote import attached

    given = ("recipe", "camera", "microphone", "knobs")
    named = [name for name in given if getattr(options, name) is not None]
    if named:
        raise GoodpartError(f"--attach takes no {' and no '.join(named)}: those are the service's own")
    if options.record is not None:
        raise GoodpartError(
            "--attach takes no --record: `goodpart watch RECIPE --record FILE` records, where the devices are"
        )
    station = attached(options.attach, options.token_file)
    if options.headless:
        from tui.line_mode.headless import run_headless

        return run_headless(station, options.seconds)
    why = "" if options.line else no_dashboard()
    if options.line or why:
        from tui.line_mode.console import run_lines

        if why:
            print(f"goodpart: {why}: status lines instead of the dashboard; ? lists the commands", file=sys.stderr)
        code, _ = run_lines(station, options.seconds)
        return code
    from tui.terminal.display import display

    shown = display(options)
    from tui.app.attached import AttachedApp
    from tui.app.dashboard import run_app

    return run_app(
        AttachedApp(
            station,
            shown.config.keys,
            **as_shown(shown, options),
        )
    )


def no_dashboard() -> str:
    """Why there can be none here, in words; empty where there can."""
    if os.environ.get("TEXTUAL_DRIVER"):
        return ""  # in a browser
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return "this is not a terminal"
    if os.name != "nt" and os.environ.get("TERM", "") in DUMB:
        return "this terminal cannot place text (TERM=dumb)"
    columns, rows = shutil.get_terminal_size()
    if columns < LEAST_SIZE[0] or rows < LEAST_SIZE[1]:
        return f"this terminal has {columns}x{rows}, the dashboard needs {LEAST_SIZE[0]}x{LEAST_SIZE[1]}"
    return ""
