"""SVG drawings for an HTML page: histogram, ROC, trace. Colours are classes of the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
BINS = 32
"""Bars of a histogram."""
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 20, 36
"""Pixels of the margins."""


class Axes:
    """Maps values to pixels of a drawing of `width` x `height`, and collects the SVG elements."""

    def __init__(self, width: int, height: int, x: tuple[float, float], y: tuple[float, float], label: str) -> None:
        self._width, self._height = width, height
        self._x, self._y = x, y
        self._label = label
        self._parts: list[str] = []

    def px(self, value: float) -> float:
        """Return the x position of a value in pixels; values beyond the axis go to its end."""
        low, high = self._x
        return LEFT + (min(max(value, low), high) - low) / (high - low) * (self._width - LEFT - RIGHT)

    def py(self, value: float) -> float:
        """Return the y position of a value in pixels; values beyond the axis go to its end."""
        low, high = self._y
        room = self._height - TOP - BOTTOM
        return self._height - BOTTOM - (min(max(value, low), high) - low) / (high - low) * room

    def bar(self, left: float, right: float, top: float, style: str) -> None:
        """Draw a bar from the bottom to `top`; all arguments are values."""
        x, y = self.px(left), self.py(top)
        height = self.py(self._y[0]) - y
        self._parts.append(
            f'<rect class="{style}" x="{x:.1f}" y="{y:.1f}" width="{max(0.5, self.px(right) - x - 1):.1f}"'
            f' height="{height:.1f}"/>'
        )

    def line(self, points: Iterable[tuple[float, float]], style: str) -> None:
        """Draw a line through points (x, y), given as values."""
        positions = " ".join(f"{self.px(x):.1f},{self.py(y):.1f}" for x, y in points)
        self._parts.append(f'<polyline class="{style}" points="{positions}"/>')

    def dot(self, x: float, y: float, style: str) -> None:
        """Draw a dot at a point, given as values."""
        self._parts.append(f'<circle class="{style}" cx="{self.px(x):.1f}" cy="{self.py(y):.1f}" r="5"/>')

    def text(self, x: float, y: float, words: str, anchor: str = "middle") -> None:
        """Write a text at a position in pixels; `anchor` is start, middle or end."""
        self._parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>')

    def upright(self, value: float, words: str, style: str) -> None:
        """Draw a vertical line at a value, with a text above it."""
        self.line([(value, self._y[0]), (value, self._y[1])], style)
        x = self.px(value)
        anchor = "start" if x < LEFT + 80 else "end" if x > self._width - RIGHT - 80 else "middle"
        self.text(x, TOP - 6, words, anchor)

    def drawn(self, x_name: str, y_ticks: Sequence[float]) -> str:
        """Add the axes with round ticks on x and `y_ticks` on y, and return the SVG element."""
        bottom, end = self._height - BOTTOM, self._width - RIGHT
        for tick in ticks(*self._x):
            x = self.px(tick)
            self._parts.append(f'<path class="axis" d="M{x:.1f} {bottom}v4"/>')
            self.text(x, bottom + 16, f"{tick:.6g}")
        for tick in y_ticks:
            y = self.py(tick)
            self._parts.append(f'<path class="axis" d="M{LEFT} {y:.1f}h-4"/>')
            self.text(LEFT - 7, y + 4, f"{tick:.6g}", "end")
        self._parts.append(f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{end}"/>')
        self.text((LEFT + end) / 2, self._height - 5, x_name)
        return (
            f'<svg role="img" viewBox="0 0 {self._width} {self._height}" width="{self._width}" height="{self._height}">'
            f"<title>{escape(self._label)}</title>{''.join(self._parts)}</svg>"
        )


def ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Return round numbers from `low` to `high`, about `about` of them."""
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 12) + 0.0 for n in range(first, math.floor(high / step + 1e-9) + 1)]


def histogram(name: str, good: Values, defect: Values, threshold: float) -> str:
    """Draw the distribution of the scores of the good and of the defective samples (n,), with the threshold. The
    outermost bars include scores far beyond the good ones."""
    finite = good[np.isfinite(good)]
    known = [*finite.tolist(), threshold] if math.isfinite(threshold) else finite.tolist()
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    span = max(high - low, 1e-9 * max(1.0, abs(high)), 1e-12)
    seen = defect[np.isfinite(defect)]
    low, high = (
        max(min([low, *seen.tolist()]), low - 1.5 * span) - 0.05 * span,
        min(max([high, *seen.tolist()]), high + 1.5 * span) + 0.05 * span,
    )
    edges = np.linspace(low, high, BINS + 1)
    counted = [_shares(values, edges) for values in (good, defect)]
    top = max(0.05, *(float(shares.max(initial=0.0)) for shares in counted)) * 1.05
    axes = Axes(640, 200, (low, high), (0.0, top), f"distribution of {name}")
    for shares, style in zip(counted, ("good", "defect"), strict=True):
        for left, right, share in zip(edges, edges[1:], shares, strict=False):
            if share > 0:
                axes.bar(float(left), float(right), float(share), style)
    axes.upright(threshold, f"threshold {threshold:.5g}", "threshold")
    return axes.drawn(name, ticks(0.0, top, 3))


def _shares(values: Values, edges: Values) -> Values:
    if not len(values):
        return np.zeros(len(edges) - 1)
    inside = np.clip(np.nan_to_num(values, nan=edges[-1], posinf=edges[-1], neginf=edges[0]), edges[0], edges[-1])
    return np.asarray(np.histogram(inside, edges)[0] / len(values), np.float64)


def curve(corners: Sequence[tuple[float, float]], false_alarms: float, found: float, label: str) -> str:
    """Draw the ROC through `corners` (false alarms, found), with a dot at the thresholds; all are shares, 0 to 1."""
    axes = Axes(300, 300, (0.0, 1.0), (0.0, 1.0), label)
    axes.line([(0, 0), (1, 1)], "even")
    axes.line(corners, "curve")
    axes.dot(false_alarms, found, "point")
    axes.text((LEFT + 300 - RIGHT) / 2, 13, "defects found, by false alarms")
    return axes.drawn("share of good ones called", [0.0, 0.2, 0.4, 0.6, 0.8, 1.0])


def over_time(seconds: Values, share: Values, label: str) -> str:
    """Draw the share of the alarm level (n,) at the seconds (n,) of a recording."""
    finite = share[np.isfinite(share)]
    top = max(1.3, min(6.0, float(finite.max(initial=1.0)) * 1.05))
    end = float(seconds[-1]) if len(seconds) and seconds[-1] > 0 else 1.0
    axes = Axes(640, 150, (0.0, end), (0.0, top), label)
    axes.line([(0.0, 1.0), (end, 1.0)], "threshold")
    # More points than pixels add nothing.
    every = max(1, len(share) // 1200)
    highest = [float(np.max(share[start : start + every])) for start in range(0, len(share), every)]
    axes.line(zip(seconds[::every].tolist(), (min(value, top) for value in highest), strict=True), "curve")
    cut = f"; cut off at {top:.3g}" if np.max(share, initial=0.0) > top else ""
    axes.text(LEFT, 13, f"share of the alarm level; 1 alarms{cut}", "start")
    return axes.drawn("seconds", ticks(0.0, top, 3))
