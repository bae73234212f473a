"""Runs the dashboard in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

from core.station.interface import StationInterface
from tui.app.dashboard import Dashboard
from tui.terminal.capabilities import TerminalKind


def run_dashboard(
    station: StationInterface,
    keymap: Mapping[str, str] | None = None,
    *,
    seconds: float | None = None,
    refresh: float = 5.0,
    kind: TerminalKind | None = None,
    theme: str = "auto",
    units: str = "dB",
) -> int:
    """Show the station until somebody quits or `seconds` are over; gives the exit code: 0, 128 + the signal that ended
    it, 1 after a crash.

    Raises GoodpartError for a keymap that cannot be.
    """
    return run_app(Dashboard(station, keymap, refresh=refresh, seconds=seconds, kind=kind, theme=theme, units=units))


def run_app(app: Dashboard) -> int:
    """However it ends, the terminal is left as it was found and the station is stopped."""
    guard: AbstractContextManager[None] = nullcontext()
    if sys.platform != "win32":
        from tui.terminal.driver import terminal_left_as_found

        guard = terminal_left_as_found(app.end, lambda: app.terminal)
    try:
        with guard:
            app.run(mouse=False)
        if app.return_code == 1 and app.terminal is not None:
            # What libraries said may tell why.
            print(*app.terminal.strays.lines, sep="\n", file=sys.stderr)
        return app.return_code or 0
    except KeyboardInterrupt:
        # Ctrl-C while starting, before the terminal was in raw mode.
        return 130
    finally:
        app.station.stop()
