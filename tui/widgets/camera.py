"""The state of the camera: connection, picture size and rate, age of the newest frame."""

from __future__ import annotations

from collections.abc import Sequence

from core.state.material import PictureCapture
from tui.terminal.glyphs import GLYPHS
from tui.terminal.themes import VERDICT_STYLES
from tui.view.text import age, tail, wrapped
from tui.view.view import View
from tui.widgets.pane import Line, Pane, Part, heading

STALE_AFTER = 1.0
"""Seconds after which a frame is stale, as in the health check of the station."""


class CameraPane(Pane):
    """Shows the state of the camera, or the pictures that are being stored."""

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        return camera_lines(view, width, height)


def camera_lines(view: View, width: int, height: int) -> list[Line]:
    """Return at most `height` lines on the camera; a single line shows the verdict on pictures instead."""
    image = view.snapshot.image
    if image is None:
        return [heading("camera", width, ("none", "label"))]
    status = image.status
    if height <= 1:
        word = "live" if status.state == "live" else status.state.upper()
        verdict = image.verdict.state
        device: Part = (word, "ok" if word == "live" else "unknown")
        return [heading("picture", width, (f"{verdict} ", VERDICT_STYLES[verdict]), device)]
    frame_age = None if status.last_at is None else max(0.0, view.now - status.last_at)
    live = status.state == "live"
    stale = live and frame_age is not None and frame_age > STALE_AFTER
    state: Part = ("live", "ok") if live else (status.state.upper(), "unknown")
    if stale:
        state = ("STALE", "unknown")
    lines: list[Line] = [heading("camera", width, state)]
    stored = view.stored.get("image", "")
    if image.capture or stored:
        return [lines[0], *_storing(image.capture, stored, width)][:height]
    counts = f"skipped {status.dropped}"
    if status.reconnects:
        counts += f", reconnected {status.reconnects}"
    if live:
        size = f"{status.width}x{status.height} {status.fps:.1f} fps"
        address = tail(status.address, max(6, width - len(size) - 2), GLYPHS.more)
        lines.append(((address, "strong"), ("  ", ""), (size, "")))
    else:
        lines += [((text, "unknown"),) for text in wrapped(status.message or status.address, width, 2, GLYPHS.more)]
    lines.append(_frame_line(frame_age, stale or not live))
    lines.append(((counts, ""),))
    return lines[:height]


def _storing(capture: PictureCapture | None, stored: str, width: int) -> list[Line]:
    """Return the progress of storing pictures, which takes the place of the camera's details."""
    if capture is None:
        return [((text, "ok"),) for text in wrapped(stored, width, 3, GLYPHS.more)]
    count = f"{capture.stored} of {capture.wanted}" if capture.wanted else str(capture.stored)
    lines: list[Line] = [(("storing ", "label"), (f"{count} {'defective' if capture.defect else 'good'}", "warm"))]
    return lines + [((text, "unknown"),) for text in wrapped(capture.note, width, 2, GLYPHS.more)]


def _frame_line(frame_age: float | None, old: bool) -> Line:
    if frame_age is None:
        return (("no frame yet", "unknown"),)
    return (("last frame " if old else "frame ", "label"), (f"{age(frame_age)} ago", "unknown" if old else ""))
