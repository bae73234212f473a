"""Chooses what a command shows: the dashboard, line mode or headless output."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

from core.recipes.recipe import Recipe
from tui.terminal.capabilities import DUMB, LEAST_SIZE

if TYPE_CHECKING:
    from core.tape.writer import TapeWriter
    from tui.terminal.display import Display


def run_face(
    recipe: Recipe,
    options: argparse.Namespace,
    camera: str | None,
    microphone: str | None,
    knobs: str | None,
    tape: TapeWriter | None,
) -> int:
    """Judge live and show it as the options ask: headless, line mode or the dashboard. Return the exit code."""
    if options.headless:
        from core.station.ports import device_ports
        from core.station.station import Station
        from tui.line_mode.headless import run_headless

        station = Station(recipe, device_ports(recipe, camera, microphone, knobs, tape=tape))
        return run_headless(station, options.seconds)
    from tui.stations.deferred import DeferredStation

    why = "" if options.line else why_no_dashboard()
    if options.line or why:
        from tui.line_mode.console import run_lines

        if why:
            print(f"goodpart: {why}: status lines instead of the dashboard; ? lists the commands", file=sys.stderr)
        code, _ = run_lines(DeferredStation(recipe, camera, microphone, knobs, tape), options.seconds, recipe)
        return code
    return run_shell(recipe, options, camera, microphone, knobs, tape)


def run_shell(
    recipe: Recipe | None,
    options: argparse.Namespace,
    camera: str | None = None,
    microphone: str | None = None,
    knobs: str | None = None,
    tape: TapeWriter | None = None,
) -> int:
    """Run the dashboard of a recipe, or the list of recipes if `recipe` is None; return the exit code.

    `camera`, `microphone` and `knobs` replace the devices of this recipe only, not of others that are opened later.
    `tape` records only the first time that the recipe is opened.
    """
    from tui.terminal.display import display

    shown = display(options)
    from tui.app.run import run_app
    from tui.app.shell import Shell
    from tui.stations.deferred import DeferredStation

    def open_station(opened: Recipe) -> DeferredStation:
        nonlocal tape
        if recipe is None or opened.folder != recipe.folder:
            return DeferredStation(opened)
        first_tape, tape = tape, None
        return DeferredStation(opened, camera, microphone, knobs, first_tape)

    return run_app(
        Shell(
            recipe,
            open_station,
            shown.config.keys,
            **dashboard_options(shown, options),
        )
    )


def dashboard_options(shown: Display, options: argparse.Namespace) -> dict[str, Any]:
    """Return the keyword arguments of a dashboard: its look, and the seconds after which it ends."""
    config = shown.config
    return {
        "seconds": options.seconds,
        "refresh": config.refresh,
        "kind": shown.kind,
        "theme": config.theme,
        "units": config.units,
    }


def why_no_dashboard() -> str:
    """Return why the dashboard cannot run in this terminal; empty if it can."""
    if os.environ.get("TEXTUAL_DRIVER"):
        return ""  # textual-serve shows it in a browser
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return "this is not a terminal"
    if os.name != "nt" and os.environ.get("TERM", "") in DUMB:
        return "this terminal cannot place text (TERM=dumb)"
    columns, rows = shutil.get_terminal_size()
    if columns < LEAST_SIZE[0] or rows < LEAST_SIZE[1]:
        return f"this terminal has {columns}x{rows}, the dashboard needs {LEAST_SIZE[0]}x{LEAST_SIZE[1]}"
    return ""
