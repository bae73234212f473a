"""What the dashboard costs, in a real pseudo-terminal: `python -m tests.bench.screen [seconds]`."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.process import peak_megabytes
from tests.bench.watching import make_bench
from tests.tui.terminal_rig import TerminalRig

CHILD = ["-m", "tests.tui.screen_child"]


def fast_line(seconds: float, size: tuple[int, int], *options: str, keys: str = "") -> dict[str, float]:
    """5 frames a second of 10 snapshots a second, on a terminal that takes everything at once."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        with TerminalRig([*CHILD, str(report), *options], size=size) as rig:
            rig.run(10, rig.shows("threshold"))
            first_paint = time.monotonic() - rig.started
            rig.type(keys)
            rig.run(2)
            already, since = len(rig.received), time.monotonic()
            rig.run(seconds)
            rate = (len(rig.received) - already) / (time.monotonic() - since)
            rig.type("q")
            asked = time.monotonic()
            rig.run(5, rig.ended)
            quit_seconds = time.monotonic() - asked
            figures = json.loads(report.read_text(encoding="utf-8"))
    return {"first_paint_s": first_paint, "bytes_per_s": rate, "quit_s": quit_seconds, **figures}


def while_training(seconds: float, recipe: Path) -> dict[str, float]:
    """The real station on the simulated bench, judging ten pictures a second while it learns anew, again and again."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        with TerminalRig([*CHILD, str(report), "--recipe", str(recipe)]) as rig:
            rig.run(10, rig.shows("OK"))
            first_verdict = time.monotonic() - rig.started
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                rig.type("t")
                rig.run(1.0)
            rig.type("q")
            asked = time.monotonic()
            rig.run(10, rig.ended)
            quit_seconds = time.monotonic() - asked
            figures = json.loads(report.read_text(encoding="utf-8"))
    return {"first_verdict_s": first_verdict, "quit_s": quit_seconds, **figures}


KEYS = (
    ("j", "-4.15*"),
    ("k", "-4.10"),
    (" ", "pausing"),
    ("m", "anomaly map"),
    ("m", "picture off"),
    ("?", "goodpart: keys"),
)
"""What is pressed, and what then is read first."""


def slow_line(seconds: float, answers: bool, baud: int | None = None) -> dict[str, float]:
    """The same on 9600 baud, with keys pressed: how long until each shows. `baud` is what the settings tell of it."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        with TerminalRig([*CHILD, str(report)], drain=960, answers=answers, baud=baud) as rig:
            rig.run(30, rig.shows("quit"))
            first_paint = time.monotonic() - rig.started
            rig.run(seconds)
            already, since = len(rig.received), time.monotonic()
            rig.run(seconds)
            rate = (len(rig.received) - already) / (time.monotonic() - since)
            rig.run(30, rig.shows("slow line"))
            hertz = float(rig.text().partition("slow line: ")[2].partition(" ")[0] or 5)
            worst = 0.0
            for key, words in KEYS:
                rig.run(2.7)
                rig.type(key)
                asked = time.monotonic()
                shown = rig.run(10, rig.shows(words))
                worst = max(worst, time.monotonic() - asked if shown else float("inf"))
            rig.type("q")
            asked = time.monotonic()
            rig.run(10, rig.ended)
            quit_seconds = time.monotonic() - asked
            figures = json.loads(report.read_text(encoding="utf-8"))
    return {
        "whole_screen_s": first_paint,
        "bytes_per_s": rate,
        "Hz": hertz,
        "key_shows_s": worst,
        "quit_s": quit_seconds,
        **figures,
    }


def line_mode(seconds: float, recipe: Path) -> dict[str, float]:
    """The station as status lines on a terminal that can do nothing but print, at 9600 baud."""
    with TerminalRig(["-m", "tui", "watch", str(recipe)], drain=960, term="dumb", variables={}) as rig:
        rig.run(10, lambda: b" UNKNOWN " in rig.received)
        first_line = time.monotonic() - rig.started
        rig.run(10, lambda: b" OK " in rig.received)
        first_verdict = time.monotonic() - rig.started
        already, since = len(rig.received), time.monotonic()
        rig.run(seconds)
        rate = (len(rig.received) - already) / (time.monotonic() - since)
        megabytes = peak_megabytes(rig.process.pid)
        rig.type("d -99\n")
        asked = time.monotonic()
        rig.run(5, lambda: b"density threshold -99" in rig.received)
        answer = time.monotonic() - asked
        rig.type("q\n")
        asked = time.monotonic()
        rig.run(5, rig.ended)
        quit_seconds = time.monotonic() - asked
    return {
        "first_line_s": first_line,
        "first_verdict_s": first_verdict,
        "bytes_per_s": rate,
        "answer_s": answer,
        "quit_s": quit_seconds,
        "station_MB": megabytes,
    }


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 15.0
    figures = {
        "80x24": fast_line(seconds, (80, 24)),
        "120x40": fast_line(seconds, (120, 40)),
        "with sound": fast_line(seconds, (80, 24), "--sound"),
        "sound shown": fast_line(seconds, (80, 24), "--sound", keys="v"),
        "80x24, 1 Hz": fast_line(seconds, (80, 24), "--refresh", "1"),
        "960 B/s": slow_line(seconds, answers=True),
        "960 B/s, told": slow_line(seconds, answers=True, baud=9600),
        "960 B/s, mute": slow_line(seconds, answers=False),
        "960 B/s, mute, told": slow_line(seconds, answers=False, baud=9600),
    }
    with tempfile.TemporaryDirectory() as folder:
        recipe, _ = make_bench(Path(folder))
        figures["line mode"] = line_mode(seconds, recipe.folder)
        figures["while training"] = while_training(seconds, recipe.folder)
    for name, values in figures.items():
        print(f"{name:14}", "  ".join(f"{key} {value:.3g}" for key, value in values.items()))


if __name__ == "__main__":
    main()
