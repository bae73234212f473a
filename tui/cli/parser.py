"""The arguments of every command."""

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
Learns what a good part looks and sounds like, and calls out every part that differs."""


GUIDE = """\
the steps:
  goodpart demo                                try it on the simulated bench
  goodpart devices                             which cameras, microphones and knobs answer
  goodpart new pump                            a recipe for one part number
  goodpart teach pump --images FOLDER          pictures of good parts, 25 or more
  goodpart teach pump --sound FOLDER           and, or instead, recordings of good ones, 20 or more
  goodpart train pump && goodpart watch pump   learn, then judge live

exit codes: 0 fine (score: all OK), 1 failed (score: an anomaly), 2 wrong use or nothing to work with,
            3 something was UNKNOWN or could not be read, 130 ended by Ctrl-C"""


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="goodpart", description=DESCRIPTION, epilog=GUIDE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"goodpart {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")

    def recipe(to: argparse.ArgumentParser) -> None:
        to.add_argument("recipe", metavar="RECIPE", help="a folder, or a name below the user's data folder")

    recipes = command("recipes", "all recipes, and the whole day from there: teach, train, calibrate, watch, look back")
    recipes.add_argument("--list", action="store_true", help="print them instead of the screen")
    recipes.add_argument("--line", action="store_true", help="type lines instead of the screen")
    recipes.set_defaults(seconds=None)
    look(recipes)

    new = command("new", "make a recipe: a folder and a commented recipe.toml")
    recipe(new)
    new.add_argument(
        "--camera", metavar="S", help="index, video file, folder of pictures, rtsp:// or http://, simulated"
    )

    new.add_argument("--microphone", metavar="S", help="device name or index, sound file, simulated")
    new.add_argument("--knobs", metavar="PORT", help="serial port of the board with the knobs, or simulated")

    teach = command("teach", "add pictures and sound of good parts to a recipe")
    recipe(teach)
    teach.add_argument("--images", metavar="PATH", nargs="+", type=Path, help="pictures: files or folders")
    teach.add_argument("--sound", metavar="PATH", nargs="+", type=Path, help="wav, flac, ogg: files or folders")
    teach.add_argument("--split", metavar="SECONDS", type=duration, help="cut long sound files into recordings")
    teach.add_argument("--link", action="store_true", help="link the files instead of copying them")
    teach.add_argument(
        "--offered",
        nargs="?",
        const="take",
        choices=("take", "list", "drop"),
        help="what operators said was good or bad after all: teach it, list it, drop it",
    )
    teach.add_argument("--defect", action="store_true", help="they show defects: put aside, only ever to test with")

    train = command("train", "learn from the good pictures and calibrate; Ctrl-C leaves the old model in place")
    recipe(train)
    for sense in get_args(Sense):
        words = choices_text(sense, " (default)")
        train.add_argument(f"--{sense}-method", metavar="M", choices=methods_of(sense), help=words)
    train.add_argument(
        "--false-alarms", metavar="A", type=rate, help="share of good parts that may be called, 0.05, by all senses"
    )
    train.add_argument("--epochs", metavar="N", type=positive, help="for networks: learn so long, no early stop")
    train.add_argument("--seed", metavar="N", type=int, default=0, help="of the random generator")

    calibrate = command("calibrate", "set new thresholds from the stored calibration scores")
    recipe(calibrate)
    calibrate.add_argument("--false-alarms", metavar="A", type=rate, required=True, help="such as 0.02")

    score = command("score", "judge files")
    recipe(score)
    score.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="pictures, sound files, or folders of them")
    score.add_argument("--json", action="store_true", help="one JSON object a line; of sound with every window")
    score.add_argument(
        "--plot", metavar="PNG", type=Path, help="draw the score over time: a file, or a folder for many"
    )

    compare = command("compare", "which method tells this part's good samples from its known defects")
    recipe(compare)
    compare_options.add(compare)

    watch = command("watch", "judge live: the dashboard")
    watch.add_argument("recipe", metavar="RECIPE", nargs="?", help="a folder, or a name below the user's data folder")
    watch.add_argument("--attach", metavar="URL", help="instead of a recipe: a station that goodpart serve has there")
    watch.add_argument("--token-file", metavar="F", type=Path, help="with --attach: the service's tokens")
    watch.add_argument("--camera", metavar="S", help="instead of the recipe's: index, file, folder, address, simulated")
    watch.add_argument("--microphone", metavar="S", help="instead of the recipe's: name, index, wav file, simulated")
    watch.add_argument("--knobs", metavar="PORT", help="instead of the recipe's: serial port of the board, simulated")
    show(watch)

    history = command("history", "what happened: verdicts, threshold changes, faults; as a table, JSON lines or CSV")
    recipe(history)
    form = history.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line")
    form.add_argument("--csv", action="store_true", help="one row an event, a heading first")
    history.add_argument("-o", dest="output", metavar="FILE", type=Path, help="into a file instead of the terminal")
    history.add_argument("--verdict", choices=("OK", "ANOMALY", "UNKNOWN"), help="only these")
    history.add_argument("--kind", metavar="K", help="only these: verdict, threshold, health, training, fault ...")
    history.add_argument("--day", metavar="DAY", type=day, help="YYYY-MM-DD, today or yesterday")
    history.add_argument("--last", metavar="N", type=positive, help="only so many, the newest")

    report = command("report", "one HTML file: what was learnt, how it separates, settings, with pictures")
    recipe(report)
    report.add_argument("-o", dest="output", metavar="FILE", type=Path, default=Path("report.html"), help="report.html")

    replay = command("replay", "judge a recording of watch --record again, and compare with what was said live")
    replay.add_argument("recording", metavar="FILE", type=Path, help="what watch --record FILE has written")
    replay.add_argument("--recipe", metavar="R", help="judge with this recipe instead of the recorded models")
    replay.add_argument("--against", metavar="R", help="and with this one; tells where the two differ")
    replay.add_argument("--json", action="store_true", help="one JSON object for every verdict, as --headless does")

    serve = command("serve", "judge live as a service: HTTP and WebSocket, any number of screens and browsers")
    recipe(serve)
    serve_options.add(serve)
    serve_options.add_web(command("web", "the dashboard in a browser, attached to a station that is served"))

    demo = command("demo", "try it on the simulated bench: teach, train and watch, with faults that come and go")
    show(demo)

    amulet_options.add(command("amulet", "AMULET as it was: learn a good motor's sound, find where another differs"))
    dcgan_options.add(command("dcgan", "AMULET's DCGAN, for comparison: data set, training, detection, evaluation"))
    command("devices", "list the cameras, microphones and serial ports that answer")
    config = command("config", "show each setting and where it comes from: default, file, environment, option")
    config.add_argument(
        "--set",
        metavar="NAME=VALUE",
        nargs="+",
        help="write into config.toml: theme=light, keys.quit=f10; NAME= takes out",
    )
    look(config)
    knobs = command("knobs", "show what the board with the knobs sends, a line a change")
    knobs.add_argument("port", metavar="PORT", help="serial port (/dev/ttyUSB0, COM12), or simulated")
    knobs.add_argument("--for", dest="seconds", metavar="SECONDS", type=duration, help="end after so long")
    return parser


def show(to: argparse.ArgumentParser) -> None:
    how = to.add_mutually_exclusive_group()
    how.add_argument("--line", action="store_true", help="a status line a second, commands typed as lines")
    how.add_argument("--headless", action="store_true", help="one JSON object for every verdict")
    to.add_argument("--for", dest="seconds", metavar="SECONDS", type=duration, help="end after so long")
    to.add_argument("--record", metavar="FILE", type=Path, help="record all that is perceived, for goodpart replay")
    look(to)


def look(to: argparse.ArgumentParser) -> None:
    """How the screen is drawn; what is not given comes from config.toml or the terminal (tui.terminal.display)."""
    of_terminal = to.add_argument_group("the terminal (by itself from TERM, COLORTERM, the locale and NO_COLOR)")
    of_terminal.add_argument("--ascii", action=argparse.BooleanOptionalAction, help="draw with ASCII alone, or not")
    of_terminal.add_argument("--colors", choices=COLORS, help="how many colours")
    of_terminal.add_argument("--theme", choices=THEMES, help="auto: dark, on few colours ansi")
    of_terminal.add_argument("--refresh", metavar="HZ", type=hertz, help="changes of the screen a second, 5")
