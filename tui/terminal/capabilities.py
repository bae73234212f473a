"""The capabilities of the terminal, decided from the environment and the user's settings. Pure functions.

`detect_terminal` returns a `TerminalKind`. `tui.terminal.paced_app.PacedApp` adapts everything to it, so that screens
do not depend on the terminal: they draw with `tui.terminal.glyphs.GLYPHS` (never with a literal non-ASCII character)
and use the colour names of `tui.terminal.themes.ROLES`, as variables of the style sheet or as the styles of
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
"""The characters that the terminal can show: ASCII; also code page 437 (the Linux console's font); all."""

_COLOURFUL = 3000.0
"""Bytes per second that a line needs for more than the basic colours."""
DUMB = ("", "dumb", "unknown")
"""Values of TERM for terminals that can only print lines."""
LEAST_SIZE = (60, 16)
"""Columns and rows that a screen needs."""
_NAMED = ("xterm", "screen", "tmux", "rxvt", "alacritty", "foot", "konsole", "gnome", "putty", "st", "wezterm", "vte")
"""Terminals that have a title, and understand or ignore sequences younger than the VT220."""
_MODERN_COLOURS = ("xterm-kitty", "alacritty", "foot", "wezterm", "xterm-ghostty", "konsole", "contour")


@dataclass(frozen=True)
class TerminalKind:
    """The capabilities of one terminal."""

    repertoire: Repertoire = "full"
    colors: Colors = "true"
    """`16` uses only the eight basic colours, which every colour terminal has."""
    attributes: bool = True
    """Whether it shows bold, dim and underlined as such; the Linux console shows them as other colours."""
    simple: bool = False
    """Whether it knows nothing younger than the VT220: no alternate screen, no title, no keyboard protocols."""
    titled: bool = True
    """Whether its window has a title."""
    erases: bool = True
    """Whether it can erase a number of cells at the cursor (ECH; VT220 and later)."""
    paints: bool = True
    """Whether erased cells take the current background colour."""

    @property
    def ascii(self) -> bool:
        """Whether it shows ASCII only."""
        return self.repertoire == "ascii"

    @property
    def words(self) -> str:
        """Text for the footer, with the values of the options: `256 ascii`."""
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
    """Return the kind of the terminal that TERM, COLORTERM, the locale and NO_COLOR describe; `ascii` and `colors`
    overrule them.

    `colors` is one of core.settings.user_config.COLORS or None. `speed` is the line's speed in bytes per second, None
    if unknown: on a slow line every change of colour costs time.
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
    # GNU screen passes on the COLORTERM of the terminal that it runs in, but does not support it.
    trusted = not (term.startswith("screen") and environment.get("STY"))
    if term.endswith("-direct") or (trusted and environment.get("COLORTERM", "").lower() in ("truecolor", "24bit")):
        return "true"
    return "256" if term.endswith("-256color") or term.startswith(_MODERN_COLOURS) else "16"


def _is_old(term: str) -> bool:
    """Whether it is a DEC terminal or one of that time: eight bits at most, no colours."""
    return term.startswith(("vt", "wy", "tvi", "adm", "hp", "ibm3", "h19")) and not term.startswith("vte")


def _utf8(environment: Mapping[str, str]) -> bool:
    """Whether the locale uses UTF-8; without a locale it is C, which does not."""
    locale = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environment.get(name))), "C")
    return "utf8" in locale.lower().replace("-", "")


def environment_as_given() -> dict[str, str]:
    """Return the environment without the LC_CTYPE=C.UTF-8 that Python adds (PEP 538) and that would hide LANG=C."""
    environment = dict(os.environ)
    try:
        given = Path("/proc/self/environ").read_bytes().split(b"\0")
    except OSError:
        return environment
    if not any(entry.startswith(b"LC_CTYPE=") for entry in given):
        environment.pop("LC_CTYPE", None)
    return environment
