"""goodpart report: writes one HTML file about a recipe."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from core.errors import GoodpartError, UnreadableError
from core.recipes.recipe import open_recipe
from core.runtime.atomic_files import replace_file
from tui.reports import html
from tui.reports.recipe import Report


def run(options: argparse.Namespace) -> int:
    """Write the report; return 0, or 3 if it lacks files that cannot be read. Raises GoodpartError."""
    recipe = open_recipe(options.recipe)
    place: Path = options.output
    if place.is_dir():
        raise GoodpartError(f"{place}: is a folder; give a file, such as {place / 'report.html'}")
    if not place.parent.is_dir():
        raise GoodpartError(f"{place.parent}: this folder does not exist")
    report = Report(recipe)
    text = html.page(f"{recipe.name}: report", report.body())
    replace_file(place, text.encode("utf-8", "backslashreplace"))
    print(f"{place}: {len(text) / 1000:.0f} KB")
    for refused in report.refused:
        print(f"goodpart: {refused}", file=sys.stderr)
    return UnreadableError.exit_code if report.refused else 0
