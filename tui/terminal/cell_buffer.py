"""What the terminal shows and what it should show, cell by cell; only the difference goes down the line.

Textual repaints whole pieces of rows. Here its updates are laid into a grid instead, and whenever the line is free
the cells that differ from what the terminal already shows are written. So a slow line gets the newest state and
never a backlog, and a changed digit costs a few bytes instead of a row.
"""

from __future__ import annotations

from rich.cells import cell_len
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from tui.terminal.capabilities import TerminalKind
from tui.terminal.pen import PLAIN, Pen, blank_pen, draws_alike, make_pen, pen_change

Cell = tuple[str, Pen]
"""Character and pen; the second half of a wide character has the empty string. A blank has no colour."""

_BLANK: Cell = (" ", PLAIN)
_ERASED_FROM = 10
"""Blanks in a row that are erased rather than written."""
_SMALL = 12
"""Changed cells of a row that shows at once what a key did: a threshold's digits, before the banner."""
_BRIDGE = 4
"""So many unchanged cells are written again rather than jumped over: a jump takes as many bytes."""


class CellBuffer:
    def __init__(self, kind: TerminalKind | None = None) -> None:
        kind = kind or TerminalKind()
        self._kind = kind
        self._pens: dict[Style | None, Pen] = {None: PLAIN}
        self._wanted: list[list[Cell]] = []
        self._shown: list[list[Cell | None]] = []
        self._touched: set[int] = set()
        self._urgent: set[int] = set()
        self._broken_off: dict[int, int] = {}
        """Row to the column at which the last frame broke off."""
        self._is_urgent = False
        self._first: int | None = None
        self._start = 0
        self._pen: Pen | None = None
        """In the terminal's hand since the last frame; None where that is not known."""

    def apply(self, update: CompositorUpdate, urgent: bool = False, first: int | None = None) -> None:
        """Lay an update of Textual's compositor into the wanted grid. What is `urgent` (the answer to a key) goes out
        before everything else that waits, and of that the row `first`.

        Raises TypeError for an update that is not known."""
        self._is_urgent, self._first = urgent, first
        if isinstance(update, LayoutUpdate):
            region = update.region
            if region.x == 0 and region.y == 0:
                self._resize(region.width, region.height)
            for y, strips in enumerate(update.strips, region.y):
                x = region.x
                for strip in strips:
                    x = self._put(x, y, strip)
        elif isinstance(update, ChopsUpdate):
            for y, first, last in update.spans:
                for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=True):
                    # Outside of its span a chop may hold what lies beneath a widget that was not asked.
                    if chop is not None and x < last and end > first:
                        self._put(x, y, chop.crop(0, min(end, last) - x))
        else:
            raise TypeError(f"unknown update {type(update).__name__}")

    def forget(self) -> None:
        """What the terminal shows is not known any more: it was cleared, resized or disturbed."""
        self._pen = None
        self._broken_off.clear()
        self._shown = [[None] * len(row) for row in self._wanted]
        self._touched = set(range(len(self._wanted)))

    @property
    def drawn(self) -> bool:
        """Whether everything that is wanted has been given out."""
        return not self._touched

    def changes(self, budget: int) -> tuple[str, bool]:
        """The sequence that brings the terminal nearer to what is wanted, of about `budget` bytes at most, and
        whether more is left. Rows take turns, so that none starves on a slow line."""
        out: list[str] = []
        spent = 0
        for y in sorted(self._touched, key=self._turn):
            if spent >= budget:
                self._start = y
                return "".join(out), True
            first = self._broken_off.pop(y, 0)
            row, self._pen, end = self._row(y, self._pen, first, budget - spent)
            out.append(row)
            spent += byte_length(row)
            if end < len(self._wanted[y]):
                self._start, self._broken_off[y] = y, end
                return "".join(out), True
            if not first or self._shown[y] == self._wanted[y]:
                self._touched.discard(y)
                self._urgent.discard(y)
        self._start = 0
        return "".join(out), bool(self._touched)

    def _turn(self, y: int) -> tuple[int, int]:
        """When a row is drawn: the answer to a key, small changes before large ones, then the others where the last
        frame stopped."""
        if y not in self._urgent:
            return 3, (y - self._start) % len(self._wanted)
        if y == self._first:
            return 0, y
        changed = sum(wanted != shown for wanted, shown in zip(self._wanted[y], self._shown[y], strict=True))
        return (1 if changed <= _SMALL else 2), y

    def _row(self, y: int, pen: Pen | None, first: int, room: int) -> tuple[str, Pen | None, int]:
        """The sequence that mends a row from column `first` on, the pen after it, and the column that it has come to:
        it breaks off after about `room` bytes."""
        wanted, shown = self._wanted[y], self._shown[y]
        if wanted == shown:
            return "", pen, len(wanted)
        out: list[str] = []
        spent = erased = 0
        at: int | None = None
        for x, cell in enumerate(wanted[first:], first):
            if cell == shown[x] or not cell[0] or x < erased:
                continue
            if spent >= room:
                shown[first:x] = wanted[first:x]
                return "".join(out), pen, x
            before = len(out)
            if at is None:
                out.append(f"\x1b[{y + 1};{x + 1}H")
            elif x > at:
                between = wanted[at:x]
                if len(between) <= _BRIDGE and all(text and draws_alike(pen, text, other) for text, other in between):
                    out.extend(text for text, _ in between)
                else:
                    out.append(f"\x1b[{x - at}C")
            character, wish = cell
            if not draws_alike(pen, character, wish):
                out.append(pen_change(pen, wish))
                pen = wish
            blanks = self._erasable(wanted, x)
            if blanks:
                out.append(f"\x1b[{blanks}X")
                erased, at = x + blanks, x
            else:
                out.append(character)
                at = x + (2 if x + 1 < len(wanted) and not wanted[x + 1][0] else 1)
            spent += sum(map(byte_length, out[before:]))
        shown[first:] = wanted[first:]
        return "".join(out), pen, len(wanted)

    def _erasable(self, row: list[Cell], x: int) -> int:
        """How many cells from here on are best erased at once; 0 where they are few, or where erasing is not known or
        leaves the terminal's own background."""
        cell = row[x]
        if (
            not self._kind.erases
            or cell[0] != " "
            or cell[1].attributes
            or (cell[1].background and not self._kind.paints)
        ):
            return 0
        end = x
        while end < len(row) and row[end] == cell:
            end += 1
        return end - x if end - x >= _ERASED_FROM else 0

    def _resize(self, width: int, height: int) -> None:
        if height == len(self._wanted) and (not height or width == len(self._wanted[0])):
            return
        self._wanted = [[_BLANK] * width for _ in range(height)]
        self.forget()

    def _put(self, x: int, y: int, strip: Strip) -> int:
        """Lay a strip down; gives the column after it. What lies outside is cut off."""
        if not 0 <= y < len(self._wanted):
            return x
        row = self._wanted[y]
        cells: list[Cell] = []
        for text, style, control in strip:
            if not control:
                pen = self._pen_of(style)
                if text.isprintable() and cell_len(text) == len(text):
                    blank = (" ", blank_pen(pen))
                    cells.extend([blank if character == " " else (character, pen) for character in text])
                else:
                    _lay_unusual(text, pen, cells)
        end = min(len(row), x + len(cells))
        row[x:end] = cells[: max(0, end - x)]
        self._touched.add(y)
        if self._is_urgent:
            self._urgent.add(y)
        return x + len(cells)

    def _pen_of(self, style: Style | None) -> Pen:
        pen = self._pens.get(style)
        if pen is None:
            assert style is not None
            pen = self._pens[style] = make_pen(style, self._kind)
        return pen


def byte_length(text: str) -> int:
    """Bytes on the line: a shade or a block takes three."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def _lay_unusual(text: str, pen: Pen, cells: list[Cell]) -> None:
    """Wide and combining characters; control characters in a name never reach the terminal."""
    for character in text:
        if not character.isprintable():
            cells.append(("?", pen))
        elif (width := cell_len(character)) == 2:
            cells.extend([(character, pen), ("", pen)])
        elif width == 1:
            cells.append((character, pen))
        elif cells and cells[-1][0]:
            cells[-1] = (cells[-1][0] + character, cells[-1][1])
