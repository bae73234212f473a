"""The cells that the terminal shows and the cells that it should show; only the difference is sent.

Textual repaints whole pieces of rows. Here its updates go into a grid instead. Whenever the line is free, the cells
that differ from what the terminal shows are sent. So a slow line gets the newest state and never a backlog, and a
changed digit costs a few bytes instead of a row.
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
"""Consecutive blanks from which on erasing is shorter than writing."""
_SMALL = 12
"""Changed cells up to which a row is sent before larger rows: a threshold's digits come before the banner."""
_BRIDGE = 4
"""Unchanged cells up to which a gap is written again: moving the cursor takes as many bytes."""


class CellBuffer:
    """The grid between Textual and the terminal: takes updates, returns the sequences that bring the terminal up to
    date."""

    def __init__(self, kind: TerminalKind | None = None) -> None:
        kind = kind or TerminalKind()
        self._kind = kind
        self._pens: dict[Style | None, Pen] = {None: PLAIN}
        self._wanted: list[list[Cell]] = []
        self._shown: list[list[Cell | None]] = []
        self._touched: set[int] = set()
        self._urgent: set[int] = set()
        self._broken_off: dict[int, int] = {}
        """The column at which the last frame stopped, for each unfinished row."""
        self._is_urgent = False
        self._first: int | None = None
        self._start = 0
        self._pen: Pen | None = None
        """The terminal's current pen after the last frame; None if unknown."""

    def apply(self, update: CompositorUpdate, urgent: bool = False, first: int | None = None) -> None:
        """Write an update of Textual's compositor into the wanted grid. An `urgent` update (the answer to a key) is
        sent before everything else that waits, and its row `first` before its other rows.

        Raises TypeError for an unknown kind of update."""
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
                    # Outside of its span a chop can hold cells that a widget above it covers.
                    if chop is not None and x < last and end > first:
                        self._put(x, y, chop.crop(0, min(end, last) - x))
        else:
            raise TypeError(f"unknown update {type(update).__name__}")

    def forget(self) -> None:
        """Send every cell again, because the terminal was cleared, resized or overwritten."""
        self._pen = None
        self._broken_off.clear()
        self._shown = [[None] * len(row) for row in self._wanted]
        self._touched = set(range(len(self._wanted)))

    @property
    def drawn(self) -> bool:
        """Whether `changes` has returned every wanted cell."""
        return not self._touched

    def changes(self, budget: int) -> tuple[str, bool]:
        """Return the next sequence for the terminal, about `budget` bytes at most, and whether more is left. Rows take
        turns, so that every row gets its share of a slow line."""
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
        """Return the sort key of a row: first the answer to a key, small changes before large ones, then the others
        from the row at which the last frame stopped."""
        if y not in self._urgent:
            return 3, (y - self._start) % len(self._wanted)
        if y == self._first:
            return 0, y
        changed = sum(wanted != shown for wanted, shown in zip(self._wanted[y], self._shown[y], strict=True))
        return (1 if changed <= _SMALL else 2), y

    def _row(self, y: int, pen: Pen | None, first: int, room: int) -> tuple[str, Pen | None, int]:
        """Return the sequence that updates a row from column `first` on, the pen after it, and the column reached: it
        stops after about `room` bytes."""
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
        """Return how many cells from `x` on are best erased at once; 0 if they are few, or if the terminal cannot
        erase or would leave its own background."""
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
        """Write a strip into the grid and return the column after it. Cells outside of the grid are dropped."""
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
    """Return the length in bytes as sent: a shade or a block takes three."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def _lay_unusual(text: str, pen: Pen, cells: list[Cell]) -> None:
    """Append wide and combining characters; replace control characters, which must not reach the terminal, by `?`."""
    for character in text:
        if not character.isprintable():
            cells.append(("?", pen))
        elif (width := cell_len(character)) == 2:
            cells.extend([(character, pen), ("", pen)])
        elif width == 1:
            cells.append((character, pen))
        elif cells and cells[-1][0]:
            cells[-1] = (cells[-1][0] + character, cells[-1][1])
