"""The screen Train: progress, loss curve and result card, and the choice whether to use the new model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from core.state.snapshot import waiting_model
from tui.jobs.model_review import ModelReviewJob
from tui.screens.base import StationScreen
from tui.view.inbox import PlottedSample
from tui.view.keymap import bindings, first_key
from tui.view.view import View
from tui.widgets.loss_curve import CurvePane
from tui.widgets.result_card import CardPane, result_pages
from tui.widgets.status_strip import KeysLine, StatusStrip
from tui.widgets.title_and_footer import NoticeLine, TitleLine
from tui.widgets.training import TrainingPane


class TrainScreen(StationScreen, inherit_bindings=False):
    """Trains, and shows the result before the new model is used."""

    where = "train"
    about = (
        "Judging continues with the old model until you start using the new one.",
        "Look at the result first: the expected false alarms, and which of your known",
        "defects would be missed.",
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings("train")

    def __init__(self) -> None:
        super().__init__()
        self._review = ModelReviewJob()

    def compose(self) -> ComposeResult:
        yield TitleLine(id="title")
        yield StatusStrip(id="strip")
        with Vertical(id="train-running"):
            yield TrainingPane(id="train-progress")
            yield CurvePane(id="curve")
        yield CardPane(id="card")
        yield NoticeLine(id="notice")
        yield KeysLine(
            ("train-start", "train"), ("train-cancel", "cancel"), ("train-use", "use the new"),
            ("train-keep", "keep the old"), ("train-previous,train-next", "pages"), id="footer",
        )  # fmt: skip

    def on_unmount(self) -> None:
        self._review.stop()

    def show(self, view: View, samples: Sequence[PlottedSample]) -> None:
        run = view.snapshot.training
        running = run is not None and run.state == "running"
        self.set_class(running, "-running")
        if not running:
            self._show_result(view)
        super().show(view, samples)

    def _show_result(self, view: View) -> None:
        """Show the result of the model that waits, or of the one in use."""
        candidate, recipe = waiting_model(view.snapshot), self.host.recipe
        progress = self._review.update(view, recipe.folder if recipe else None, candidate=candidate)
        card, run = self.query_one(CardPane), view.snapshot.training
        card.title = "the new model, not used yet" if candidate else "the model in use"
        card.pages = result_pages(progress.found) if progress else ()
        if run is not None and run.state == "failed" and not candidate:
            card.words, card.pages = f"training failed: {run.message}", ()
        elif progress is None:
            train, teach = (first_key(view.keys[name]) for name in ("train-start", "go-teach"))
            card.words = f"Nothing was learnt yet. {train} learns from what was taught (key {teach} teaches)."
        elif progress.state == "failed":
            card.words = progress.message
        else:
            of = f" {progress.step} of {progress.of}" if progress.of else ""
            card.words = f"reviewing the model: judging the defective ones{of} ..."

    def action_train(self) -> None:
        self.host.train()

    def action_cancel(self) -> None:
        self.host.cancel_training()

    def action_use(self) -> None:
        self.host.take_over()

    def action_keep(self) -> None:
        self.host.discard()

    def action_page(self, by: int) -> None:
        card = self.query_one(CardPane)
        card.at = (card.at + by) % max(1, len(card.pages))
        self.host.show()
