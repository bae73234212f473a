"""What the terminal can show is decided from its environment, and what was asked for overrules."""

from __future__ import annotations

import pytest

from core.settings.user_config import COLORS
from tui.terminal.capabilities import TerminalKind, detect_terminal

UTF8 = {"LANG": "en_US.UTF-8"}
XTERM = {"TERM": "xterm-256color", **UTF8}


@pytest.mark.parametrize(
    ("environment", "repertoire", "colors"),
    [
        (XTERM, "full", "256"),
        ({**XTERM, "COLORTERM": "truecolor"}, "full", "true"),
        ({**XTERM, "COLORTERM": "24bit"}, "full", "true"),
        ({"TERM": "xterm", **UTF8}, "full", "16"),
        ({"TERM": "xterm-direct", **UTF8}, "full", "true"),
        ({"TERM": "xterm-kitty", **UTF8}, "full", "256"),
        ({"TERM": "xterm-mono", **UTF8}, "full", "none"),
        ({"TERM": "tmux-256color", **UTF8}, "full", "256"),
        ({"TERM": "screen-256color", **UTF8}, "full", "256"),
        ({"TERM": "screen", **UTF8}, "full", "16"),
        # GNU screen inherits what it does not understand; tmux translates it.
        ({"TERM": "screen", "STY": "1.pts", "COLORTERM": "truecolor", **UTF8}, "full", "16"),
        ({"TERM": "screen-256color", "TMUX": "/tmp/t", "COLORTERM": "truecolor", **UTF8}, "full", "true"),
        ({"TERM": "linux", **UTF8}, "console", "16"),
        ({"TERM": "linux"}, "ascii", "16"),
        ({"TERM": "vt220", **UTF8}, "ascii", "none"),
        ({"TERM": "vt100", **UTF8}, "ascii", "none"),
        ({"TERM": "vt102"}, "ascii", "none"),
        ({"TERM": "vte-256color", **UTF8}, "full", "256"),
        ({"TERM": "ansi", **UTF8}, "full", "16"),
        ({"TERM": "dumb", **UTF8}, "full", "none"),
        ({"TERM": "xterm-256color", "LANG": "C"}, "ascii", "256"),
        ({"TERM": "xterm-256color", "LANG": "C.UTF-8"}, "full", "256"),
        ({"TERM": "xterm-256color"}, "ascii", "256"),
        ({"TERM": "xterm-256color", "LANG": "de_DE.ISO-8859-1"}, "ascii", "256"),
        ({"TERM": "xterm-256color", "LANG": "de_DE.utf8"}, "full", "256"),
        # LC_ALL before LC_CTYPE before LANG; what is empty does not count.
        ({**XTERM, "LC_ALL": "C"}, "ascii", "256"),
        ({**XTERM, "LC_ALL": "", "LC_CTYPE": "POSIX"}, "ascii", "256"),
        ({"TERM": "xterm-256color", "LANG": "C", "LC_CTYPE": "en_US.UTF-8"}, "full", "256"),
        ({**XTERM, "NO_COLOR": "1", "COLORTERM": "truecolor"}, "full", "none"),
        ({**XTERM, "NO_COLOR": ""}, "full", "256"),
    ],
)
def test_by_itself(environment: dict[str, str], repertoire: str, colors: str) -> None:
    kind = detect_terminal(environment)
    assert (kind.repertoire, kind.colors) == (repertoire, colors)


@pytest.mark.parametrize("colors", COLORS)
def test_what_was_asked_for_overrules(colors: str) -> None:
    assert detect_terminal({**XTERM, "NO_COLOR": "1"}, colors=colors).colors == colors
    assert detect_terminal({"TERM": "vt220"}, colors=colors).colors == colors
    assert detect_terminal(XTERM, ascii=True).ascii
    assert detect_terminal({"TERM": "vt220"}, ascii=False).repertoire == "full"
    assert detect_terminal({"TERM": "linux"}, ascii=False).repertoire == "console"


def test_on_a_slow_line_every_change_of_colour_counts() -> None:
    rich = {**XTERM, "COLORTERM": "truecolor"}
    assert detect_terminal(rich, speed=960.0).colors == "16"
    assert detect_terminal(rich, speed=11520.0).colors == "true"
    assert detect_terminal(rich, speed=960.0, colors="true").colors == "true"
    assert detect_terminal({"TERM": "vt220"}, speed=960.0).colors == "none"


@pytest.mark.parametrize(
    ("term", "titled", "simple", "erases"),
    [
        ("xterm-256color", True, False, True),
        ("screen.xterm", True, False, True),
        ("tmux-256color", True, False, True),
        ("rxvt-unicode", True, False, True),
        ("linux", False, True, True),
        ("vt220", False, True, True),
        ("vt100", False, True, False),
        ("ansi", False, False, True),
    ],
)
def test_old_terminals_are_spared_what_they_do_not_know(term: str, titled: bool, simple: bool, erases: bool) -> None:
    kind = detect_terminal({"TERM": term, **UTF8})
    assert (kind.titled, kind.simple, kind.erases) == (titled, simple, erases)


def test_windows_has_no_term() -> None:
    assert detect_terminal({}, windows=True) == TerminalKind()
    assert detect_terminal({}, windows=True, ascii=True, colors="none") == TerminalKind("ascii", "none")


def test_the_words_of_the_footer_are_those_of_the_options() -> None:
    assert detect_terminal({"TERM": "xterm-256color", "LANG": "C"}).words == "256 ascii"
    assert detect_terminal({"TERM": "vt220"}).words == "no colour ascii"
    assert detect_terminal({"TERM": "linux", **UTF8}).words == "16"
