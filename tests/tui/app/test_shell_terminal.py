"""All screens in a real pseudo-terminal, with a real station: old terminals, small windows, tmux, signals, a crash."""

from __future__ import annotations

import os
import random
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from core.recipes.recipe import Recipe
from tests.support.terminal_rig import ROOT, TerminalRig
from tests.tui.terminal.test_terminal import LEFT, colours

TURNS = (
    ("1", "recipes:"),
    ("2", "teach:"),
    ("3", "train:"),
    ("4", "calibrate:"),
    ("6", "history:"),
    ("7", "files:"),
    ("8", "compare:"),
    ("5", "watch:"),
)
"""Keys of the screens, and what the notice row answers."""


def last_event(recipe: Recipe) -> str:
    with closing(sqlite3.connect(recipe.folder / "journal.sqlite")) as journal:
        ((kind,),) = journal.execute("SELECT kind FROM events ORDER BY id DESC LIMIT 1").fetchall()
    return str(kind)


@pytest.mark.parametrize(
    ("term", "variables"),
    [
        ("vt220", {"LANG": "C.UTF-8"}),
        ("linux", {"LANG": "C.UTF-8"}),
        ("xterm-256color", {"LANG": "C"}),
        ("xterm-256color", {"NO_COLOR": "1", "COLORTERM": "truecolor"}),
    ],
    ids=["vt220", "linux", "C", "NO_COLOR"],
)
def test_every_screen_keeps_to_what_the_terminal_has(term: str, variables: dict[str, str], trained: Recipe) -> None:
    recipe = trained.folder.rename(trained.folder.with_name("Gehäuse"))
    command = ["-m", "tui", "watch", str(recipe), "--camera", "simulated", "--knobs", "simulated"]
    with TerminalRig(command, term=term, variables={"GOODPART_DATA_HOME": str(recipe.parent)} | variables) as rig:
        assert rig.run(60, rig.shows(" fps"))
        for key, words in (
            *TURNS, ("m", "anomaly map"), ("o", "knob ranges"), ("\x1b", "q quit"), ("\x10", "Search"),
            ("\x1b", "q quit"), ("?", "goodpart: keys"), ("\x1b", "q quit"),
        ):  # fmt: skip
            rig.type(key)
            assert rig.run(10, rig.shows(words)), f"{key!r}: {words}\n{rig.text()}"
            rig.run(0.4)
        rig.type("q")
        assert rig.run(10, rig.ended)
        sent = bytes(rig.received)
        if term == "vt220" or variables.get("LANG") == "C":
            assert sent.isascii() and b"Gehause" in sent
        elif term == "linux":
            sent.decode().encode("cp437")
            assert not colours(rig) & {"1", "2", "3", "4", *(str(base + n) for base in (90, 100) for n in range(8))}
        else:
            assert colours(rig) <= {"", *"012347", "22", "23", "24", "27"}


def test_no_window_however_small_breaks_a_screen(trained: Recipe) -> None:
    chance = random.Random(7)
    variables = {"GOODPART_DATA_HOME": str(trained.folder.parent)}
    with TerminalRig(["-m", "tui", "recipes"], variables=variables) as rig:
        assert rig.run(30, rig.shows("> pump"))
        rig.type("\r")
        assert rig.run(60, rig.shows("thresholds"))
        for turn in range(48):
            rig.type(str(turn % 8 + 1))
            rig.resize(chance.choice([1, 7, 59, 60, 79, 80, 100, 200]), chance.choice([1, 3, 15, 16, 23, 24, 40]))
            rig.run(chance.uniform(0.0, 0.15))
            assert not rig.ended()
        for key, _ in TURNS:
            rig.type(key)
            rig.resize(50, 12)
            assert rig.run(10, lambda: "make this window 60x16" in rig.text() and "--line" in rig.text()), key
            rig.resize(80, 24)
            assert rig.run(10, lambda: "quit" in rig.screen.display[23] and "make this" not in rig.text()), key
        rig.type("q")
        assert rig.run(10, rig.ended)
        assert rig.process.returncode == 0
    assert last_event(trained) == "stop"


def test_a_list_has_its_keys_back_when_the_window_is_large_enough_again(trained: Recipe) -> None:
    shutil.copytree(trained.folder, trained.folder.with_name("zeta"))
    variables = {"GOODPART_DATA_HOME": str(trained.folder.parent)}
    with TerminalRig(["-m", "tui", "recipes"], variables=variables) as rig:
        assert rig.run(30, rig.shows("> pump"))
        rig.resize(50, 12)
        assert rig.run(10, rig.shows("make this window"))
        rig.resize(80, 24)
        assert rig.run(10, rig.shows("> pump"))
        rig.run(0.3)
        rig.type("\x1b[B")
        assert rig.run(10, rig.shows("> zeta"))


def test_a_dumb_terminal_is_told_why_there_are_only_lines(trained: Recipe) -> None:
    variables = {"GOODPART_DATA_HOME": str(trained.folder.parent)}
    with TerminalRig(["-m", "tui", "recipes"], term="dumb", variables=variables) as rig:
        assert rig.run(20, lambda: b"recipes>" in rig.received)
        assert b"this terminal cannot place text (TERM=dumb)" in rig.received
        rig.type("q\n")
        assert rig.run(10, rig.ended)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_line_mode_in_good_order(signum: signal.Signals, trained: Recipe) -> None:
    command = ["-m", "tui", "watch", str(trained.folder), "--camera", "simulated", "--line"]
    with TerminalRig(command, term="dumb", variables={}) as rig:
        assert rig.run(60, lambda: re.search(rb" (OK|ANOMALY) ", rig.received) is not None)
        rig.process.send_signal(signum)
        assert rig.run(10, rig.ended)
        assert rig.process.returncode == 0
        assert rig.settings() == rig.before
    assert last_event(trained) == "stop"


def test_a_crash_of_the_screen_closes_the_journal_and_leaves_the_terminal(trained: Recipe, tmp_path: Path) -> None:
    command = ["-m", "tests.support.screen_child", str(tmp_path / "report.json"), "--recipe", str(trained.folder)]
    with TerminalRig(command) as rig:
        assert rig.run(60, rig.shows("thresholds"))
        rig.run(1.0)
        rig.type("s")  # this child's screen has a fault there
        assert rig.run(10, rig.ended)
        assert rig.process.returncode == 1
        rig.rest()
        assert rig.settings() == rig.before
        assert all(sequence in rig.received for sequence in LEFT)
        assert b"a fault in the screen itself" in rig.received
    assert last_event(trained) == "stop"


class Tmux:
    """A tmux server of its own, with one shell in it."""

    def __init__(self, folder: Path) -> None:
        self._socket = str(folder / "tmux")
        settings = {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
        environment = {name: value for name, value in os.environ.items() if name not in ("TMUX", "NO_COLOR")}
        self.tell("new-session", "-d", "-x", "80", "-y", "24", "sh", environment=environment | settings)
        self.tell("send-keys", "PS1='ready> '", "Enter")

    def tell(self, *command: str, environment: dict[str, str] | None = None) -> str:
        arguments = ["tmux", "-f", os.devnull, "-S", self._socket, *command]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=ROOT, env=environment)
        return done.stdout

    def screen(self) -> str:
        return self.tell("capture-pane", "-p")

    def sees(self, true: Callable[[str], bool], seconds: float = 30.0) -> bool:
        end = time.monotonic() + seconds
        while not true(self.screen()):
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        return True


@contextmanager
def tmux(folder: Path) -> Iterator[Tmux]:
    server = Tmux(folder)
    try:
        yield server
    finally:
        server.tell("kill-server")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_inside_tmux(trained: Recipe, tmp_path: Path) -> None:
    with tmux(tmp_path) as pane:
        assert pane.sees(lambda text: text.rstrip().endswith("ready>")), pane.screen()
        command = shlex.join([sys.executable, "-m", "tui", "watch", str(trained.folder), "--camera", "simulated"])
        pane.tell("send-keys", command, "Enter")
        assert pane.sees(lambda text: " fps" in text and "quit" in text, 60), pane.screen()
        pane.tell("resize-window", "-x", "120", "-y", "40")
        assert pane.sees(lambda text: len(text.splitlines()) == 40 and "quit" in text.splitlines()[39]), pane.screen()
        pane.tell("resize-window", "-x", "50", "-y", "12")
        assert pane.sees(lambda text: "make this window 60x16" in text), pane.screen()
        pane.tell("resize-window", "-x", "80", "-y", "24")
        pane.tell("send-keys", "6")
        assert pane.sees(lambda text: "verdict" in text.splitlines()[23]), pane.screen()
        pane.tell("send-keys", "q")
        assert pane.sees(lambda text: text.rstrip().endswith("ready>") and "goodpart  pump" not in text), pane.screen()
        pane.tell("send-keys", "echo back $((6 * 7))", "Enter")
        assert pane.sees(lambda text: "back 42" in text), pane.screen()
    assert last_event(trained) == "stop"
