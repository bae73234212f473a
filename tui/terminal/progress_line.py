"""Progress of long work on a line terminal: one line that is overwritten; in a log, one line every 5 s."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TextIO

from core.state.jobs import TrainingState

WIDTH = 24
"""Columns of a progress bar."""


class ProgressLine:
    """Prints the progress of a job; the object is called with each new state."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._over = self._out.isatty()
        self._last = 0.0
        self._phase = ""
        self._length = 0

    def __call__(self, news: TrainingState) -> None:
        """Print the state if the phase is new or the last output is old enough."""
        now = time.monotonic()
        often = 0.1 if self._over else 5.0
        if news.phase == self._phase and now - self._last < often:
            return
        self._phase, self._last = news.phase, now
        text = progress_text(news)
        if self._over:
            self._write("\r" + text.ljust(self._length))
            self._length = len(text)
        else:
            self._write(text + "\n")

    def end(self) -> None:
        """Clear the line for the next output."""
        if self._over and self._length:
            self._write("\r" + " " * self._length + "\r")

    def _write(self, text: str) -> None:
        # The reader may be gone; the work continues.
        with contextlib.suppress(OSError):
            self._out.write(text)
            self._out.flush()


def progress_text(news: TrainingState) -> str:
    """Format the state of a job: phase, bar, steps, loss, time left; at most 79 columns, ASCII."""
    parts = [news.phase[:24].ljust(12)]
    if news.of:
        full = round(WIDTH * news.step / news.of)
        parts.append("[" + "#" * full + "." * (WIDTH - full) + "]")
        parts.append(f"{news.step}/{news.of}")
    if news.loss is not None:
        parts.append(f"loss {news.loss:.4f}")
    if news.seconds_left is not None:
        parts.append(f"{time_left(news.seconds_left)} left")
    return " ".join(parts)[:79]


def time_left(seconds: float) -> str:
    """Format a remaining time: 45 s, 3 min."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
