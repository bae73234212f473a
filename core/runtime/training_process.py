"""Starts the training process, reads its progress and cancels it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import GoodpartError
from core.runtime.atomic_files import remove_begun
from core.runtime.child_process import ChildProcess
from core.state.jobs import TrainingState

MOST_POINTS = 240
"""Points of the loss curve at most."""
_ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}


class TrainingRun:
    """A run of `python -m models.train` in a separate process of low priority, with one JSON object per line.

    The child watches its standard input: when that closes, because the run was cancelled or this process died, it
    removes its unfinished files and ends.
    """

    def __init__(
        self,
        recipe: Path,
        options: Sequence[str],
        changed: Callable[[TrainingState], None],
        module: str = "models.train",
    ) -> None:
        """Start the process. `recipe` is the folder in which `module` writes, and its first argument.

        `changed` is called on a separate thread for every new state; the last one is done, failed or cancelled. Raises
        GoodpartError if the process cannot be started.
        """
        self._changed = changed
        self._cancelled = False
        self._curve = Curve()
        self.state = TrainingState("running", phase="starting")
        self.exit_code: int | None = None
        """Exit code of the process; None until it has ended."""
        self._recipe = recipe
        try:
            self._child = ChildProcess(module, [str(recipe), *options], _ENVIRONMENT)
        except OSError as error:
            raise GoodpartError(f"training cannot be started ({error.strerror or error})") from error
        self._thread = threading.Thread(target=self._read, name="training", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """End the process within a second; the existing model is kept."""
        self._cancelled = True
        self._child.cancel()

    def wait(self, timeout: float | None = None) -> TrainingState:
        """Wait until the run has ended, at most `timeout` seconds; return the newest state."""
        if timeout is not None:
            self._thread.join(timeout)
        while timeout is None and self._thread.is_alive():
            self._thread.join(0.5)  # on Windows, Ctrl-C has no effect during a join without a timeout
        return self.state

    def _read(self) -> None:
        last = TrainingState("failed", message="")
        start = time.monotonic()
        for message in self._child.messages():
            progress = parse_progress(message)
            if progress is None:
                continue
            if progress.state == "running":
                self._report(progress)
            else:
                last = progress
        code = self.exit_code = self._child.wait()
        remove_begun(self._recipe, self._child.pid)  # in case it was killed
        if self._cancelled and last.state != "done":
            last = TrainingState("cancelled", message="training was cancelled; the model that was there stays")
        elif last.state != "done" and not last.message:
            cause = self._child.last_words or f"exit code {code}"
            last = TrainingState("failed", message=f"training ended after {time.monotonic() - start:.0f} s: {cause}")
        self._report(last)

    def _report(self, progress: TrainingState) -> None:
        progress = replace(progress, curve=self._curve.with_point(progress))
        self.state = progress
        self._changed(progress)


class Curve:
    """Loss and validation loss of the network that is being trained; a new phase begins a new curve.

    If there are more than MOST_POINTS, every second point is left out, so that the points stay evenly spaced.
    """

    def __init__(self) -> None:
        self._points: list[tuple[float, float | None]] = []
        self._phase = ""
        self._every, self._seen = 1, 0

    def with_point(self, news: TrainingState) -> tuple[tuple[float, float | None], ...]:
        """Add the loss of this progress, if it has one, and return the curve: (loss, validation loss) pairs."""
        if news.state == "running" and news.loss is not None:
            if news.phase != self._phase:
                self._points, self._phase, self._every, self._seen = [], news.phase, 1, 0
            if self._seen % self._every == 0:
                self._points.append((news.loss, news.validation_loss))
            self._seen += 1
            if len(self._points) > MOST_POINTS:
                self._points, self._every = self._points[::2], 2 * self._every
        return tuple(self._points)


def parse_progress(message: Mapping[str, Any]) -> TrainingState | None:
    """The state in a message of the training process; None if the message is not a progress."""
    if message.get("state") not in ("running", "done", "failed"):
        return None
    known = {name: message[name] for name in TrainingState.__dataclass_fields__ if name in message and name != "curve"}
    return TrainingState(**known)
