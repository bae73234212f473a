"""Draws docs/dashboard.svg again: the dashboard of `goodpart demo` at work, while it calls a part.

    .venv/bin/python docs/make_picture.py [FILE]

The demo's recipe is made first if it is missing (a minute). Textual then shows the dashboard in a terminal of its own
memory, 120 columns by 40 rows, and exports it at the first clear call of a part whose fault the camera sees.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from pathlib import Path

from core.recipes.recipe import Recipe, user_recipes
from core.state.snapshot import Snapshot, truth_of
from tui.app.shell import Shell
from tui.cli.commands.demo import prepared
from tui.stations.deferred import DeferredStation
from tui.terminal.capabilities import TerminalKind

SIZE = (120, 40)
FAULT = "missing bore"
HISTORY_SECONDS = 45.0
"""Judged before the picture is taken, so that the plots have something to show."""
STANDING_SECONDS = 2.0
"""How long the call has lasted by then."""
LONGEST_SECONDS = 300.0


def main() -> None:
    """Draw the picture at the place that the command line names."""
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("dashboard.svg")
    place.write_text(asyncio.run(picture(prepared(user_recipes() / "demo"))), encoding="utf-8")
    print(f"{place} is drawn")


async def picture(recipe: Recipe) -> str:
    """The dashboard as SVG. Raises SystemExit if no such call comes."""
    app = Shell(recipe, lambda one: DeferredStation(one, knobs="simulated"), kind=TerminalKind())
    start, called_at = time.monotonic(), None
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("m")
        while time.monotonic() - start < LONGEST_SECONDS:
            await pilot.pause(0.1)
            now = time.monotonic()
            called_at = (called_at or now) if called(app.station.snapshot()) else None
            if called_at and now - called_at > STANDING_SECONDS and now - start > HISTORY_SECONDS:
                return without_web_fonts(app.export_screenshot(title=f"goodpart {recipe.name}"))
    raise SystemExit(f"no part with the fault '{FAULT}' was called within {LONGEST_SECONDS:.0f} s")


def without_web_fonts(svg: str) -> str:
    """Textual names a font on the web; the picture also holds with the reader's own monospaced font."""
    return re.sub(r"\s*@font-face \{.*?\}\n", "\n", svg, flags=re.DOTALL)


def called(snapshot: Snapshot) -> bool:
    """Return whether the fault is shown and called."""
    return truth_of(snapshot) == FAULT and snapshot.verdict.state == "ANOMALY"


if __name__ == "__main__":
    main()
