"""A pane whose lines come from a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.geometry import Region

from tui.widgets.pane import Line, Pane


class LinesPane(Pane):
    """`make` returns the lines for a width and a height; only rows that differ are redrawn."""

    def __init__(self, make: Callable[[int, int], Sequence[Line]], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._make = make

    def redraw(self) -> None:
        width, height = self.size
        if not width or not height:
            return
        old, new = self._lines, tuple(self._make(width, height))[:height]
        self._lines = new
        rows = max(len(old), len(new))
        padded = [(*lines, *((),) * (rows - len(lines))) for lines in (old, new)]
        changed = [y for y in range(rows) if padded[0][y] != padded[1][y]]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))
