"""The base of everything on the dashboard: a pane makes lines of text from a view and redraws those that changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.terminal.glyphs import GLYPHS
from tui.view.view import View

Part = tuple[str, str]
"""A text and its style: one of `STYLES`, or empty for the pane's own."""
Line = tuple[Part, ...]
"""The parts of a row, from left to right."""

STYLES = ("label", "rule", "strong", "ok", "anomaly", "unknown", "trace", "threshold", "hot", "warm", "key")
"""The styles of parts; app.tcss gives their colours."""


class Pane(Widget, can_focus=False):
    """Subclasses implement `content`. Colours are in app.tcss, as component classes `pane--label` and so on."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"pane--{style}" for style in STYLES}

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._view: View | None = None
        self._lines: Sequence[Line] = ()

    def show(self, view: View) -> None:
        self._view = view
        self.redraw()

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        """Return at most `height` lines; the pane cuts them off at `width`."""
        raise NotImplementedError

    def redraw(self) -> None:
        width, height = self.size
        if self._view is None or not width or not height:
            return
        old, new = self._lines, self.content(self._view, width, height)
        self._lines = new
        changed = [y for y in range(height) if _at(old, y) != _at(new, y)]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def on_resize(self) -> None:
        self._lines = ()
        self.redraw()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        if not self._lines:
            # Textual paints a new screen before its panes know their size; blank rows would cost as much to send.
            self.redraw()
        base = self.rich_style
        segments = [
            Segment(text, self.get_component_rich_style(f"pane--{style}") if style else base)
            for text, style in _at(self._lines, y)
        ]
        return Strip(segments).adjust_cell_length(self.size.width, base)


def _at(lines: Sequence[Line], y: int) -> Line:
    return lines[y] if y < len(lines) else ()


def heading(label: str, width: int, *right: Part) -> Line:
    """Return a pane's first line: `label ────────── right`."""
    length = sum(len(text) for text, _ in right) + (1 if right else 0)
    line = GLYPHS.line * max(1, width - len(label) - 1 - length)
    end: Line = ((" ", ""), *right) if right else ()
    return ((label, "label"), (" ", ""), (line, "rule"), *end)
