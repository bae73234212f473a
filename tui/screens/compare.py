"""The screen Compare: which method separates this part's good samples from its known defects best."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize

from core.errors import GoodpartError
from core.methods import quick_candidates_of
from core.recipes.recipe import Recipe
from core.state.sense_words import OTHER_SENSE, SENSE_WORDS
from core.state.verdict import Sense
from tui.jobs.comparison import ComparisonJob, comparison_job, last_comparison
from tui.screens.base import StationScreen
from tui.view.comparison import ComparisonView
from tui.view.inbox import PlottedSample
from tui.view.keymap import bindings, first_key
from tui.view.view import View
from tui.widgets.comparison import AdvicePane, CasesPane, ComparisonProgressPane
from tui.widgets.list_pane import ListPane
from tui.widgets.status_strip import KeysLine, StatusStrip
from tui.widgets.title_and_footer import NoticeLine, TitleLine


class CompareScreen(StationScreen, inherit_bindings=False):
    """Shows the last comparison of methods of one sense, and starts a new one."""

    where = "compare"
    about = (
        "Every method learns from the same good material and is tested on left-out",
        "good samples and on your known defects. AUROC: the chance that a defect",
        "scores worse than a good sample, with its 95 % interval. At the thresholds:",
        "missed defects, good ones called. Brightness and the like are trivial numbers.",
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings("compare")

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self._recipe = recipe
        self._sense: Sense = "sound" if not recipe.holds_good("image") and recipe.holds_good("sound") else "image"
        self._comparison: ComparisonView | None = None
        self._was_running = False

    def compose(self) -> ComposeResult:
        yield TitleLine(id="title")
        yield StatusStrip(id="strip")
        yield ComparisonProgressPane(id="comparing")
        yield ListPane(id="contest")
        yield AdvicePane(id="advice")
        yield CasesPane(id="cases")
        yield NoticeLine(id="notice")
        yield KeysLine(
            ("compare-start", "compare"), ("compare-all", "all methods"), ("compare-cancel", "cancel"),
            ("compare-use", "use it"), ("compare-previous,compare-next", "cases"), ("compare-sense", "pictures/sound"),
            id="footer",
        )  # fmt: skip

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(ListPane).focus()
        self._load()

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height < 22, "-low")
        self.set_class(event.size.height >= 30, "-tall")

    @property
    def _job(self) -> ComparisonJob:
        return comparison_job(self._recipe, self._sense)

    def show(self, view: View, samples: Sequence[PlottedSample]) -> None:
        running = self._job.running
        self.set_class(running, "-comparing")
        self.query_one(ComparisonProgressPane).now = self._job.now
        if self._was_running and not running:
            self._load()
        self._was_running = running
        self._set_empty_text(view)
        super().show(view, samples)

    def _load(self) -> None:
        self.run_worker(self._read(self._sense), exclusive=True)

    async def _read(self, sense: Sense) -> None:
        try:
            comparison = await asyncio.to_thread(last_comparison, self._recipe, sense)
        except GoodpartError:
            comparison = None  # the empty list explains how to start one
        if sense != self._sense or not self.stays:
            return
        self._comparison = comparison
        table, cases, advice = self.query_one(ListPane), self.query_one(CasesPane), self.query_one(AdvicePane)
        cases.comparison = advice.comparison = comparison
        cases.at = 0
        table.set_head(comparison.head if comparison else "")
        table.set_rows([((line, ""),) for line in comparison.rows] if comparison else ())
        self._choose()
        self.host.show()

    def _set_empty_text(self, view: View) -> None:
        """Set the text that the list shows without a comparison: how to start one, or why the last one failed."""
        now = self._job.now
        lines = [
            f"No methods were compared by {SENSE_WORDS[self._sense].stream} yet.",
            "",
            f"{first_key(view.keys['compare-start'])} compares {' and '.join(quick_candidates_of(self._sense))}"
            " with trivial numbers: minutes.",
            f"{first_key(view.keys['compare-all'])} compares all methods: up to an hour.",
            "",
            "A comparison needs known defects: teach some as defective (on the screen Teach,",
            "or `goodpart teach` with --defect). No method learns from them.",
        ]
        if now is not None and now.state in ("failed", "cancelled"):
            lines = [now.message, "", *lines] if self._comparison is None else lines
        self.query_one(ListPane).set_empty(lines)

    def _choose(self) -> None:
        """Show the cases of the method under the cursor."""
        cases = self.query_one(CasesPane)
        methods = self._comparison.methods if self._comparison else ()
        method = methods[self.query_one(ListPane).cursor] if methods else ""
        if method != cases.method:
            cases.method, cases.at = method, 0
        cases.redraw()

    def on_list_pane_moved(self) -> None:
        self._choose()

    def action_case(self, by: int) -> None:
        cases = self.query_one(CasesPane)
        cases.at = (cases.at + by) % max(1, len(cases.cases))
        cases.redraw()

    def action_start(self, every: bool) -> None:
        if self._job.running:
            self.host.say("methods are being compared already")
            return
        try:
            self._job.start(() if every else quick_candidates_of(self._sense))
        except GoodpartError as error:
            self.host.say(str(error))
            return
        self._was_running = True
        self.host.say("comparing in the background; judging continues")

    def action_cancel(self) -> None:
        if not self._job.running:
            self.host.say("nothing is being compared")
            return
        self._job.cancel()
        self.host.say("cancelling; the last finished comparison stays")

    def action_sense(self) -> None:
        self._sense = OTHER_SENSE[self._sense]
        self._was_running = self._job.running
        self._load()

    def action_use(self) -> None:
        if self._comparison is None:
            self.host.say("compare first")
            return
        method = self._comparison.methods[self.query_one(ListPane).cursor]
        if method not in self._comparison.usable:
            self.host.say(f"a recipe cannot use {method}: choose {' or '.join(self._comparison.usable)}")
            return
        self.run_worker(self._use(self._sense, method))

    async def _use(self, sense: Sense, method: str) -> None:
        try:
            await asyncio.to_thread(self._recipe.change, sense, {"method": method})
        except GoodpartError as error:
            # One line has no room for the folder; the title shows the recipe.
            self.host.say(str(error).replace(f"{self._recipe.folder}{os.sep}", ""))
            return
        self.host.say(f"recipe.toml is set to {method}; train to get a model of it")
