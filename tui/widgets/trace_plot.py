"""The share of the alarm level over time: a curve for a whole file, columns for the seconds before an event."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from tui.terminal.glyphs import GLYPHS
from tui.widgets.pane import Line, Part, heading

if TYPE_CHECKING:
    from core.journal.evidence import Trace  # loads NumPy, which the first paint does without


def trace_curve(trace: Sequence[tuple[float, float]], width: int, rows: int) -> list[Line]:
    """Return [(seconds, share), ...] of a whole file as a curve with a line at the alarm level; at most `rows` lines,
    none if fewer than three fit."""
    if not trace or rows < 3:
        return []
    top = max(1.5, max(min(share, 20.0) for _, share in trace))
    bottom = min(0.0, *(share for _, share in trace))
    columns = width - 6
    body = rows - 1
    grid = [[" "] * columns for _ in range(body)]
    line = body - 1 - round((1.0 - bottom) / (top - bottom) * (body - 1))
    grid[line] = [GLYPHS.line] * columns
    for column in range(columns):
        share = min(trace[min(len(trace) - 1, column * len(trace) // columns)][1], top)
        row = body - 1 - round((max(share, bottom) - bottom) / (top - bottom) * (body - 1))
        grid[row][column] = GLYPHS.full
    labels = {0: f"{top:.1f}", line: "alarm"}
    lines: list[Line] = [
        ((f"{labels.get(y, ''):>5} ", "label"), ("".join(cells), "trace")) for y, cells in enumerate(grid)
    ]
    return [*lines, ((f"{'':6}0 s{f'{trace[-1][0]:.0f} s':>{max(1, columns - 3)}}", "label"),)]


def trace_columns(trace: Trace, width: int, height: int) -> list[Line]:
    """Return the seconds before an event as columns under a title, red above the alarm level; at most `height`
    lines."""
    title = heading("alarm level used", width, ("1 alarms", "threshold"))
    if not trace.share or height < 4:
        return [title]
    count = min(width - 4, len(trace.share))
    bounds = [round(x * len(trace.share) / count) for x in range(count + 1)]
    columns = [max(trace.share[a:b], default=0.0) for a, b in pairwise(bounds)]
    finite = [value for value in columns if math.isfinite(value)]
    top = max(1.25, min(5.0, max(finite, default=1.0)))
    rows = height - 2
    at_alarm = rows - 1 - min(rows - 1, int(rows / top))
    lines: list[Line] = [title]
    for y in range(rows):
        level = (rows - y - 0.5) / rows * top
        parts: list[Part] = [("1 " + GLYPHS.axis_mark if y == at_alarm else "  " + GLYPHS.axis, "rule")]
        for value in columns:
            filled = value >= level
            text = GLYPHS.full if filled else GLYPHS.line if y == at_alarm else " "
            style = ("anomaly" if value > 1 else "trace") if filled else "threshold"
            if parts[-1][1] == style:
                parts[-1] = (parts[-1][0] + text, style)
            else:
                parts.append((text, style))
        lines.append(tuple(parts))
    first = f"{trace.seconds[0]:.0f} s"
    return [*lines, ((f"   {first}{'0'.rjust(max(1, count - len(first)))}", "label"),)]
