"""The newest picture in shades or ASCII, or its anomaly map."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from core.state.material import Preview
from tui.terminal.glyphs import GLYPHS
from tui.view.view import View
from tui.widgets.pane import Line, Pane, Part, heading

if TYPE_CHECKING:
    from core.samples import AnomalyMap

Mode = Literal["off", "shades", "ascii", "map"]

PREVIEW_SECONDS = 2.0
"""Seconds between two previews at least: a preview takes by far the most bytes on a line."""
MAP_SECONDS = 1.0
"""Seconds between two maps at least."""


class PicturePane(Pane):
    """Shows the newest picture, its anomaly map or nothing, by its `mode`."""

    def __init__(self, mode: Mode = "off", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.mode: Mode = mode
        self._drawn_at = float("-inf")

    def next_preview(self) -> None:
        """Switch from off to shades, ASCII and off again; skip shades if the terminal has none."""
        following: dict[Mode, Mode] = {"shades": "ascii", "ascii": "off"}
        self._turn(following.get(self.mode, "ascii" if GLYPHS.shades.isascii() else "shades"))

    def toggle_map(self) -> None:
        self._turn("off" if self.mode == "map" else "map")

    def _turn(self, mode: Mode) -> None:
        self.mode = mode
        self._drawn_at = float("-inf")
        self.display = mode != "off"

    def on_resize(self) -> None:
        # Textual calls this before the handler of `Pane`.
        self._drawn_at = float("-inf")

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        every = MAP_SECONDS if self.mode == "map" else PREVIEW_SECONDS
        if 0 <= view.now - self._drawn_at < every:
            return self._lines
        self._drawn_at = view.now
        image = view.snapshot.image
        if self.mode == "map":
            return map_lines(image.judged.map if image and image.judged else None, width, height)
        return preview_lines(image.preview if image else None, width, height, self.mode)


def preview_lines(preview: Preview | None, width: int, height: int, mode: Mode) -> list[Line]:
    """Return a picture as characters from dark to bright under a title, at most `height` lines."""
    ramp = GLYPHS.ramp if mode == "ascii" else GLYPHS.shades
    title = heading("picture", width, (("ASCII" if mode == "ascii" else "shades"), "label"))
    if preview is None or not preview.width or not preview.height:
        return [title, (("no picture yet", "unknown"),)][:height]
    # A cell is twice as high as it is wide.
    columns = min(width, max(1, int((height - 1) * 2 * preview.width / preview.height)))
    rows = max(1, min(height - 1, round(columns * preview.height / preview.width / 2)))
    grey = shrunk(preview, columns, rows)
    texts = ["".join(ramp[value * len(ramp) // 256] for value in row) for row in grey]
    return [title, *(((text, ""),) for text in texts)]


def shrunk(preview: Preview, columns: int, rows: int) -> list[list[int]]:
    """Return the mean grey values (0 to 255) of `rows` x `columns` areas."""
    w, h, grey = preview.width, preview.height, preview.grey
    xs = [(x * w // columns, max(x * w // columns + 1, (x + 1) * w // columns)) for x in range(columns)]
    result = []
    for y in range(rows):
        top = y * h // rows
        bottom = max(top + 1, (y + 1) * h // rows)
        lines = [grey[row * w : (row + 1) * w] for row in range(top, bottom)]
        result.append([sum(sum(line[a:b]) for line in lines) // ((b - a) * len(lines)) for a, b in xs])
    return result


def map_lines(map: AnomalyMap | None, width: int, height: int) -> list[Line]:
    """Return the map (14, 14) under a title: a dot is a normal cell, a digit is its distance from the good class (3 and
    more is suspicious, 9 means 9 or more); a `*` marks the hottest cell."""
    if map is None:
        return [heading("map", width, ("no sample", "unknown"))]
    grid: list[list[float]] = map.tolist()
    hottest, row, column = hottest_cell(grid)
    style = "anomaly" if hottest >= 3 else "label"
    where = f"{hottest:.1f} at row {row + 1} col {column + 1}"
    title = heading("map", width, (where, style))
    return [title, *grid_lines(grid, height - 1)]


def hottest_cell(grid: Sequence[Sequence[float]]) -> tuple[float, int, int]:
    """Return the value, row and column of the hottest cell; NaN counts as the hottest."""
    return max((math.inf if math.isnan(v) else v, y, x) for y, line in enumerate(grid) for x, v in enumerate(line))


def grid_lines(grid: list[list[float]], height: int) -> list[Line]:
    """Return the cells without a title; if not all rows fit, those around the hottest one."""
    _, row, column = hottest_cell(grid)
    lines: list[Line] = []
    first = max(0, min(row - height // 2, len(grid) - height))
    for y, line in list(enumerate(grid))[first : first + height]:
        parts: list[Part] = []
        for x, value in enumerate(line):
            text, style = _level(value)
            if (y, x) == (row, column):
                text, style = f"*{text}", "hot"
            else:
                text = f" {text}"
            if parts and parts[-1][1] == style:
                parts[-1] = (parts[-1][0] + text, style)
            else:
                parts.append((text, style))
        lines.append(tuple(parts))
    return lines


def _level(value: float) -> Part:
    if math.isnan(value):
        return "?", "anomaly"
    if value < 1.0:
        return GLYPHS.dot, "rule"
    digit = str(int(min(9.0, value)))
    return digit, "anomaly" if value >= 3 else "warm" if value >= 2 else "label"
