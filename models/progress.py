"""Writes progress as lines of JSON, with the remaining time."""

from __future__ import annotations

import json
import math
import time
from typing import TextIO


class ProgressReporter:
    """A models.base.Progress that writes at most ten lines per second, and a line at every change of phase."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._phase = ""
        self._began = self._last = 0.0

    def __call__(
        self, phase: str, step: int, of: int, *, loss: float | None = None, validation_loss: float | None = None,
        seconds_left: float | None = None,
    ) -> None:  # fmt: skip
        """Write the progress. Without `seconds_left` the remaining time is estimated from the steps of the phase;
        infinite means unknown."""
        now = time.monotonic()
        if phase != self._phase:
            self._phase, self._began = phase, now
        elif now - self._last < 0.1:
            return
        self._last = now
        left = seconds_left
        if left is None and step > 0 and now > self._began:
            left = (now - self._began) * (of - step) / step
        self._write(
            state="running", phase=phase, step=step, of=of, loss=loss, validation_loss=validation_loss,
            seconds_left=None if left is None or not math.isfinite(left) else round(left, 1),
        )  # fmt: skip

    def end(self, state: str, message: str) -> None:
        """Write the final line: the state (`done` or `failed`) and the message for the operator."""
        self._write(state=state, message=message)

    def _write(self, **fields: object) -> None:
        self._out.write(json.dumps({name: value for name, value in fields.items() if value is not None}) + "\n")
        self._out.flush()
