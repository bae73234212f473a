"""goodpart recipes: lists all recipes and opens them."""

from __future__ import annotations

import argparse
import sys

from core.library import shelved
from tui.cli.faces import run_shell, why_no_dashboard


def run(options: argparse.Namespace) -> int:
    """Print the recipes, or run the screens or line mode as the options and the terminal allow."""
    if options.list or not (options.line or sys.stdin.isatty()):
        print_recipes()
        return 0
    why = "" if options.line else why_no_dashboard()
    if options.line or why:
        from tui.line_mode.library_console import run_library
        from tui.stations.deferred import DeferredStation

        if why:
            print(f"goodpart: {why}: lines instead of the screens; ? lists the commands", file=sys.stderr)
        return run_library(DeferredStation)
    return run_shell(None, options)


def print_recipes() -> None:
    """Print the table of recipes as plain lines."""
    from tui.reports.recipe_table import HEAD, recipe_row

    recipes = shelved()
    if not recipes:
        print("there are no recipes yet: goodpart new NAME makes one")
        return
    for text in (HEAD, *("".join(part for part, _ in recipe_row(entry, opened=False)) for entry in recipes)):
        print(text.rstrip())
