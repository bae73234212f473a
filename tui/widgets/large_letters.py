"""Large letters, to be read from three metres."""

from __future__ import annotations

from tui.terminal.glyphs import GLYPHS

ROWS = 5
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
    """Three rows, six columns a letter: two dots a cell."""
    dots = [_row(word, y, 1) for y in range(ROWS)] + [" " * len(word) * (_COLUMNS + 1)]
    cells = {"##": GLYPHS.block, "# ": GLYPHS.upper, " #": GLYPHS.lower, "  ": " "}
    return [
        "".join(cells[a + b] for a, b in zip(top, bottom, strict=True))
        for top, bottom in zip(dots[::2], dots[1::2], strict=True)
    ]


def large_letters(word: str) -> list[str]:
    """Five rows, twelve columns a letter: two cells a dot."""
    return [_row(word, y, 2).replace("#", GLYPHS.block) for y in range(ROWS)]


def small_width(word: str) -> int:
    return len(word) * (_COLUMNS + 1)


def large_width(word: str) -> int:
    return 2 * small_width(word)


def _row(word: str, y: int, scale: int) -> str:
    return "".join("".join(dot * scale for dot in _SHAPES[letter][y] + " ") for letter in word)
