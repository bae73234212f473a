"""The screen Calibrate: thresholds by a false-alarm target, with its needs and costs, or by hand with a good part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from core.evaluation.review_result import ModelReview
from core.state.verdict import Which
from tui.jobs.model_review import ModelReviewJob
from tui.reports.target_table import HEAD, target_rows
from tui.screens.base import StationScreen
from tui.view.inbox import PlottedSample
from tui.view.keymap import bindings, first_key
from tui.view.view import View
from tui.widgets.banner import Banner
from tui.widgets.figures import ThresholdsPane
from tui.widgets.list_pane import ListPane
from tui.widgets.rule_line import FormulaLine
from tui.widgets.status_strip import KeysLine
from tui.widgets.title_and_footer import NoticeLine, TitleLine

BY_HAND = "by hand, with a good part clamped"
"""The origin that the journal notes for thresholds moved here."""


class CalibrateScreen(StationScreen, inherit_bindings=False):
    """Shows the false-alarm targets and the thresholds."""

    where = "calibrate"
    about = (
        "A target is the allowed share of good parts that are called ANOMALY. The",
        "smaller it is, the more good parts are needed to verify it, and the more",
        "defects are missed. By hand: clamp a good part; while ANOMALY shows, move",
        "the threshold that its score exceeds, until OK shows; then save. The journal",
        "records both.",
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings("calibrate")

    def __init__(self) -> None:
        super().__init__()
        self._review = ModelReviewJob()
        self._reviews: Sequence[ModelReview] = ()

    def compose(self) -> ComposeResult:
        yield TitleLine(id="title")
        yield Banner(id="banner")
        yield FormulaLine(id="formula")
        with Vertical(id="calibrate-body"):
            yield ListPane(HEAD, ("reviewing the model ...",), id="targets")
            yield ThresholdsPane(id="thresholds")
        yield NoticeLine(id="notice")
        yield KeysLine(
            ("calibrate-apply", "apply the target"), ("calibrate-density-down,calibrate-density-up", "density"),
            ("calibrate-error-down,calibrate-error-up", "error"), ("calibrate-save", "save"), id="footer",
        )  # fmt: skip

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(ListPane).focus()

    def on_unmount(self) -> None:
        self._review.stop()

    def show(self, view: View, samples: Sequence[PlottedSample]) -> None:
        recipe = self.host.recipe
        progress = self._review.update(view, recipe.folder if recipe else None, candidate=False)
        targets = self.query_one(ListPane)
        if progress is None:
            teach, train = (first_key(view.keys[name]) for name in ("go-teach", "go-train"))
            targets.set_empty((f"nothing was learnt yet: teach ({teach}), then train ({train})",))
        elif progress.state == "failed":
            targets.set_empty((progress.message,))
        else:
            targets.set_empty((f"reviewing the model: judging the defective ones {progress.step}/{progress.of} ...",))
        reviews = tuple(review for review in progress.found if review.sense == view.sense) if progress else ()
        if reviews != self._reviews:
            self._reviews = reviews
            targets.set_rows(target_rows(reviews[0]) if reviews else [])
        super().show(view, samples)

    def on_list_pane_chosen(self) -> None:
        self.action_apply()

    def action_apply(self) -> None:
        if not self._reviews:
            self.host.say("there is no model to calibrate yet")
            return
        costs = self._reviews[0].costs[self.query_one(ListPane).cursor]
        if costs.refused:
            self.host.say(costs.refused)
            return
        self.host.calibrate_for(costs.false_alarms)

    def action_move(self, which: Which, steps: int) -> None:
        self.host.move_threshold(which, steps, BY_HAND)

    def action_sense(self) -> None:
        self.host.other_sense()
