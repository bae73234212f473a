"""A score over time as on an oscilloscope: the cursor moves to the right and overwrites the previous sweep.

Nothing scrolls, so that very few cells have to be sent to the terminal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense, Thresholds, Which
from tui.terminal.glyphs import GLYPHS
from tui.view.inbox import PlottedSample
from tui.view.text import number
from tui.view.view import View
from tui.widgets.pane import Line, Pane, Part, heading
from tui.widgets.plot_scale import Scale, kept_or_fitted

COLUMN_SECONDS = 0.5
"""Seconds per column."""
HISTORY = 240
"""Columns that a plot keeps before it is first shown."""
_GAP = 2
"""Empty columns ahead of the cursor."""


@dataclass(frozen=True)
class PlotColumn:
    """The samples of one column: the lowest and the highest value, and whether one of them was anomalous."""

    low: float
    high: float
    anomalous: bool

    def joined(self, value: float, anomalous: bool) -> PlotColumn:
        return PlotColumn(min(self.low, value), max(self.high, value), self.anomalous or anomalous)


class Sweep:
    """The columns and the cursor, without a screen."""

    def __init__(self, width: int) -> None:
        self.columns: list[PlotColumn | None] = [None] * max(1, width)
        self.cursor = 0
        self._slot: int | None = None

    def move_to(self, at: float) -> None:
        """Move the cursor to the column of the time `at` (time.monotonic()); columns without a sample stay empty."""
        slot = math.floor(at / COLUMN_SECONDS)
        if self._slot is None:
            self._slot = slot
        for _ in range(min(slot - self._slot, len(self.columns))):
            self.cursor = (self.cursor + 1) % len(self.columns)
            self.columns[self.cursor] = None
        self._slot = max(slot, self._slot)

    def add(self, at: float, value: float, anomalous: bool) -> None:
        self.move_to(at)
        column = self.columns[self.cursor]
        if not math.isfinite(value):
            value, anomalous = -math.inf if value < 0 else math.inf, True
        self.columns[self.cursor] = (
            PlotColumn(value, value, anomalous) if column is None else column.joined(value, anomalous)
        )

    def resize(self, width: int) -> None:
        """Change the number of columns: keep the newest ones, the oldest at the left."""
        width = max(1, width)
        if width != len(self.columns):
            oldest_first = self.columns[self.cursor + 1 :] + self.columns[: self.cursor + 1]
            drawn = next((index for index, column in enumerate(oldest_first) if column), len(oldest_first) - 1)
            kept = oldest_first[drawn:][-width:]
            self.cursor = len(kept) - 1
            self.columns = kept + [None] * (width - len(kept))

    def values(self) -> list[float]:
        return [value for column in self.columns if column for value in (column.low, column.high)]

    def ahead(self, x: int) -> bool:
        return 0 < (x - self.cursor) % len(self.columns) <= _GAP


class SweepPlot(Pane):
    """Shows density or reconstruction error of one sense, with its threshold."""

    def __init__(self, which: Which, sense: Sense = "image", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.which: Which = which
        self.sense: Sense = sense
        self._sweep = Sweep(HISTORY)
        self._scale: Scale | None = None
        self._margin = 0

    def add(self, samples: Sequence[PlottedSample]) -> None:
        for sample in samples:
            if sample.sense != self.sense:
                continue
            value = sample.density if self.which == "density" else sample.reconstruction_error
            self._sweep.add(sample.at, value, sample.anomalous)

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        t = view.shown.get(self.sense)
        title = self._title(view, width)
        if t is None or height < 3:
            return [title]
        threshold, typical, step = self._figures(t)
        snapshot = view.snapshot
        if not (snapshot.paused or snapshot.stopped):
            self._sweep.move_to(view.now)
        self._scale = kept_or_fitted(self._scale, threshold, typical, step, self._sweep.values())
        labels = axis_labels(self._scale, threshold, typical, step, height - 1)
        # The margin only grows, because a narrower one would move every column.
        self._margin = max(self._margin, max(map(len, (text for text, _ in labels.values())), default=4) + 1)
        self._sweep.resize(width - self._margin - 1)
        rows = plot_lines(self._sweep, self._scale, threshold, height - 1)
        return [title, *(self._axis(labels.get(y)) + row for y, row in enumerate(rows))]

    def _figures(self, t: Thresholds) -> tuple[float, float, float]:
        if self.which == "density":
            return t.density, t.typical_density, t.density_step
        return t.reconstruction_error, t.typical_error, t.error_step

    def _title(self, view: View, width: int) -> Line:
        name = "density" if self.which == "density" else "reconstruction error"
        if view.both:
            # Brackets mark the sense whose thresholds the keys move.
            full_name = f"{SENSE_WORDS[self.sense].sample} {name}"
            name = f"[{full_name}]" if view.sense == self.sense else full_name
        state, t = view.snapshot.senses.get(self.sense), view.shown.get(self.sense)
        judged = state.judged if state else None
        if t is None:
            return heading(name, width, ("no thresholds", "unknown"))
        threshold, _, step = self._figures(t)
        value: Part = ("no value", "unknown")
        if judged is not None and not view.hung:
            score = judged.density if self.which == "density" else judged.reconstruction_error
            bad = score < threshold if self.which == "density" else score > threshold
            value = (number(score, step), "anomaly" if bad else "ok")
        unsaved = view.unsaved and view.sense == self.sense
        limit = f"  threshold {number(threshold, step)}{'*' if unsaved else ''}"
        if len(name) + len(value[0]) + len(limit) + 4 > width:
            name, limit = name.replace("reconstruction ", ""), limit.replace("threshold ", "")
        return heading(name, width, value, (limit, "threshold"))

    def _axis(self, label: Part | None) -> Line:
        if label is None:
            return ((" " * self._margin + GLYPHS.axis, "rule"),)
        text, style = label
        return ((text.rjust(self._margin - 1) + " ", style), (GLYPHS.axis_mark, "rule"))


def axis_labels(scale: Scale, threshold: float, typical: float, step: float, height: int) -> dict[int, Part]:
    """Return the label of each labelled row, counted from the top: both ends, the typical value, and the threshold,
    which replaces another label on the same row."""
    labels = {
        0: (number(scale.high, step), "label"),
        height - 1: (number(scale.low, step), "label"),
    }
    if scale.has(typical):
        labels[_row(scale, typical, height)] = ("typical", "label")
    labels[_row(scale, threshold, height)] = (number(threshold, step), "threshold")
    return labels


def plot_lines(sweep: Sweep, scale: Scale, threshold: float, height: int) -> list[Line]:
    """Return the rows from the top; a cell shows two steps of the scale."""
    at_threshold = _row(scale, threshold, height)
    tall = [_cells(column, scale, height) if column else {} for column in sweep.columns]
    rows: list[Line] = []
    for y in range(height):
        parts: list[Part] = []
        for x, cells in enumerate(tall):
            column = sweep.columns[x]
            if column is not None and y in cells:
                _append(parts, cells[y], "anomaly" if column.anomalous else "trace")
            elif y == at_threshold and not sweep.ahead(x):
                _append(parts, GLYPHS.line, "threshold")
            else:
                _append(parts, " ", "")
        rows.append(tuple(parts))
    return rows


def _append(parts: list[Part], text: str, style: str) -> None:
    if parts and parts[-1][1] == style:
        parts[-1] = (parts[-1][0] + text, style)
    else:
        parts.append((text, style))


def _cells(column: PlotColumn, scale: Scale, height: int) -> dict[int, str]:
    """Return the character of each row of a column, counted from the top."""
    steps = 2 * height
    first, last = scale.step_of(column.low, steps), scale.step_of(column.high, steps)
    cells: dict[int, str] = {}
    if last >= steps:
        cells[0] = GLYPHS.above
    if first < 0:
        cells[height - 1] = GLYPHS.below
    for step in range(max(first, 0), min(last, steps - 1) + 1):
        y = height - 1 - step // 2
        glyph = GLYPHS.upper if step % 2 else GLYPHS.lower
        cells[y] = glyph if y not in cells else GLYPHS.full if cells[y] in (GLYPHS.upper, GLYPHS.lower) else cells[y]
    if column.anomalous and GLYPHS.called:
        drawn = (GLYPHS.upper, GLYPHS.lower, GLYPHS.full)
        cells = {y: GLYPHS.called if glyph in drawn else glyph for y, glyph in cells.items()}
    return cells


def _row(scale: Scale, value: float, height: int) -> int:
    step = scale.step_of(value, height)
    return height - 1 - min(height - 1, max(0, step))
