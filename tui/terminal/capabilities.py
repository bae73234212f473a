"""What the terminal can show: decided from the environment and from what was asked for. Pure functions.

`detect_terminal` gives a `TerminalKind`; `tui.terminal.paced_app.PacedApp` takes it and does the rest, so that a
screen needs to know none of it: it draws with `tui.terminal.glyphs.GLYPHS` (never with a character beyond ASCII)
and colours by the names of `tui.terminal.themes.ROLES`, as variables of the style sheet or as the styles of
`tui.widgets.pane`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

Colors = Literal["none", "16", "256", "true"]
Repertoire = Literal["ascii", "console", "full"]
"""Which characters arrive: nothing above 127; what is in code page 437 as well (the Linux console's font); all."""

_COLOURFUL = 3000.0
"""Bytes a second from which on a line carries more than the basic colours."""
DUMB = ("", "dumb", "unknown")
LEAST_SIZE = (60, 16)
"""Columns and rows that a screen needs."""
_NAMED = ("xterm", "screen", "tmux", "rxvt", "alacritty", "foot", "konsole", "gnome", "putty", "st", "wezterm", "vte")
"""Terminals that have a title, and know or ignore what was invented after the VT220."""
_MODERN_COLOURS = ("xterm-kitty", "alacritty", "foot", "wezterm", "xterm-ghostty", "konsole", "contour")


@dataclass(frozen=True)
class TerminalKind:
    repertoire: Repertoire = "full"
    colors: Colors = "true"
    """`16` sends the eight basic colours alone, which every colour terminal has."""
    attributes: bool = True
    """Bold, dim and underlined are what they say; the Linux console makes bright and other colours of them."""
    simple: bool = False
    """Knows nothing after the VT220: no alternate screen, no title, no keyboard protocols."""
    titled: bool = True
    erases: bool = True
    """Erases a number of cells where it stands (VT220 and later)."""
    paints: bool = True
    """What it erases has the background in hand."""

    @property
    def ascii(self) -> bool:
        return self.repertoire == "ascii"

    @property
    def words(self) -> str:
        """For the footer, in the words of the options: `256 ascii`."""
        colours = "no colour" if self.colors == "none" else self.colors
        return f"{colours} ascii" if self.ascii else colours


def detect_terminal(
    environment: Mapping[str, str],
    *,
    ascii: bool | None = None,
    colors: str | None = None,
    speed: float | None = None,
    windows: bool = False,
) -> TerminalKind:
    """The kind of the terminal that TERM, COLORTERM, the locale and NO_COLOR speak of; `ascii` and `colors` overrule.

    `colors` is one of core.settings.user_config.COLORS or None; `speed`, bytes a second, is what the line tells of
    itself: on a slow one every change of colour costs time.
    """
    term = environment.get("TERM", "")
    if windows and not term:
        return TerminalKind("ascii" if ascii else "full", _colours(colors, "true", environment))
    console, old = term.startswith("linux"), _is_old(term)
    if ascii is None:
        ascii = old or not _utf8(environment)
    return TerminalKind(
        repertoire="ascii" if ascii else "console" if console else "full",
        colors=_colours(colors, _carried(_of_term(term, environment), speed), environment),
        attributes=not console,
        simple=console or old,
        titled=term.startswith(_NAMED),
        erases=not old or term.startswith(("vt2", "vt3", "vt4")),
        paints=not term.startswith("screen"),
    )


def _carried(colors: Colors, speed: float | None) -> Colors:
    return "16" if speed is not None and speed < _COLOURFUL and colors in ("256", "true") else colors


def _colours(asked: str | None, known: Colors, environment: Mapping[str, str]) -> Colors:
    if asked is not None:
        return cast(Colors, asked)
    # https://no-color.org: present and not empty
    return "none" if environment.get("NO_COLOR") else known


def _of_term(term: str, environment: Mapping[str, str]) -> Colors:
    if term in DUMB or _is_old(term) or term.endswith(("-m", "-mono", "-nc")):
        return "none"
    if term.startswith("linux"):
        return "16"
    # GNU screen hands on the COLORTERM of the terminal that it runs in, and does not understand it.
    trusted = not (term.startswith("screen") and environment.get("STY"))
    if term.endswith("-direct") or (trusted and environment.get("COLORTERM", "").lower() in ("truecolor", "24bit")):
        return "true"
    return "256" if term.endswith("-256color") or term.startswith(_MODERN_COLOURS) else "16"


def _is_old(term: str) -> bool:
    """The terminals of DEC and of their time: eight bits at most, no colours."""
    return term.startswith(("vt", "wy", "tvi", "adm", "hp", "ibm3", "h19")) and not term.startswith("vte")


def _utf8(environment: Mapping[str, str]) -> bool:
    """Whether the locale's characters are UTF-8; without any, the locale is C."""
    locale = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environment.get(name))), "C")
    return "utf8" in locale.lower().replace("-", "")


def environment_as_given() -> dict[str, str]:
    """The environment as it was before Python put LC_CTYPE=C.UTF-8 into it (PEP 538), which would hide LANG=C."""
    environment = dict(os.environ)
    try:
        given = Path("/proc/self/environ").read_bytes().split(b"\0")
    except OSError:
        return environment
    if not any(entry.startswith(b"LC_CTYPE=") for entry in given):
        environment.pop("LC_CTYPE", None)
    return environment
