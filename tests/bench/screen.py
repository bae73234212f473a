"""What the screens cost, in a real pseudo-terminal: `python -m tests.bench.screen [seconds]`; exit code 1 where one of
`BARS` is missed.

The figures are of a machine that has little else to do: what it was late by itself is told as machine_lag_max_ms.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from core.recipes.recipe import Recipe, new_recipe
from tests.bench.process import peak_megabytes
from tests.bench.watching import make_bench
from tests.support.terminal_rig import TerminalRig

CHILD = ["-m", "tests.support.screen_child"]


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


SCREENS = {
    "recipes": ("1", "\x1b[B", "> cover"),
    "teach": ("2", "f", "is of DEFECTIVE parts"),
    "train": ("3", " ", "page 2 of"),
    "calibrate": ("4", "j", "-4.15*"),
    "history": ("6", "v", "verdict ANOMALY"),
    "files": ("7", "\x1b[B", "> firmware"),
    "compare": ("8", "v", "compared by sound"),
    "watch": ("5", "k", "-4.10"),
}
"""The key that turns to a screen, one of its own, and what that shows."""


def shell_child(report: Path, recipe: Recipe) -> tuple[list[str], dict[str, str]]:
    """All screens with a station that publishes by itself, and their environment."""
    variables = {"COLORTERM": "truecolor", "GOODPART_DATA_HOME": str(recipe.folder.parent)}
    return [*CHILD, str(report), "--shell", str(recipe.folder)], variables


def slow_screens(recipe: Recipe, answers: bool, baud: int | None = None) -> dict[str, float]:
    """All screens on 9600 baud: how long until it is said which screen comes, and until a key of its own shows."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command, variables = shell_child(report, recipe)
        with TerminalRig(command, drain=960, answers=answers, baud=baud, variables=variables) as rig:
            rig.run(30, rig.shows("quit"))
            rig.run(40, rig.shows("slow line"))
            for name, (turn, key, words) in SCREENS.items():
                rig.run(3.0)
                figures[f"{name}_s"] = answered(rig, turn, f" {name}: ")
                # The whole screen takes two seconds, what the train screen looks at some more.
                rig.run(20 if name == "train" else 5, rig.shows("page 1 of" if name == "train" else "\0"))
                figures[f"{name}_key_s"] = answered(rig, key, words)
            quit_seconds = answered(rig, "q", "", ended=True)
            told = json.loads(report.read_text(encoding="utf-8"))
    return {**figures, "key_shows_s": max(figures.values()), "quit_s": quit_seconds, **told}


def answered(rig: TerminalRig, key: str, words: str, ended: bool = False) -> float:
    """Seconds until words that are not there yet show after a key, or until the end; infinite after ten."""
    if not ended and words in rig.text():
        raise ValueError(f"{words!r} is shown before {key!r} is pressed:\n{rig.text()}")
    rig.type(key)
    asked = time.monotonic()
    shown = rig.run(10, rig.ended if ended else rig.shows(words))
    return time.monotonic() - asked if shown else float("inf")


def screens(seconds: float, recipe: Recipe, hertz: int) -> dict[str, float]:
    """Bytes a second of every screen, once it is drawn, on a terminal that takes everything at once."""
    rates = {}
    with tempfile.TemporaryDirectory() as folder:
        command, variables = shell_child(Path(folder) / "report.json", recipe)
        with TerminalRig([*command, "--refresh", str(hertz)], variables=variables) as rig:
            rig.run(10, rig.shows("threshold"))
            for name, (turn, _, _) in SCREENS.items():
                rig.type(turn)
                rig.run(20 if name == "train" else 4, rig.shows("page 1 of" if name == "train" else "\0"))
                already, since = len(rig.received), time.monotonic()
                rig.run(seconds)
                rates[name] = (len(rig.received) - already) / (time.monotonic() - since)
            rig.type("q")
            rig.run(5, rig.ended)
    return rates


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


LIVE = {"lag_p99_ms": 20.0, "quit_s": 1.0}
SECOND_AND_FIVE = {"bytes_per_s": 3000.0, "main_thread_percent": 8.0, **LIVE}
SLOW = {"key_shows_s": 0.2, "lag_max_ms": 100.0, "quit_s": 2.0}
NOBODY_KNOWS = {"lag_max_ms": 100.0, "quit_s": 2.0}
"""How far a terminal is that neither answers nor tells its speed: a key may have to wait for what is on its way."""
BARS: dict[str, dict[str, float]] = {
    "80x24": SECOND_AND_FIVE,
    "120x40": SECOND_AND_FIVE,
    "with sound": SECOND_AND_FIVE,
    "sound shown": SECOND_AND_FIVE,
    "without maps": {"rss_mb": 60.0, **SECOND_AND_FIVE},
    "80x24, 1 Hz": {"bytes_per_s": 600.0, **LIVE},
    "960 B/s": SLOW,
    "960 B/s, told": SLOW,
    "960 B/s, mute": NOBODY_KNOWS,
    "960 B/s, mute, told": SLOW,
    "screens": SLOW,
    "screens, told": SLOW,
    "screens, mute, told": SLOW,
    "line mode": {"first_line_s": 0.5, "bytes_per_s": 100.0, "answer_s": 0.2, "quit_s": 1.0},
    "while training": {"lag_max_ms": 100.0, **LIVE},
    **{f"{name}, {hertz} Hz": {"bytes_per_s": rate} for hertz, rate in ((5, 3000.0), (1, 600.0)) for name in SCREENS},
}
"""The most that a figure may be."""


def judged(figures: dict[str, dict[str, float]]) -> list[str]:
    """What is beyond its bar, in words. Of the longest lag that which the machine had by itself does not count."""
    missed = []
    for name, values in figures.items():
        for figure, most in BARS[name].items():
            value = values[figure] - (values.get("machine_lag_max_ms", 0.0) if figure == "lag_max_ms" else 0.0)
            if value > most:
                missed.append(f"{name}: {figure} {value:.3g}, at most {most:g}")
    return missed


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 15.0
    figures = {
        "80x24": fast_line(seconds, (80, 24)),
        "120x40": fast_line(seconds, (120, 40)),
        "with sound": fast_line(seconds, (80, 24), "--sound"),
        "sound shown": fast_line(seconds, (80, 24), "--sound", keys="v"),
        "without maps": fast_line(seconds, (80, 24), "--without-maps"),
        "80x24, 1 Hz": fast_line(seconds, (80, 24), "--refresh", "1"),
        "960 B/s": slow_line(seconds, answers=True),
        "960 B/s, told": slow_line(seconds, answers=True, baud=9600),
        "960 B/s, mute": slow_line(seconds, answers=False),
        "960 B/s, mute, told": slow_line(seconds, answers=False, baud=9600),
    }
    with tempfile.TemporaryDirectory() as folder:
        recipe, _ = make_bench(Path(folder))
        new_recipe(str(Path(folder) / "cover"))
        figures["screens"] = slow_screens(recipe, answers=True)
        figures["screens, told"] = slow_screens(recipe, answers=True, baud=9600)
        figures["screens, mute, told"] = slow_screens(recipe, answers=False, baud=9600)
        for hertz in (5, 1):
            rates = screens(seconds / 2, recipe, hertz)
            figures |= {f"{name}, {hertz} Hz": {"bytes_per_s": rate} for name, rate in rates.items()}
        figures["line mode"] = line_mode(seconds, recipe.folder)
        figures["while training"] = while_training(seconds, recipe.folder)
    for name, values in figures.items():
        print(f"{name:19}", "  ".join(f"{key} {value:.3g}" for key, value in values.items()))
    missed = judged(figures)
    print(*(f"missed: {words}" for words in missed), sep="\n")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
