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
    """Show the station until the operator quits or `seconds` have passed. Returns the exit code: 0, 128 + the signal
    that ended the app, 1 after a crash.

    Raises GoodpartError if the keymap is invalid.
    """
    return run_app(Dashboard(station, keymap, refresh=refresh, seconds=seconds, kind=kind, theme=theme, units=units))


def run_app(app: Dashboard) -> int:
    """Run the app and return its exit code; in any case restore the terminal and stop the station."""
    guard: AbstractContextManager[None] = nullcontext()
    if sys.platform != "win32":
        from tui.terminal.driver import terminal_left_as_found

        guard = terminal_left_as_found(app.end, lambda: app.terminal)
    try:
        with guard:
            app.run(mouse=False)
        if app.return_code == 1 and app.terminal is not None:
            # Output of libraries may show the cause.
            print(*app.terminal.strays.lines, sep="\n", file=sys.stderr)
        return app.return_code or 0
    except KeyboardInterrupt:
        # Ctrl-C during the start, before the terminal is in raw mode.
        return 130
    finally:
        app.station.stop()
