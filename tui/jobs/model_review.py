"""Keeps the examination of a station's models up to date for the screens that show it."""

from __future__ import annotations

from pathlib import Path

from core.evaluation.review_process import ModelReviewProcess, ReviewProgress
from tui.view.view import View


class ModelReviewJob:
    """Examines anew whenever the models, or the defective material, are others than before."""

    def __init__(self) -> None:
        self._examination: ModelReviewProcess | None = None
        self._looked_at: object = None

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
        if (folder, candidate, known, held) != self._looked_at and not collecting:
            self._looked_at = folder, candidate, known, held
            self.stop()
            if folder is not None and any(known):
                self._examination = ModelReviewProcess(folder, candidate=candidate)
        return self._examination.now if self._examination else None

    def stop(self) -> None:
        if self._examination:
            self._examination.stop()
            self._examination = None
