"""Keeps the review of a station's models up to date for the screens that show it."""

from __future__ import annotations

from pathlib import Path

from core.evaluation.review_process import ModelReviewProcess, ReviewProgress
from tui.view.view import View


class ModelReviewJob:
    """Reviews the models again whenever the models or the known defects change."""

    def __init__(self) -> None:
        self._review: ModelReviewProcess | None = None
        self._reviewed: object = None

    def update(self, view: View, folder: Path | None, *, candidate: bool) -> ReviewProgress | None:
        """Start a review if something changed, and return its progress; None if there is no model in `folder`.

        `candidate` reviews the newly trained models that are not in use yet.
        """
        states = view.snapshot.senses.values()
        models = [state.new_model if candidate else state.model for state in states]
        bundles = [model.bundle if model else "" for model in models]
        defective = [state.inventory.defect if state.inventory else 0 for state in states]
        storing = any(state.capture is not None for state in states)
        if (folder, candidate, bundles, defective) != self._reviewed and not storing:
            self._reviewed = folder, candidate, bundles, defective
            self.stop()
            if folder is not None and any(bundles):
                self._review = ModelReviewProcess(folder, candidate=candidate)
        return self._review.now if self._review else None

    def stop(self) -> None:
        """End the running review."""
        if self._review:
            self._review.stop()
            self._review = None
