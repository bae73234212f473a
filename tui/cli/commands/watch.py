"""goodpart watch: judges live."""

from __future__ import annotations

import argparse
import sys

from core.errors import GoodpartError
from core.recipes.recipe import Recipe, open_recipe
from tui.cli.faces import dashboard_options, run_face, why_no_dashboard
from tui.view.text import taping_words


def run(options: argparse.Namespace) -> int:
    """Judge live with a recipe, or show the station of a service; return the exit code. Raises GoodpartError."""
    if options.attach:
        return watch_attached(options)
    if options.recipe is None:
        raise GoodpartError(
            "there is no recipe: give a folder or a name, or --attach URL to show a running goodpart serve"
        )
    return watch(open_recipe(options.recipe), options, options.camera, options.microphone, options.knobs)


def watch(
    recipe: Recipe,
    options: argparse.Namespace,
    camera: str | None = None,
    microphone: str | None = None,
    knobs: str | None = None,
) -> int:
    """Judge live as the options ask, and record if --record is given; return the exit code."""
    if options.record is None:
        return run_face(recipe, options, camera, microphone, knobs, None)
    from core.tape.writer import TapeWriter

    tape = TapeWriter(options.record)
    try:
        return run_face(recipe, options, camera, microphone, knobs, tape)
    finally:
        tape.close()
        if tape.path.exists():
            print(f"goodpart: {taping_words(tape.state())}; goodpart replay judges it again", file=sys.stderr)


def watch_attached(options: argparse.Namespace) -> int:
    """Show the station of a running `goodpart serve`; return the exit code. Raises GoodpartError."""
    from tui.stations.remote import remote_station

    arguments = ("recipe", "camera", "microphone", "knobs")
    given = [name for name in arguments if getattr(options, name) is not None]
    if given:
        raise GoodpartError(f"--attach takes no {' and no '.join(given)}: the service has its own")
    if options.record is not None:
        raise GoodpartError(
            "--attach takes no --record: use `goodpart watch RECIPE --record FILE` on the machine with the devices"
        )
    station = remote_station(options.attach, options.token_file)
    if options.headless:
        from tui.line_mode.headless import run_headless

        return run_headless(station, options.seconds)
    why = "" if options.line else why_no_dashboard()
    if options.line or why:
        from tui.line_mode.console import run_lines

        if why:
            print(f"goodpart: {why}: status lines instead of the dashboard; ? lists the commands", file=sys.stderr)
        code, _ = run_lines(station, options.seconds)
        return code
    from tui.terminal.display import display

    shown = display(options)
    from tui.app.attached import AttachedApp
    from tui.app.run import run_app

    return run_app(
        AttachedApp(
            station,
            shown.config.keys,
            **dashboard_options(shown, options),
        )
    )
