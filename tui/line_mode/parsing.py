"""Parses typed lines and formats the answers."""

from __future__ import annotations

import math
import shlex

from core.errors import GoodpartError
from tui.line_mode.status import plain_ascii
from tui.view.text import wrapped


def words_of(line: str) -> list[str]:
    """Split a line into words; quoted text is one word, and a backslash is an ordinary character. Raises GoodpartError
    for a quote without an end."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split, lexer.commenters, lexer.escape = True, "", ""
    try:
        return list(lexer)
    except ValueError:
        raise GoodpartError(f"{line.strip()}: not understood, a quote has no end; ? lists the commands") from None


def quoted(name: str) -> str:
    """Return a name as it has to be typed: in quotes if it contains a space."""
    return f'"{name}"' if " " in name else name


def folded(text: str) -> list[str]:
    """Return the lines of a text in ASCII, wrapped to 79 columns."""
    lines = [plain_ascii(line) for line in text.splitlines()]
    return [part for line in lines for part in ([line] if len(line) <= 79 else wrapped(line, 79, len(line), ""))]


def none_more(words: list[str]) -> None:
    """Raise GoodpartError if a command without arguments has some."""
    if words:
        raise GoodpartError(f"{' '.join(words)}: this command takes nothing more; ? lists them")


def one_number(words: list[str]) -> float:
    """Return the typed number; NaN if it is missing, invalid or followed by more."""
    try:
        (word,) = words
        return float(word)
    except ValueError:
        return math.nan
