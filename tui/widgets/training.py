"""The progress of the training."""

from __future__ import annotations

from collections.abc import Sequence

from tui.terminal.glyphs import GLYPHS
from tui.view.text import left, wrapped
from tui.view.view import View
from tui.widgets.pane import Line, Pane, heading


class TrainingPane(Pane):
    """Shows the progress or the outcome of the training; empty without one."""

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        return training_lines(view, width, height)


def training_lines(view: View, width: int, height: int) -> list[Line]:
    """Return at most `height` lines: time left, phase, bar and losses, or the outcome."""
    run = view.snapshot.training
    if run is None:
        return []
    if run.state != "running":
        style = {"done": "ok", "failed": "anomaly"}.get(run.state, "unknown")
        texts = wrapped(run.message, width, height - 1, GLYPHS.more)
        return [heading("training", width, (run.state, style)), *[((text, ""),) for text in texts]][:height]
    step = f" {run.step}/{run.of}" if run.of else ""
    remaining = "" if run.seconds_left is None else left(run.seconds_left)
    losses = "" if run.loss is None else f"loss {run.loss:.4g}"
    if run.validation_loss is not None:
        losses += f"  validation {run.validation_loss:.4g}"
    lines: list[Line] = [heading("training", width, (remaining or "running", "threshold")), ((run.phase + step, ""),)]
    lines.append(_bar(run.step / run.of, width) if run.of else (("", ""),))
    lines.append(((losses, "label"),))
    return lines[:height]


def _bar(part: float, width: int) -> Line:
    part = min(1.0, max(0.0, part))
    room = max(1, width - 5)
    full = round(part * room)
    return ((GLYPHS.bar * full, "trace"), (GLYPHS.bar_rest * (room - full), "rule"), (f" {part * 100:3.0f}%", ""))
