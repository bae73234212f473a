"""Runs the dashboard, or with --shell all screens, on the terminal it is started in, with a station that publishes by
itself, and writes down how the screen's loop and processor time were:
`python -m tests.support.screen_child REPORT.json [--per-second N]`. The key `s` makes it crash."""

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
    def on_mount(self) -> None:
        self.lags: list[float] = []
        self.began = time.monotonic()
        self.thread_time = time.thread_time()
        self.sampler = asyncio.get_running_loop().create_task(self.sample())
        self.machine_lag = 0.0
        threading.Thread(target=self.sample_machine, daemon=True).start()

    async def sample(self) -> None:
        while True:
            due = time.monotonic() + _PERIOD
            await asyncio.sleep(_PERIOD)
            # From two seconds after the start on: the bars are for a screen that runs.
            # Leaving waits for the input thread, after the screen is done.
            if due - self.began > 2.0 and not self._exit:
                self.lags.append(time.monotonic() - due)

    def sample_machine(self) -> None:
        """How late a thread is that nothing can hold up but the machine."""
        while not self._exit:
            due = time.monotonic() + _PERIOD
            time.sleep(_PERIOD)
            if due - self.began > 2.0:
                self.machine_lag = max(self.machine_lag, time.monotonic() - due)

    def on_unmount(self) -> None:
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

    def action_save_thresholds(self) -> None:
        raise RuntimeError("a fault in the screen itself")


class MeasuredShell(Measured, Shell):
    """All screens."""


class SaidStation(LiveStation):
    """Leaves a file behind when it was stopped in good order; its libraries chatter."""

    def start(self) -> None:
        os.write(2, b"INFO: a library greets\n" * 3)
        super().start()

    def stop(self, timeout: float = 2.0) -> None:
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
