"""Runs training in a separate process and shows a progress line."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from core.errors import GoodpartError
from core.runtime.training_process import TrainingRun
from core.state.jobs import TrainingState
from tui.terminal.progress_line import ProgressLine


class TrainingFailedError(GoodpartError):
    """The training process failed. The message is its last one; `process_code` is its exit code."""

    def __init__(self, message: str, process_code: int | None = None) -> None:
        super().__init__(message)
        self.process_code = process_code


def run_training(
    folder: Path,
    options: Sequence[str],
    module: str = "models.train",
    cancelled: str = "training was cancelled; the old model stays in use",
) -> TrainingState:
    """Run a training process that writes into `folder`, show a progress line, and return its last state.

    Raises TrainingFailedError if it fails, and KeyboardInterrupt after it has ended and `cancelled` was printed.
    """
    line = ProgressLine()
    with _sigterm_as_interrupt():
        training = TrainingRun(folder, options, line, module)
        try:
            end = training.wait()
        except KeyboardInterrupt:
            training.cancel()
            end = training.wait(2.0)
            line.end()
            if end.state != "done":  # it may have finished just before
                print(f"goodpart: {cancelled}", file=sys.stderr)
            raise
    line.end()
    if end.state != "done":
        raise TrainingFailedError(end.message, training.exit_code)
    return end


class _sigterm_as_interrupt(contextlib.ContextDecorator):  # noqa: N801 - used like a function
    """Treat SIGTERM and hang-up like Ctrl-C, so that the training process is ended too."""

    def __enter__(self) -> None:
        self._old = {number: signal.signal(number, self._interrupt) for number in _signals()}

    def __exit__(self, *_: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)

    @staticmethod
    def _interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt


def _signals() -> list[int]:
    return [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
