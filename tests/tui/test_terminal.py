"""The dashboard in a real pseudo-terminal: slow lines, signals, crashes, and what is left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tui.terminal_rig import ROOT, TerminalRig

CHILD = "tests.tui.screen_child"
LEFT = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?2004l", b"\x1b[?7h")
"""The alternate screen left, the cursor shown, bracketed paste off, line wrap on."""


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "report.json"


def child(report: Path) -> list[str]:
    return ["-m", CHILD, str(report)]


def assert_left_as_found(rig: TerminalRig, report: Path) -> None:
    rig.run(0.3)
    assert rig.settings() == rig.before
    for sequence in LEFT:
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
        rig.run(0.3)
        assert b"a library greets" in rig.received, "after a crash it may tell why"


def colours(rig: TerminalRig) -> set[str]:
    """SGR parameters that were sent, each with its numbers."""
    found = re.findall(rb"\x1b\[([0-9;]*)m", bytes(rig.received))
    return {parameters.decode() for parameters in found}


def test_sixteen_colours_are_enough_and_tell_the_states_apart(report: Path) -> None:
    with TerminalRig(child(report), term="linux", variables={"LANG": "C.UTF-8"}) as rig:
        assert rig.run(10, rig.shows("votes ....."))
        assert not any("38;" in sgr or "48;" in sgr for sgr in colours(rig)), "only the sixteen"
        banner, body = rig.screen.buffer[2][79], rig.screen.buffer[10][79]
        assert banner.bg == "green" and body.bg in ("black", "default")


def test_no_color_is_honoured(report: Path) -> None:
    with TerminalRig(child(report), variables={"NO_COLOR": "1", "COLORTERM": "truecolor"}) as rig:
        assert rig.run(10, rig.shows("votes ....."))
        for sgr in colours(rig):
            for red, green, blue in re.findall(r"[34]8;2;(\d+);(\d+);(\d+)", sgr):
                assert red == green == blue


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
    code = f"import sys, tui.app, tui.terminal; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
