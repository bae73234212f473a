"""Starts core.evaluation.model_review as a separate process and reads its results."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from core.evaluation.review_result import ModelReview, examined_from
from core.runtime.child_process import ONE_THREAD, ChildProcess


@dataclass(frozen=True)
class ReviewProgress:
    """The progress of a review and, at its end, the result."""

    state: Literal["running", "done", "failed"]
    step: int = 0
    """Files judged so far."""
    of: int = 0
    """Number of all files."""
    found: tuple[ModelReview, ...] = ()
    """One review per model, once it is done."""
    message: str = ""
    """Why it failed, in a sentence."""


class ModelReviewProcess:
    """Judges the defect folder with a recipe's models, or with the new models, without blocking this process."""

    def __init__(
        self, folder: Path, *, candidate: bool, changed: Callable[[ReviewProgress], None] | None = None
    ) -> None:
        """Start the process. `candidate` selects the models that are not yet in use. `changed` is called on a separate
        thread whenever `now` changes."""
        self.now = ReviewProgress("running")
        """The newest progress."""
        self._changed = changed
        self._child: ChildProcess | None = None
        self._arguments = [str(folder), *(["--candidate"] if candidate else [])]
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="model review", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the process."""
        self._ended = True
        if self._child is not None:
            self._child.end()

    def _run(self) -> None:
        try:
            self._child = ChildProcess("core.evaluation.model_review", self._arguments, ONE_THREAD)
        except OSError as error:
            self._report(ReviewProgress("failed", message=f"the model cannot be looked at ({error.strerror or error})"))
            return
        if self._ended:
            self.stop()
        last = ReviewProgress("failed", message="the model could not be looked at: the process ended")
        for message in self._child.messages():
            progress = self._parsed(message)
            if progress is not None and progress.state == "running":
                self._report(progress)
            elif progress is not None:
                last = progress
        self._child.wait()
        self._report(last)

    def _parsed(self, message: Mapping[str, Any]) -> ReviewProgress | None:
        try:
            if message["state"] == "running":
                return replace(self.now, step=int(message["step"]), of=int(message["of"]))
            if message["state"] == "failed":
                return ReviewProgress("failed", message=str(message["message"]))
            return ReviewProgress("done", found=tuple(examined_from(review) for review in message["examined"]))
        except (ValueError, KeyError, TypeError):
            return None

    def _report(self, progress: ReviewProgress) -> None:
        self.now = progress
        if self._changed is not None:
            self._changed(progress)
