"""The dashboard in a real pseudo-terminal: slow lines, signals, crashes, and what is left behind."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import termios
import time
from contextlib import closing
from pathlib import Path

import pytest

from core.recipes.recipe import Recipe
from tests.support.terminal_rig import ROOT, TerminalRig

CHILD = "tests.support.screen_child"
LEFT = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?2004l", b"\x1b[?7h")
"""The alternate screen left, the cursor shown, bracketed paste off, line wrap on."""
LEFT_SIMPLE = (b"\x1b[H\x1b[2J", b"\x1b[?25h", b"\x1b[?7h")
"""Without another screen: this one cleared."""


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "report.json"


def child(report: Path) -> list[str]:
    return ["-m", CHILD, str(report)]


def assert_left_as_found(rig: TerminalRig, report: Path, simple: bool = False) -> None:
    rig.rest()
    assert rig.settings() == rig.before
    for sequence in LEFT_SIMPLE if simple else LEFT:
        assert sequence in rig.received
    assert report.with_suffix(".stopped").exists(), "the station must have been stopped"


def test_q_leaves_the_terminal_as_it_was(report: Path) -> None:
    with TerminalRig(child(report)) as rig:
        assert rig.run(10, rig.shows("votes ....."))
        assert rig.settings() != rig.before
        rig.type("q")
        assert rig.run(5, rig.ended)
        assert rig.process.returncode == 0
        assert_left_as_found(rig, report)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_good_order(report: Path, signum: signal.Signals) -> None:
    with TerminalRig(child(report)) as rig:
        assert rig.run(10, rig.shows("votes"))
        rig.process.send_signal(signum)
        assert rig.run(5, rig.ended)
        assert rig.process.returncode == 128 + signum
        assert_left_as_found(rig, report)


def test_a_crash_of_the_screen_leaves_the_terminal_and_stops_the_station(report: Path) -> None:
    with TerminalRig(child(report)) as rig:
        assert rig.run(10, rig.shows("votes"))
        rig.type("s")  # this child's screen has a fault there
        assert rig.run(5, rig.ended)
        assert rig.process.returncode == 1
        assert_left_as_found(rig, report)
        assert b"a fault in the screen itself" in rig.received


def test_ctrl_c_quits_while_starting(report: Path) -> None:
    with TerminalRig(child(report)) as rig:
        # At any moment: before raw mode the terminal makes a signal of it, afterwards it is a key.
        while not rig.ended():
            rig.type("\x03")
            rig.run(0.05, rig.ended)
            assert time.monotonic() - rig.started < 10
        assert rig.process.returncode in (0, 1, 130, -signal.SIGINT)
        rig.run(0.3)
        assert rig.settings() == rig.before


def test_a_terminal_that_has_gone_does_not_leave_a_process_behind(report: Path) -> None:
    with TerminalRig(child(report)) as rig:
        assert rig.run(10, rig.shows("votes"))
        os.close(rig.slave or -1)
        rig.slave = None
        os.close(rig.master)
        rig.master = os.open(os.devnull, os.O_RDONLY)
        assert rig.process.wait(5) == 128 + signal.SIGHUP
        assert report.with_suffix(".stopped").exists()


@pytest.mark.parametrize("answers", [True, False], ids=["answering", "mute"])
def test_a_slow_line_delays_neither_the_screen_nor_q(report: Path, answers: bool) -> None:
    with TerminalRig(child(report), answers=answers) as rig:
        assert rig.run(10, rig.shows("votes ....."))
        rig.drain = 960
        rig.type("J")
        # From a mute terminal nobody can know how far it is.
        assert rig.run(4 if answers else 2, rig.shows("-4.60*")) or not answers
        rig.run(1)
        quit_and_judge(rig, report)


@pytest.mark.slow
@pytest.mark.parametrize("answers", [True, False], ids=["answering", "mute"])
def test_a_line_that_is_slow_from_the_start(report: Path, answers: bool) -> None:
    with TerminalRig(child(report), drain=960, answers=answers) as rig:
        assert rig.run(20, rig.shows("q quit")), "the first screen takes five seconds at 960 bytes/s"
        rig.run(15)
        quit_and_judge(rig, report)


def quit_and_judge(rig: TerminalRig, report: Path) -> None:
    rig.type("q")
    asked = time.monotonic()
    assert rig.run(5, rig.ended)
    assert time.monotonic() - asked <= 2.0
    figures = json.loads(report.read_text(encoding="utf-8"))
    assert figures["lag_max_ms"] - figures["machine_lag_max_ms"] <= 100
    # What still waited was dropped; the way out was not.
    rig.drain = None
    assert_left_as_found(rig, report)


def test_a_terminal_that_takes_nothing_at_all_cannot_hold_it(report: Path) -> None:
    with TerminalRig(child(report)) as rig:
        assert rig.run(10, rig.shows("votes"))
        # Not one byte is read from now on; the kernel's buffer fills, and q still quits.
        time.sleep(1.0)
        rig.type("q")
        assert rig.process.wait(5) == 0


def test_what_libraries_write_to_the_terminal_does_not_disturb_the_screen(report: Path) -> None:
    with TerminalRig(child(report)) as rig:
        assert rig.run(10, rig.shows("votes ....."))
        assert rig.screen.display[0].startswith(" goodpart")
        assert b"a library greets" not in rig.received
        rig.type("s")
        assert rig.run(5, rig.ended)
        rig.rest()
        assert b"a library greets" in rig.received, "after a crash it may tell why"


def colours(rig: TerminalRig) -> set[str]:
    """Every SGR parameter that was sent; 38 and 48 stand for a colour beyond the sixteen."""
    found = re.findall(r"\x1b\[([0-9;]*)m", rig.received.decode())
    parameters = [re.sub(r"([34]8);(2;\d+;\d+;\d+|5;\d+)", r"\1", sgr).split(";") for sgr in found]
    return {parameter for sgr in parameters for parameter in sgr}


def look_at_everything(rig: TerminalRig) -> None:
    """The dashboard, the map, both previews, the ranges, the help."""
    assert rig.run(15, rig.shows("votes ....."))
    for key, words in (
        ("m", "anomaly map"),
        ("p", "picture in"),
        ("j", "-4.15*"),
        ("?", "goodpart: keys"),
    ):
        rig.type(key)
        assert rig.run(10, rig.shows(words)), words
    rig.run(0.3)
    rig.type("q")
    assert rig.run(10, rig.ended)
    rig.rest()


@pytest.mark.parametrize(
    ("term", "variables", "options"),
    [
        ("vt220", {}, []),
        ("vt100", {"LANG": "en_US.UTF-8"}, []),
        ("xterm-256color", {"LANG": "C"}, []),
        ("xterm-256color", {"LC_ALL": "POSIX", "COLORTERM": "truecolor"}, []),
        ("linux", {"LANG": "C"}, []),
        ("xterm-256color", {"COLORTERM": "truecolor"}, ["--ascii"]),
        ("xterm-256color", {"GOODPART_ASCII": "1"}, []),
    ],
)
def test_where_ascii_is_due_no_byte_is_above_127(
    report: Path, term: str, variables: dict[str, str], options: list[str]
) -> None:
    with TerminalRig([*child(report), *options], term=term, variables=variables) as rig:
        look_at_everything(rig)
        assert bytes(rig.received).isascii()
        assert_left_as_found(rig, report, simple=term != "xterm-256color")


def test_the_linux_console_gets_its_font_and_the_eight_colours(report: Path) -> None:
    with TerminalRig(child(report), term="linux", variables={"LANG": "C.UTF-8"}) as rig:
        assert rig.run(10, rig.shows("votes ....."))
        banner, body = rig.screen.buffer[2][79], rig.screen.buffer[10][79]
        assert banner.bg == "green" and body.bg in ("black", "default")
        assert rig.screen.display[-1].endswith(" 16 ")
        look_at_everything(rig)
        bytes(rig.received).decode().encode("cp437")
        allowed = {"", "0", "7", "27", "39", "49", *(str(base + n) for base in (30, 40) for n in range(8))}
        assert colours(rig) <= allowed, "no bright ones, and no bold that would make them"
        assert b"\x1b]" not in rig.received and b"$p" not in rig.received, "it prints what it does not know"


def test_no_color_is_honoured(report: Path) -> None:
    with TerminalRig(child(report), variables={"NO_COLOR": "1", "COLORTERM": "truecolor"}) as rig:
        look_at_everything(rig)
        assert colours(rig) <= {"", "0", "1", "7", "22", "27"}


@pytest.mark.parametrize("theme", ["dark", "light", "high-contrast", "ansi"])
@pytest.mark.parametrize("colors", ["none", "16", "256", "true"])
def test_every_theme_is_drawn_in_every_number_of_colours(report: Path, theme: str, colors: str) -> None:
    with TerminalRig([*child(report), "--theme", theme, "--colors", colors]) as rig:
        assert rig.run(15, rig.shows("votes ....."))
        sent, ansi = colours(rig), theme == "ansi" or colors in ("none", "16")
        assert ("38" in sent) == (not ansi)
        assert not sent & {str(base + n) for base in (90, 100) for n in range(8)}
        if colors == "none":
            assert not sent & {str(base + n) for base in (30, 40) for n in range(10)}
        words = "no colour" if colors == "none" else colors
        assert rig.screen.display[-1].endswith(f" {words} ")


def test_a_dumb_terminal_gets_lines(report: Path, trained: Recipe) -> None:
    with TerminalRig(["-m", "tui", "watch", str(trained.folder), "--for", "2"], term="dumb", variables={}) as rig:
        assert rig.run(20, rig.ended)
        assert b"\x1b" not in rig.received and bytes(rig.received).isascii()
        assert b"status lines instead" in rig.received


def test_a_slow_line_is_noticed_said_and_given_less(report: Path) -> None:
    with TerminalRig(child(report), drain=960) as rig:
        assert rig.run(40, rig.shows("slow line: "))
        rig.drain = None
        assert rig.run(60, lambda: "slow line" not in rig.text()), "and it rises again"
        rig.type("q")
        assert rig.run(5, rig.ended)


def test_a_line_that_tells_its_speed_is_believed(report: Path) -> None:
    with TerminalRig(child(report), baud=9600) as rig:
        assert rig.run(15, rig.shows("slow line: 1 Hz  16 "))
        assert "38" not in colours(rig), "every colour costs time there"
        rig.type("q")
        assert rig.run(5, rig.ended)


def test_a_terminal_on_a_serial_getty(report: Path) -> None:
    with TerminalRig(
        child(report), term="vt220", variables={"LANG": ""}, baud=9600, drain=960, tells_size=False
    ) as rig:
        assert rig.run(40, rig.shows("slow line: 1 Hz  no colour ascii"))
        assert rig.run(20, rig.shows("votes ....."))
        flags = rig.settings()[0]
        assert isinstance(flags, int) and flags & termios.IXON, "it says by XOFF that it cannot follow"
        rig.type("J")
        assert rig.run(10, rig.shows("-4.60*"))
        rig.type("q")
        assert rig.run(5, rig.ended)
        rig.drain = None
        assert_left_as_found(rig, report, simple=True)
        assert bytes(rig.received).isascii()


TITLE = re.compile(rb"\x1b\]2;([^\x07]*)\x07")


@pytest.mark.parametrize("term", ["xterm-256color", "screen-256color", "tmux-256color", "rxvt"])
def test_the_window_says_recipe_and_verdict_and_has_its_title_back(report: Path, term: str) -> None:
    with TerminalRig(child(report), term=term) as rig:
        assert rig.run(10, lambda: b"goodpart pump-housing-7: OK" in rig.received)
        rig.type("q")
        assert rig.run(5, rig.ended)
        rig.rest()
        assert TITLE.findall(bytes(rig.received))[-1] == b""
        assert rig.received.index(b"\x1b[22;2t") < rig.received.index(b"\x1b]2;") < rig.received.index(b"\x1b[23;2t")


def test_a_crash_gives_the_title_back_too(report: Path) -> None:
    with TerminalRig(child(report)) as rig:
        assert rig.run(10, lambda: b"goodpart pump-housing-7: OK" in rig.received)
        rig.type("s")
        assert rig.run(5, rig.ended)
        rig.rest()
        assert b"\x1b[23;2t" in rig.received


@pytest.mark.parametrize("term", ["linux", "vt220", "ansi"])
def test_where_there_is_no_title_none_is_sent(report: Path, term: str) -> None:
    with TerminalRig(child(report), term=term) as rig:
        assert rig.run(10, rig.shows("votes ....."))
        assert not TITLE.search(bytes(rig.received))


@pytest.mark.parametrize("end", ["q", signal.SIGTERM, signal.SIGHUP, "gone", signal.SIGINT])
def test_however_it_ends_the_journal_is_closed(end: str | signal.Signals, trained: Recipe) -> None:
    with TerminalRig(["-m", "tui", "watch", str(trained.folder), "--camera", "simulated"], variables={}) as rig:
        assert rig.run(30, rig.shows(" fps"))
        if isinstance(end, signal.Signals):
            rig.process.send_signal(end)
        elif end == "gone":
            os.close(rig.slave or -1)
            rig.slave = None
            os.close(rig.master)
            rig.master = os.open(os.devnull, os.O_RDONLY)
        else:
            rig.type(end)
        rig.process.wait(10)
    with closing(sqlite3.connect(trained.folder / "journal.sqlite")) as journal:
        ((last,),) = journal.execute("SELECT kind FROM events ORDER BY id DESC LIMIT 1").fetchall()
    assert last == "stop"


def test_resizing_at_random_never_breaks_it(report: Path) -> None:
    chance = random.Random(5)
    with TerminalRig(child(report)) as rig:
        assert rig.run(10, rig.shows("votes ....."))
        rig.type("m")
        for turn in range(60):
            rig.resize(
                chance.choice([1, 7, 59, 60, 79, 80, 100, 120, 200]), chance.choice([1, 3, 15, 16, 23, 24, 30, 40, 60])
            )
            if turn % 7 == 0:
                rig.type(chance.choice("mpvj?"))
            rig.run(chance.uniform(0.0, 0.12))
        for width, height in ((50, 12), (80, 24)):
            rig.resize(width, height)
            rig.run(1.0)
        rig.type("\x1b")
        assert rig.run(10, lambda: rig.screen.display[0].startswith(" goodpart") and "? help" in rig.screen.display[23])
        rig.type("q")
        assert rig.run(5, rig.ended)
        assert rig.process.returncode == 0
        assert_left_as_found(rig, report)


def test_a_window_made_too_small_says_what_to_do(report: Path) -> None:
    with TerminalRig(child(report)) as rig:
        assert rig.run(10, rig.shows("votes ....."))
        rig.resize(50, 12)
        assert rig.run(5, lambda: "make this window 60x16" in rig.text() and "--line" in rig.text())
        rig.resize(80, 24)
        assert rig.run(5, rig.shows("votes"))


def test_line_noise_is_mended_by_a_key(report: Path) -> None:
    with TerminalRig(child(report)) as rig:
        assert rig.run(10, rig.shows("? help"))
        rig._parser.feed(b"\x1b[24;1H######\x1b[1;1H######")
        rig.run(0.5)
        assert "######" in rig.text(), "only what changes is drawn"
        rig.type("\x0c")
        assert rig.run(5, lambda: "######" not in rig.text())


def test_it_comes_back_after_being_stopped_by_job_control(report: Path) -> None:
    with TerminalRig(child(report)) as rig:
        assert rig.run(10, rig.shows("? help"))
        rig.process.send_signal(signal.SIGTSTP)
        rig.run(1.0)
        assert rig.settings() == rig.before
        rig.screen.reset()
        rig.process.send_signal(signal.SIGCONT)
        assert rig.run(5, rig.shows("? help"))
        rig.type("q")
        assert rig.run(5, rig.ended)
        assert_left_as_found(rig, report)


def test_the_dashboard_loads_nothing_heavy() -> None:
    heavy = "('numpy', 'cv2', 'tensorflow', 'keras', 'ai_edge_litert', 'sklearn', 'models')"
    code = (
        f"import sys, tui.app.dashboard, tui.terminal.driver; print([name for name in {heavy} if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
