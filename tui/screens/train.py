"""Training: how far it is, the loss curve, the result card, and whether the new model is used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from core.examination import Examination
from tui.keys import bindings, first_key
from tui.screens.base import StationScreen
from tui.view import Sample, View, waiting_model
from tui.widgets.card import CardPane, pages_of
from tui.widgets.curve import CurvePane
from tui.widgets.edges import NoticeLine, TitleLine
from tui.widgets.strip import KeysLine, StatusStrip
from tui.widgets.training import TrainingPane


class TrainScreen(StationScreen, inherit_bindings=False):
    where = "train"
    about = (
        "The bench goes on with the old model meanwhile, and until you use the new one.",
        "Look at the result first: how many false alarms to expect, and which of the",
        "defective parts that you put aside would be missed.",
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings("train")

    def __init__(self) -> None:
        super().__init__()
        self._examination: Examination | None = None
        self._looked_at: object = None

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
        if self._examination:
            self._examination.stop()

    def show(self, view: View, samples: Sequence[Sample]) -> None:
        run = view.snapshot.training
        running = run is not None and run.state == "running"
        self.set_class(running, "-running")
        if not running:
            self._look(view)
        super().show(view, samples)

    def _look(self, view: View) -> None:
        """At the model that waits, or at the one in use: anew when it is another one."""
        snapshot = view.snapshot
        candidate = waiting_model(snapshot)
        models = (
            snapshot.new_model, snapshot.sound and snapshot.sound.new_model,
        ) if candidate else (snapshot.model, snapshot.sound and snapshot.sound.model)  # fmt: skip
        known = (candidate, *(model.bundle if model else "" for model in models))
        held = (snapshot.held.defect if snapshot.held else 0, snapshot.sound and snapshot.sound.held)
        if (known, held) != self._looked_at:
            self._looked_at = known, held
            if self._examination:
                self._examination.stop()
            self._examination = None
            if any(known[1:]) and self.shell.recipe is not None:
                self._examination = Examination(self.shell.recipe.folder, candidate=candidate)
        self._tell(view, candidate)

    def _tell(self, view: View, candidate: bool) -> None:
        card = self.query_one(CardPane)
        run, examination = view.snapshot.training, self._examination
        card.title = "the new model, not used yet" if candidate else "the model in use"
        card.pages = pages_of(examination.now.found) if examination else ()
        key = first_key(view.keys["train-start"])
        if run is not None and run.state == "failed":
            card.words = f"training failed: {run.message}"
            card.pages = () if not candidate else card.pages
        elif examination is None:
            card.words = f"Nothing was learnt yet. {key} learns from what was taught (key 2 teaches)."
        elif examination.now.state == "failed":
            card.words = examination.now.message
        else:
            of = f" {examination.now.step} of {examination.now.of}" if examination.now.of else ""
            card.words = f"looking at the model: judging the defective ones{of} ..."

    def action_train(self) -> None:
        self.shell.train()

    def action_cancel(self) -> None:
        self.shell.cancel_training()

    def action_use(self) -> None:
        self.shell.take_over()

    def action_keep(self) -> None:
        self.shell.discard()

    def action_page(self, by: int) -> None:
        card = self.query_one(CardPane)
        card.at = (card.at + by) % max(1, len(card.pages))
        self.shell.show()
