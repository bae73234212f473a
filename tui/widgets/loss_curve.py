"""The loss curve of a training."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tui.terminal.glyphs import GLYPHS
from tui.view.view import View
from tui.widgets.pane import Line, Pane, Part, heading

Curve = Sequence[tuple[float, float | None]]
"""Loss and validation loss of each step."""
AXIS = 9
"""Columns of the axis."""
VALIDATION = "o"
"""The mark of a validation loss."""


class CurvePane(Pane):
    """Shows the loss curve of the training."""

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        run = view.snapshot.training
        return curve_lines(run.curve if run else (), width, height)


def curve_lines(curve: Curve, width: int, height: int) -> list[Line]:
    """Return the loss against the steps, on a logarithmic scale if it falls far: a dot is the training loss, `o` the
    validation loss."""
    title = heading("loss", width, (f"{GLYPHS.dot} training  {VALIDATION} validation", "label"))
    rows, columns = height - 1, width - AXIS
    values = [v for point in curve for v in point if v is not None and math.isfinite(v)]
    if not values or rows < 2 or columns < 2:
        return [title, ((" no curve yet: only networks trained step by step have one", "label"),)][:height]
    low, high = min(values), max(values)
    scaled = math.log if low > 0 and high > 5 * low else float
    # Halves, because the difference of two huge values is not finite.
    bottom, top = scaled(low) / 2, scaled(high) / 2

    def row_of(value: float) -> int:
        part = (scaled(value) / 2 - bottom) / (top - bottom) if top > bottom else 0.5
        return rows - 1 - round(part * (rows - 1))

    grid = [[" "] * columns for _ in range(rows)]
    for column in range(columns):
        loss, validation = curve[min(len(curve) - 1, column * len(curve) // columns)]
        if column >= len(curve) and len(curve) < columns:
            break
        if len(curve) < columns:
            loss, validation = curve[column]
        if validation is not None and math.isfinite(validation):
            grid[row_of(validation)][column] = VALIDATION
        if math.isfinite(loss):
            grid[row_of(loss)][column] = GLYPHS.dot
    labels = {0: f"{high:.3g}", rows - 1: f"{low:.3g}"}
    return [title, *(_row(labels.get(y, ""), "".join(cells)) for y, cells in enumerate(grid))]


def _row(label: str, cells: str) -> Line:
    axis: Part = (f"{label:>{AXIS - 2}} {GLYPHS.axis_mark if label else GLYPHS.axis}", "label")
    return (axis, (cells.rstrip(), "trace"))
