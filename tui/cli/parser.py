"""Defines the arguments of every command."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from core import __version__
from core.methods import choices_text, methods_of
from core.settings.user_config import COLORS, THEMES
from core.state.verdict import Sense
from tui.cli.argument_types import day, duration, hertz, positive, rate
from tui.cli.options import amulet as amulet_options
from tui.cli.options import compare as compare_options
from tui.cli.options import dcgan as dcgan_options
from tui.cli.options import serve as serve_options

DESCRIPTION = """\
Learns what a good part looks and sounds like, and reports every part that differs."""


GUIDE = """\
the steps:
  goodpart demo                                try it on a simulated bench
  goodpart devices                             list the cameras, microphones and serial ports
  goodpart new pump                            make a recipe for one part number
  goodpart teach pump --images FOLDER          add pictures of good parts, 25 or more
  goodpart teach pump --sound FOLDER           add recordings of good parts, 20 or more
  goodpart train pump && goodpart watch pump   learn, then judge live

exit codes: 0 success (score: all OK), 1 failure (score: an anomaly), 2 wrong arguments or missing data,
            3 something was UNKNOWN or could not be read, 130 ended by Ctrl-C"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `goodpart` with all its commands."""
    parser = argparse.ArgumentParser(
        prog="goodpart", description=DESCRIPTION, epilog=GUIDE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"goodpart {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")

    def recipe(to: argparse.ArgumentParser) -> None:
        to.add_argument("recipe", metavar="RECIPE", help="a folder, or the name of a recipe in the user's data folder")

    recipes = command("recipes", "list all recipes, and teach, train, calibrate, watch and look back from there")
    recipes.add_argument("--list", action="store_true", help="print the list and exit")
    recipes.add_argument("--line", action="store_true", help="type commands as lines instead of using the screen")
    recipes.set_defaults(seconds=None)
    look(recipes)

    new = command("new", "make a recipe: a folder with a commented recipe.toml")
    recipe(new)
    new.add_argument(
        "--camera", metavar="S", help="index, video file, folder of pictures, rtsp:// or http://, simulated"
    )

    new.add_argument("--microphone", metavar="S", help="device name or index, sound file, simulated")
    new.add_argument("--knobs", metavar="PORT", help="serial port of the knob board, or simulated")

    teach = command("teach", "add pictures and recordings of good parts to a recipe")
    recipe(teach)
    teach.add_argument("--images", metavar="PATH", nargs="+", type=Path, help="pictures: files or folders")
    teach.add_argument(
        "--sound", metavar="PATH", nargs="+", type=Path, help="recordings (wav, flac, ogg): files or folders"
    )
    teach.add_argument(
        "--split", metavar="SECONDS", type=duration, help="cut long sound files into recordings of this length"
    )
    teach.add_argument("--link", action="store_true", help="link the files instead of copying them")
    teach.add_argument(
        "--offered",
        nargs="?",
        const="take",
        choices=("take", "list", "drop"),
        help="samples that operators marked as good or bad: teach them (take, the default), list them or drop them",
    )
    teach.add_argument(
        "--defect",
        action="store_true",
        help="the files show defects: they are used for tests only, never to learn from",
    )

    train = command("train", "learn from the good samples and calibrate; Ctrl-C keeps the old model")
    recipe(train)
    for sense in get_args(Sense):
        choices = choices_text(sense, " (default)")
        train.add_argument(f"--{sense}-method", metavar="M", choices=methods_of(sense), help=choices)
    train.add_argument(
        "--false-alarms",
        metavar="A",
        type=rate,
        help="share of good parts that may be called ANOMALY, by picture and sound together (default 0.05)",
    )
    train.add_argument(
        "--epochs", metavar="N", type=positive, help="networks learn for N epochs, without an early stop"
    )
    train.add_argument("--seed", metavar="N", type=int, default=0, help="seed of the random generator")

    calibrate = command("calibrate", "calculate new thresholds from the stored calibration scores")
    recipe(calibrate)
    calibrate.add_argument(
        "--false-alarms",
        metavar="A",
        type=rate,
        required=True,
        help="share of good parts that may be called ANOMALY, such as 0.02",
    )

    score = command("score", "judge files")
    recipe(score)
    score.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="pictures, sound files, or folders of both")
    score.add_argument(
        "--json", action="store_true", help="print one JSON object per line; for sound with every window"
    )
    score.add_argument(
        "--plot",
        metavar="PNG",
        type=Path,
        help="draw the score of sound over time: a PNG file, or a folder for several recordings",
    )

    compare = command(
        "compare", "compare how well each method separates this part's good samples from its known defects"
    )
    recipe(compare)
    compare_options.add(compare)

    watch = command("watch", "judge live in the dashboard")
    watch.add_argument(
        "recipe", metavar="RECIPE", nargs="?", help="a folder, or the name of a recipe in the user's data folder"
    )
    watch.add_argument("--attach", metavar="URL", help="instead of a recipe: the address of a running goodpart serve")
    watch.add_argument("--token-file", metavar="F", type=Path, help="with --attach: the file with the service's tokens")
    watch.add_argument("--camera", metavar="S", help="instead of the recipe's: index, file, folder, address, simulated")
    watch.add_argument("--microphone", metavar="S", help="instead of the recipe's: name, index, wav file, simulated")
    watch.add_argument("--knobs", metavar="PORT", help="instead of the recipe's: serial port of the board, simulated")
    show(watch)

    history = command("history", "show the journal: verdicts, threshold changes, faults; as a table, JSON lines or CSV")
    recipe(history)
    form = history.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object per line")
    form.add_argument("--csv", action="store_true", help="print one CSV row per event, after a heading")
    history.add_argument("-o", dest="output", metavar="FILE", type=Path, help="write to a file instead of the terminal")
    history.add_argument("--verdict", choices=("OK", "ANOMALY", "UNKNOWN"), help="only verdicts with this state")
    history.add_argument(
        "--kind", metavar="K", help="only events of this kind: verdict, threshold, health, training, fault ..."
    )
    history.add_argument("--day", metavar="DAY", type=day, help="only this day: YYYY-MM-DD, today or yesterday")
    history.add_argument("--last", metavar="N", type=positive, help="only the newest N events")

    report = command("report", "write one HTML file with what was learnt, how well it separates, and the settings")
    recipe(report)
    report.add_argument(
        "-o",
        dest="output",
        metavar="FILE",
        type=Path,
        default=Path("report.html"),
        help="the file to write (default report.html)",
    )

    replay = command("replay", "judge a recording of watch --record again, and compare it with the live verdicts")
    replay.add_argument("recording", metavar="FILE", type=Path, help="a file that watch --record has written")
    replay.add_argument("--recipe", metavar="R", help="judge with this recipe instead of the recorded models")
    replay.add_argument("--against", metavar="R", help="judge with this recipe as well, and list where the two differ")
    replay.add_argument("--json", action="store_true", help="print one JSON object per verdict, as --headless does")

    serve = command("serve", "judge live as a service over HTTP and WebSocket, for any number of screens and browsers")
    recipe(serve)
    serve_options.add(serve)
    serve_options.add_web(command("web", "show the dashboard in a browser, attached to a running goodpart serve"))

    demo = command("demo", "try it on a simulated bench: teach, train and watch, with faults that come and go")
    show(demo)

    amulet_options.add(
        command("amulet", "run AMULET as it was: learn the sound of a good motor, find where another one differs")
    )
    dcgan_options.add(command("dcgan", "run AMULET's DCGAN, for comparison: data set, training, detection, evaluation"))
    command("devices", "list the cameras, microphones and serial ports that answer")
    config = command("config", "show each setting and where it comes from: default, file, environment, option")
    config.add_argument(
        "--set",
        metavar="NAME=VALUE",
        nargs="+",
        help="write settings to config.toml, such as theme=light or keys.quit=f10; NAME= removes one",
    )
    look(config)
    knobs = command("knobs", "print what the knob board sends, one line per change")
    knobs.add_argument("port", metavar="PORT", help="serial port (/dev/ttyUSB0, COM12), or simulated")
    knobs.add_argument("--for", dest="seconds", metavar="SECONDS", type=duration, help="end after this time")
    return parser


def show(to: argparse.ArgumentParser) -> None:
    """Add the options of commands that judge live: the kind of output, its time, and recording."""
    output = to.add_mutually_exclusive_group()
    output.add_argument("--line", action="store_true", help="print one status line per second; type commands as lines")
    output.add_argument("--headless", action="store_true", help="print one JSON object per verdict")
    to.add_argument("--for", dest="seconds", metavar="SECONDS", type=duration, help="end after this time")
    to.add_argument("--record", metavar="FILE", type=Path, help="record all pictures and sound, for goodpart replay")
    look(to)


def look(to: argparse.ArgumentParser) -> None:
    """Add the options of the screen. Missing ones come from config.toml or the terminal (tui.terminal.display)."""
    of_terminal = to.add_argument_group("the terminal (detected from TERM, COLORTERM, the locale and NO_COLOR)")
    of_terminal.add_argument(
        "--ascii", action=argparse.BooleanOptionalAction, help="draw with ASCII characters only, or not"
    )
    of_terminal.add_argument("--colors", choices=COLORS, help="number of colours")
    of_terminal.add_argument("--theme", choices=THEMES, help="auto is dark, or ansi if the terminal has few colours")
    of_terminal.add_argument(
        "--refresh", metavar="HZ", type=hertz, help="maximum number of screen updates per second (default 5)"
    )
