"""Every non-ASCII character that the screen draws with, in one place.

Widgets read the attributes of `GLYPHS` when they draw; `choose_glyphs` switches them to ASCII. `spelled` rewrites
everything else on the screen (file names, Textual's own widgets) in characters that the terminal has, at the same
width.

All characters of the full set are in code page 437, which the Linux console and old terminal fonts have; braille is
not.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields
from functools import lru_cache

from tui.terminal.capabilities import Repertoire, TerminalKind


@dataclass
class Glyphs:
    """A set of characters to draw with."""

    block: str
    """A dot of the large letters."""
    full: str
    """Both halves of a cell."""
    upper: str
    """The upper half of a cell."""
    lower: str
    """The lower half of a cell."""
    called: str
    """Replaces all three for an anomalous sample if the terminal has no colours; empty if it has."""
    line: str
    """A horizontal line: thresholds and headings."""
    axis: str
    axis_mark: str
    """The axis at a label."""
    dot: str
    above: str
    """A value beyond the top of the scale."""
    below: str
    bar: str
    bar_rest: str
    shades: str
    """From dark to bright."""
    ramp: str
    """From dark to bright, ASCII."""
    more: str
    """Marks a text that is cut off."""


_RAMP = " .:-=+*#%@"
FULL = Glyphs(
    block="█",
    full="█",
    upper="▀",
    lower="▄",
    called="",
    line="─",
    axis="│",
    axis_mark="┤",
    dot="·",
    above="^",
    below="v",
    bar="█",
    bar_rest="░",
    shades=" ░▒▓█",
    ramp=_RAMP,
    more="~",
)
ASCII = Glyphs(
    block="#",
    full=":",
    upper="'",
    lower=".",
    called="x",
    line="-",
    axis="|",
    axis_mark="+",
    dot=".",
    above="^",
    below="v",
    bar="#",
    bar_rest=".",
    shades=_RAMP,
    ramp=_RAMP,
    more="~",
)
GLYPHS = Glyphs(**vars(FULL))


def choose_glyphs(kind: TerminalKind) -> None:
    """Set GLYPHS to the characters that this terminal can show. A process has one terminal."""
    chosen = ASCII if kind.ascii else FULL
    for field in fields(Glyphs):
        setattr(GLYPHS, field.name, getattr(chosen, field.name))
    if kind.colors == "none":
        GLYPHS.called = ASCII.called


# Characters that Textual's widgets draw with, and that users type.
_SPELLINGS = {
    **dict.fromkeys("─━═╌┄┈╴╶▔▁▂‾–—‒―−", "-"),
    **dict.fromkeys("│┃║╎┆┊▏▎▍▕▐▌", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝╠╣╦╩╬┏┓┗┛┣┫┳┻╋", "+"),
    **dict.fromkeys("█▓▇▆▅▉▊▋■●⬤◼", "#"),
    **dict.fromkeys("▒▄▃", "="),
    **dict.fromkeys("░·•∙", "."),
    **dict.fromkeys("▀‘’′´", "'"),
    **dict.fromkeys("“”„″", '"'),
    **dict.fromkeys("▶▸►→›»≥❯", ">"),
    **dict.fromkeys("◀◂◄←‹«≤❮", "<"),
    **dict.fromkeys("▲▴↑△", "^"),
    **dict.fromkeys("▼▾↓▽", "v"),
    **dict.fromkeys("×✕✖✗✘╳", "x"),
    **dict.fromkeys("✓✔", "v"),
    **dict(zip("…µμ°±ßøØæÆ\xa0łŁđ€£÷", "~uuo~soOaA lLdEL/", strict=True)),
}


@lru_cache(4096)
def spelled(text: str, repertoire: Repertoire) -> str:
    """Return the text at the same width in characters that the terminal has."""
    if repertoire == "full" or text.isascii():
        return text
    return "".join(c if c.isascii() or (repertoire == "console" and _in_console(c)) else _ascii(c) for c in text)


def _ascii(character: str) -> str:
    if character in _SPELLINGS:
        return _SPELLINGS[character]
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return ""
    if unicodedata.east_asian_width(character) in ("W", "F"):
        return "??"
    base = unicodedata.normalize("NFKD", character)[:1]
    return base if base.isascii() and base.isprintable() and base else "?"


def _in_console(character: str) -> bool:
    try:
        return character.encode("cp437")[0] > 127
    except UnicodeEncodeError:
        return False
