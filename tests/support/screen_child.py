"""Runs the dashboard, or with --shell all screens, on this terminal with a station that publishes by itself, and
reports the delays of its event loop and its processor time.

`python -m tests.support.screen_child REPORT.json [--per-second N]`. The key `s` makes it crash.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import threading
import time
from pathlib import Path

from core.recipes.recipe import open_recipe
from core.station.interface import StationInterface
from tests.bench.process import peak_megabytes
from tests.support.fake_station import LiveStation
from tui.app.dashboard import Dashboard
from tui.app.run import run_app
from tui.app.shell import Shell
from tui.cli.parser import look
from tui.stations.deferred import DeferredStation
from tui.terminal.display import display

_PERIOD = 0.02


class Measured(Dashboard):
    """A dashboard that measures its event loop and writes a report when it ends."""

    def on_mount(self) -> None:
        """Start to measure."""
        self.lags: list[float] = []
        self.began = time.monotonic()
        self.thread_time = time.thread_time()
        self.sampler = asyncio.get_running_loop().create_task(self.sample())
        self.machine_lag = 0.0
        threading.Thread(target=self.sample_machine, daemon=True).start()

    async def sample(self) -> None:
        """Measure how late the event loop wakes up, every 0.02 s."""
        while True:
            due = time.monotonic() + _PERIOD
            await asyncio.sleep(_PERIOD)
            # The limits are for a screen that runs, so start two seconds after the start, and stop at the end: there
            # the event loop waits for the input thread.
            if due - self.began > 2.0 and not self._exit:
                self.lags.append(time.monotonic() - due)

    def sample_machine(self) -> None:
        """Measure the delay of a thread that only the machine can delay."""
        while not self._exit:
            due = time.monotonic() + _PERIOD
            time.sleep(_PERIOD)
            if due - self.began > 2.0:
                self.machine_lag = max(self.machine_lag, time.monotonic() - due)

    def on_unmount(self) -> None:
        """Write the report."""
        self.sampler.cancel()
        lags = sorted(self.lags) or [0.0]
        elapsed = time.monotonic() - self.began
        report = {
            "lag_p99_ms": 1000 * lags[int(0.99 * (len(lags) - 1))],
            "lag_max_ms": 1000 * lags[-1],
            "machine_lag_max_ms": 1000 * self.machine_lag,
            "main_thread_percent": 100 * (time.thread_time() - self.thread_time) / elapsed,
            "rss_mb": peak_megabytes(),
            "numpy": "numpy" in sys.modules,
            "tensorflow": "tensorflow" in sys.modules,
        }
        Path(options.report).write_text(json.dumps(report), encoding="utf-8")

    def action_send(self, name: str, answer: str) -> None:
        """Crash, to test that the terminal is restored."""
        raise RuntimeError("a fault in the screen itself")


class MeasuredShell(Measured, Shell):
    """All screens, measured like the dashboard."""


class SaidStation(LiveStation):
    """Leaves a file behind if it was stopped properly; at the start it writes on stderr like some libraries."""

    def start(self) -> None:
        """Write a library's chatter on stderr, then start."""
        os.write(2, b"INFO: a library greets\n" * 3)
        super().start()

    def stop(self, timeout: float = 2.0) -> None:
        """Stop, then leave a file as proof."""
        super().stop(timeout)
        Path(options.report).with_suffix(".stopped").touch()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("report")
    parser.add_argument("--per-second", type=float, default=10.0)
    look(parser)
    parser.add_argument("--recipe", help="the real station with this recipe instead")
    parser.add_argument("--sound", action="store_true", help="the station hears as well")
    parser.add_argument("--shell", help="all screens, with this recipe (and with --recipe its real station)")
    parser.add_argument("--without-maps", action="store_true", help="the station gives no maps, which take NumPy")
    options = parser.parse_args()
    station: StationInterface
    if options.recipe:
        station = DeferredStation(open_recipe(options.recipe))
    else:
        station = SaidStation(options.per_second, sound=options.sound, mapped=not options.without_maps)
    shown = display(options)
    refresh, kind, theme = shown.config.refresh, shown.kind, shown.config.theme
    if options.shell:
        recipe = open_recipe(options.shell)
        raise SystemExit(run_app(MeasuredShell(recipe, lambda _: station, refresh=refresh, kind=kind, theme=theme)))
    raise SystemExit(run_app(Measured(station, refresh=refresh, kind=kind, theme=theme)))
