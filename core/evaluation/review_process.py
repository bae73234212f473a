"""Starts core.evaluation.model_review in a process of its own and reads what it found."""

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
    """How far it is, and what was found."""

    state: Literal["running", "done", "failed"]
    step: int = 0
    of: int = 0
    found: tuple[ModelReview, ...] = ()
    message: str = ""
    """Why it failed, in a sentence."""


class ModelReviewProcess:
    """Judges the defect folder with a recipe's models, or with those that wait to be taken over, without holding up
    anything here."""

    def __init__(
        self, folder: Path, *, candidate: bool, changed: Callable[[ReviewProgress], None] | None = None
    ) -> None:
        """`changed` is called on a thread of its own whenever `now` is another."""
        self.now = ReviewProgress("running")
        self._changed = changed
        self._child: ChildProcess | None = None
        self._arguments = [str(folder), *(["--candidate"] if candidate else [])]
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="examination", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended = True
        if self._child is not None:
            self._child.end()

    def _run(self) -> None:
        try:
            self._child = ChildProcess("core.evaluation.model_review", self._arguments, ONE_THREAD)
        except OSError as error:
            self._tell(ReviewProgress("failed", message=f"the model cannot be looked at ({error.strerror or error})"))
            return
        if self._ended:
            self.stop()
        last = ReviewProgress("failed", message="the model could not be looked at: the process ended")
        for said in self._child.messages():
            news = self._parsed(said)
            if news is not None and news.state == "running":
                self._tell(news)
            elif news is not None:
                last = news
        self._child.wait()
        self._tell(last)

    def _parsed(self, said: Mapping[str, Any]) -> ReviewProgress | None:
        try:
            if said["state"] == "running":
                return replace(self.now, step=int(said["step"]), of=int(said["of"]))
            if said["state"] == "failed":
                return ReviewProgress("failed", message=str(said["message"]))
            return ReviewProgress("done", found=tuple(examined_from(one) for one in said["examined"]))
        except (ValueError, KeyError, TypeError):
            return None

    def _tell(self, now: ReviewProgress) -> None:
        self.now = now
        if self._changed is not None:
            self._changed(now)
