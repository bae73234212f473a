"""Starts the training process, reads its progress, cancels it."""

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
"""Of the loss curve."""
_ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}


class TrainingRun:
    """`python -m models.train` in a niced process of its own, one JSON object a line.

    The child watches its standard input: when that closes, because the run was cancelled or this process died
    however suddenly, it removes what it had begun and ends.
    """

    def __init__(
        self,
        recipe: Path,
        options: Sequence[str],
        changed: Callable[[TrainingState], None],
        module: str = "models.train",
    ) -> None:
        """`recipe` is the folder in which the module writes, and its first argument. `changed` is called on a thread of
        its own for every new state, the last being done, failed or cancelled.

        Raises GoodpartError where no process can be started.
        """
        self._changed = changed
        self._cancelled = False
        self._curve = Curve()
        self.state = TrainingState("running", phase="starting")
        self.exit_code: int | None = None
        """Of the process, once it has ended."""
        self._recipe = recipe
        try:
            self._child = ChildProcess(module, [str(recipe), *options], _ENVIRONMENT)
        except OSError as error:
            raise GoodpartError(f"training cannot be started ({error.strerror or error})") from error
        self._thread = threading.Thread(target=self._read, name="training", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """End it within a second; the model that was there stays."""
        self._cancelled = True
        self._child.cancel()

    def wait(self, timeout: float | None = None) -> TrainingState:
        if timeout is not None:
            self._thread.join(timeout)
        while timeout is None and self._thread.is_alive():
            self._thread.join(0.5)  # on Windows, Ctrl-C is not heard while a join without end lasts
        return self.state

    def _read(self) -> None:
        last = TrainingState("failed", message="")
        began = time.monotonic()
        for said in self._child.messages():
            news = parse_progress(said)
            if news is None:
                continue
            if news.state == "running":
                self._tell(news)
            else:
                last = news
        code = self.exit_code = self._child.wait()
        remove_begun(self._recipe, self._child.pid)  # if it was killed
        if self._cancelled and last.state != "done":
            last = TrainingState("cancelled", message="training was cancelled; the model that was there stays")
        elif last.state != "done" and not last.message:
            why = self._child.last_words or f"exit code {code}"
            last = TrainingState("failed", message=f"training ended after {time.monotonic() - began:.0f} s: {why}")
        self._tell(last)

    def _tell(self, news: TrainingState) -> None:
        news = replace(news, curve=self._curve.with_point(news))
        self.state = news
        self._changed(news)


class Curve:
    """Loss and validation loss as the training goes on, of the network that learns just now: another phase begins
    another curve. Every second point is left out whenever there are too many, so that they stay evenly apart."""

    def __init__(self) -> None:
        self._points: list[tuple[float, float | None]] = []
        self._phase = ""
        self._every, self._seen = 1, 0

    def with_point(self, news: TrainingState) -> tuple[tuple[float, float | None], ...]:
        """The curve after this news, which may have no loss to add."""
        if news.state == "running" and news.loss is not None:
            if news.phase != self._phase:
                self._points, self._phase, self._every, self._seen = [], news.phase, 1, 0
            if self._seen % self._every == 0:
                self._points.append((news.loss, news.validation_loss))
            self._seen += 1
            if len(self._points) > MOST_POINTS:
                self._points, self._every = self._points[::2], 2 * self._every
        return tuple(self._points)


def parse_progress(said: Mapping[str, Any]) -> TrainingState | None:
    """What a line of the training process tells; None for anything else."""
    if said.get("state") not in ("running", "done", "failed"):
        return None
    known = {name: said[name] for name in TrainingState.__dataclass_fields__ if name in said and name != "curve"}
    return TrainingState(**known)
