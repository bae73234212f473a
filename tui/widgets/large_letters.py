"""Large letters that can be read from three metres."""

from __future__ import annotations

from tui.terminal.glyphs import GLYPHS

ROWS = 5
"""Dots of the height of a letter."""
_COLUMNS = 5
_SHAPES = {
    "A": (" ### ", "#   #", "#####", "#   #", "#   #"),
    "D": ("#### ", "#   #", "#   #", "#   #", "#### "),
    "E": ("#####", "#    ", "#### ", "#    ", "#####"),
    "G": (" ####", "#    ", "#  ##", "#   #", " ####"),
    "I": ("#####", "  #  ", "  #  ", "  #  ", "#####"),
    "J": ("    #", "    #", "    #", "#   #", " ### "),
    "K": ("#   #", "#  # ", "###  ", "#  # ", "#   #"),
    "L": ("#    ", "#    ", "#    ", "#    ", "#####"),
    "M": ("#   #", "## ##", "# # #", "#   #", "#   #"),
    "N": ("#   #", "##  #", "# # #", "#  ##", "#   #"),
    "O": (" ### ", "#   #", "#   #", "#   #", " ### "),
    "P": ("#### ", "#   #", "#### ", "#    ", "#    "),
    "S": (" ####", "#    ", " ### ", "    #", "#### "),
    "T": ("#####", "  #  ", "  #  ", "  #  ", "  #  "),
    "U": ("#   #", "#   #", "#   #", "#   #", " ### "),
    "W": ("#   #", "#   #", "# # #", "## ##", "#   #"),
    "Y": ("#   #", " # # ", "  #  ", "  #  ", "  #  "),
}


def small_letters(word: str) -> list[str]:
    """Return three rows, six columns per letter: a cell holds two dots, one above the other."""
    dots = [_row(word, y, 1) for y in range(ROWS)] + [" " * len(word) * (_COLUMNS + 1)]
    cells = {"##": GLYPHS.block, "# ": GLYPHS.upper, " #": GLYPHS.lower, "  ": " "}
    return [
        "".join(cells[a + b] for a, b in zip(top, bottom, strict=True))
        for top, bottom in zip(dots[::2], dots[1::2], strict=True)
    ]


def large_letters(word: str) -> list[str]:
    """Return five rows, twelve columns per letter: a dot takes two cells."""
    return [_row(word, y, 2).replace("#", GLYPHS.block) for y in range(ROWS)]


def small_width(word: str) -> int:
    """Return the columns that `small_letters` takes."""
    return len(word) * (_COLUMNS + 1)


def large_width(word: str) -> int:
    """Return the columns that `large_letters` takes."""
    return 2 * small_width(word)


def _row(word: str, y: int, scale: int) -> str:
    return "".join("".join(dot * scale for dot in _SHAPES[letter][y] + " ") for letter in word)
