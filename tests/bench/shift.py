"""A shift of eight hours, in as many parts: `python -m tests.bench.shift [HOURS]`.

The dashboard on the simulated bench with knobs, in a real pseudo-terminal, as the demo has it: a part every five
seconds there, one every fifth of a second here, so that eight hours of parts go by in twenty minutes. Printed for every
tenth of the shift are resident memory and frames drawn a second; in the end whether all that was counted and called
stands in the journal.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from core.journal.store import read_journal
from core.recipes.recipe import new_recipe, open_recipe
from core.settings.recipe_settings import CameraTable, Settings, VerdictTable
from core.sources.simulated.schedule import PART_SECONDS
from core.state.snapshot import Snapshot
from tests.bench.process import cpu_seconds
from tests.support.terminal_rig import TerminalRig

QUICK = 0.2
"""Seconds that a part lies on the bench here."""
FPS = 60.0
WIDTH, HEIGHT = 640, 480
TENTHS = 10
MOST_GROWTH, MOST_DRIFT = 0.05, 0.1


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("hours", nargs="?", type=float, default=8.0)
    parser.add_argument("--child", nargs=2, type=Path, metavar=("RECIPE", "REPORT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    parts = round(options.hours * 3600 / PART_SECONDS)
    if options.child:
        watch(*options.child, parts)
        return
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(bench(Path(folder), parts))


def bench(folder: Path, parts: int) -> bool:
    from tui.cli.commands.demo import teach
    from tui.cli.commands.train import train

    camera = CameraTable(source="simulated", width=WIDTH, height=HEIGHT, fps=FPS)
    settings = Settings(camera=camera, verdict=VerdictTable(rate=FPS))
    recipe = new_recipe(str(folder / "shift"), settings)
    teach(recipe)
    train(recipe)
    report = folder / "report.json"
    began = time.monotonic()
    hours = parts * PART_SECONDS / 3600
    arguments = ["-m", "tests.bench.shift", str(hours), "--child", str(recipe.folder), str(report)]
    with TerminalRig(arguments, size=(80, 24)) as rig:
        rig.run(10 * parts * QUICK, rig.ended)
        received = len(rig.received)
    seconds = time.monotonic() - began
    said = json.loads(report.read_text(encoding="utf-8"))
    for number, tenth in enumerate(said["tenths"], 1):
        print(f"tenth {number:2}:", "  ".join(f"{name} {value:.4g}" for name, value in tenth.items()))
    rows = Counter((event.kind, event.verdict) for event in read_journal(recipe.journal))
    told = sum(count for (kind, _), count in rows.items() if kind == "part")
    called = rows["verdict", "ANOMALY"]
    kept = sum(1 for _ in recipe.anomalies.glob("*.jpg"))
    # The first tenth loads and fills what is bounded.
    memory = [tenth["MB"] for tenth in said["tenths"]]
    growth = memory[-1] / memory[1] - 1
    rates = [tenth["Hz"] for tenth in said["tenths"]]
    print(f"{hours:g} hours of parts in {seconds:.0f} s: {said['parts']} parts, {said['judged']} pictures judged,")
    print(f"journal: {told} parts of {said['parts']}, {called} anomalies of {said['called']}; {kept} pictures kept")
    print(f"memory {100 * growth:+.1f} % from the second tenth to the last; {received / seconds:.0f} B/s")
    print(f"refresh {rates[1]:.2f} Hz in the second tenth, {rates[-1]:.2f} Hz in the last")
    complete = told == said["parts"] and called == said["called"] and rows["stop", ""] == 1
    print("complete" if complete else "NOT COMPLETE")
    return not complete or growth > MOST_GROWTH or abs(rates[-1] / rates[1] - 1) > MOST_DRIFT


def judged_pictures(snapshot: Snapshot) -> int:
    return snapshot.image.counters.judged if snapshot.image else 0


def watch(folder: Path, report: Path, parts: int) -> None:
    """The dashboard until so many parts have been counted."""
    import core.inspection.inspection
    import core.sources.simulated.camera as bench
    from tui.app import dashboard as tui_app
    from tui.stations.deferred import DeferredStation

    core.inspection.inspection.LEAST_SECONDS = QUICK / 10  # type: ignore[attr-defined]
    bench.FASTEST = FPS
    made = bench.SimulatedBench.__init__
    bench.SimulatedBench.__init__ = lambda self, settings: made(self, settings, QUICK)  # type: ignore[method-assign,assignment]
    tenths: list[dict[str, float]] = []

    class CountedApp(tui_app.Dashboard):
        shown = 0
        since = (0, 0.0, 0.0, 0)

        def show(self) -> None:
            super().show()
            self.shown += 1
            snapshot = self.station.snapshot()
            counted = snapshot.shift.parts if snapshot.shift else 0
            if counted >= (len(tenths) + 1) * parts / TENTHS:
                self._note(snapshot)
            if counted >= parts:
                self.exit()

        def _note(self, snapshot: Snapshot) -> None:
            shown, at, cpu, judged = self.since
            now, used = time.monotonic(), cpu_seconds()
            self.since = self.shown, now, used, judged_pictures(snapshot)
            tenths.append(
                {
                    "MB": resident_megabytes(),
                    "Hz": (self.shown - shown) / (now - at),
                    "CPU %": 100 * (used - cpu) / (now - at),
                    "judged/s": (judged_pictures(snapshot) - judged) / (now - at),
                }
            )

        def on_mount(self) -> None:
            self.since = 0, time.monotonic(), cpu_seconds(), 0

    tui_app.Dashboard = CountedApp  # type: ignore[misc]
    station = DeferredStation(open_recipe(str(folder)), knobs="simulated")
    code = tui_app.watch(station)
    final = station.snapshot()
    counted = {
        "parts": final.shift.parts if final.shift else 0,
        "called": final.called,
        "judged": judged_pictures(final),
    }
    report.write_text(json.dumps({"tenths": tenths} | counted), encoding="utf-8")
    sys.exit(code)


def resident_megabytes() -> float:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    main()
