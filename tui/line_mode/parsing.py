"""Typed lines as words."""

from __future__ import annotations

import math
import shlex

from core.errors import GoodpartError
from tui.line_mode.status import plain_ascii
from tui.view.text import wrapped


def words_of(line: str) -> list[str]:
    """What is quoted is one word; a backslash is nothing special. Raises GoodpartError for a quote without an end."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split, lexer.commenters, lexer.escape = True, "", ""
    try:
        return list(lexer)
    except ValueError:
        raise GoodpartError(f"{line.strip()}: not understood, a quote has no end; ? tells what can be typed") from None


def quoted(name: str) -> str:
    """As it is to be typed."""
    return f'"{name}"' if " " in name else name


def folded(text: str) -> list[str]:
    """In ASCII, for 79 columns: a sentence that is too long goes on in the next line."""
    lines = [plain_ascii(line) for line in text.splitlines()]
    return [part for line in lines for part in ([line] if len(line) <= 79 else wrapped(line, 79, len(line), ""))]


def none_more(words: list[str]) -> None:
    if words:
        raise GoodpartError(f"{' '.join(words)}: this command takes nothing more; ? lists them")


def one_number(words: list[str]) -> float:
    """The number that was typed; NaN if it is missing, invalid or followed by more."""
    try:
        (word,) = words
        return float(word)
    except ValueError:
        return math.nan
