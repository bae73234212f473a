"""Which face a command shows: dashboard, line mode or headless."""

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
    """The dashboard of a recipe, or the list of recipes. The devices that are named are for this recipe alone,
    and `tape` for its first opening."""
    from tui.terminal.display import display

    shown = display(options)
    from tui.app.run import run_app
    from tui.app.shell import Shell
    from tui.stations.deferred import DeferredStation

    def open_station(one: Recipe) -> DeferredStation:
        nonlocal tape
        if recipe is None or one.folder != recipe.folder:
            return DeferredStation(one)
        now, tape = tape, None
        return DeferredStation(one, camera, microphone, knobs, now)

    return run_app(
        Shell(
            recipe,
            open_station,
            shown.config.keys,
            **dashboard_options(shown, options),
        )
    )


def dashboard_options(shown: Display, options: argparse.Namespace) -> dict[str, Any]:
    """How a dashboard looks, and for how long, as its arguments say it."""
    config = shown.config
    return {
        "seconds": options.seconds,
        "refresh": config.refresh,
        "kind": shown.kind,
        "theme": config.theme,
        "units": config.units,
    }


def why_no_dashboard() -> str:
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
