"""Keeps the examination of a station's models up to date for the screens that show it."""

from __future__ import annotations

from pathlib import Path

from core.evaluation.review_process import ModelReviewProcess, ReviewProgress
from tui.view.view import View


class ModelReviewJob:
    """Examines anew whenever the models, or the defective material, are others than before."""

    def __init__(self) -> None:
        self._review: ModelReviewProcess | None = None
        self._reviewed: object = None

    def update(self, view: View, folder: Path | None, *, candidate: bool) -> ReviewProgress | None:
        """How far it is; None where there is no model to look at. `candidate` for the models that wait."""
        snapshot = view.snapshot
        sound = snapshot.sound
        if candidate:
            models = snapshot.new_model, sound and sound.new_model
        else:
            models = snapshot.model, sound and sound.model
        known = [model.bundle if model else "" for model in models]
        held = [held.defect if held else 0 for held in (snapshot.held, sound and sound.held)]
        collecting = snapshot.collecting is not None or (sound is not None and sound.recording is not None)
        if (folder, candidate, known, held) != self._reviewed and not collecting:
            self._reviewed = folder, candidate, known, held
            self.stop()
            if folder is not None and any(known):
                self._review = ModelReviewProcess(folder, candidate=candidate)
        return self._review.now if self._review else None

    def stop(self) -> None:
        if self._review:
            self._review.stop()
            self._review = None
