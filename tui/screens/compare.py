"""The contest of methods: which tells this part's good samples from its known defects."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize

from core.errors import GoodpartError
from core.recipes.recipe import Recipe
from core.state.sense_words import OTHER_SENSE, SENSE_WORDS
from core.state.verdict import Sense
from tui.jobs.comparison import QUICK, ComparisonJob, comparing, told_of
from tui.screens.base import StationScreen
from tui.view.comparison import ComparisonView
from tui.view.inbox import PlottedSample
from tui.view.keymap import bindings, first_key
from tui.view.view import View
from tui.widgets.comparison import AdvicePane, CasesPane, ComparingPane
from tui.widgets.list_pane import ListPane
from tui.widgets.status_strip import KeysLine, StatusStrip
from tui.widgets.title_and_footer import NoticeLine, TitleLine


class CompareScreen(StationScreen, inherit_bindings=False):
    where = "compare"
    about = (
        "Every method learns the same good material and is judged on what was left out",
        "and on your known defects. AUROC: the chance that a defective one scores worse",
        "than a good one, with its 95 % interval; missed of the defective, called of",
        "the good ones at the thresholds. Brightness and the like are trivial scores.",
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings("compare")

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self._recipe = recipe
        self._sense: Sense = "sound" if not recipe.holds_good("image") and recipe.holds_good("sound") else "image"
        self._told: ComparisonView | None = None
        self._was_running = False

    def compose(self) -> ComposeResult:
        yield TitleLine(id="title")
        yield StatusStrip(id="strip")
        yield ComparingPane(id="comparing")
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
    def _comparing(self) -> ComparisonJob:
        return comparing(self._recipe, self._sense)

    def show(self, view: View, samples: Sequence[PlottedSample]) -> None:
        running = self._comparing.running
        self.set_class(running, "-comparing")
        self.query_one(ComparingPane).now = self._comparing.now
        if self._was_running and not running:
            self._load()
        self._was_running = running
        self._tell(view)
        super().show(view, samples)

    def _load(self) -> None:
        self.run_worker(self._read(self._sense), exclusive=True)

    async def _read(self, sense: Sense) -> None:
        try:
            told = await asyncio.to_thread(told_of, self._recipe, sense)
        except GoodpartError:
            told = None  # the words beneath say how to hold one
        if sense != self._sense or not self.stays:
            return
        self._told = told
        table, cases, advice = self.query_one(ListPane), self.query_one(CasesPane), self.query_one(AdvicePane)
        cases.told = advice.told = told
        cases.at = 0
        table.set_head(told.head if told else "")
        table.set_rows([((line, ""),) for line in told.rows] if told else ())
        self._choose()
        self.station_app.show()

    def _tell(self, view: View) -> None:
        now = self._comparing.now
        words = [
            f"No methods were compared by {SENSE_WORDS[self._sense].stream} yet.",
            "",
            f"{first_key(view.keys['compare-start'])} compares {' and '.join(QUICK[self._sense])} with trivial numbers:"
            " minutes.",
            f"{first_key(view.keys['compare-all'])} compares all methods, those for comparison too: up to an hour.",
            "",
            "It takes known defects: teach some as defective (at the screen Teach, or",
            "`goodpart teach` with --defect). They are never learnt from.",
        ]
        if now is not None and now.state in ("failed", "cancelled"):
            words = [now.message, "", *words] if self._told is None else words
        self.query_one(ListPane).set_empty(words)

    def _choose(self) -> None:
        """Show the cases of the method under the cursor."""
        cases = self.query_one(CasesPane)
        methods = self._told.methods if self._told else ()
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
        if self._comparing.running:
            self.station_app.say("methods are being compared already")
            return
        try:
            self._comparing.start(() if every else QUICK[self._sense])
        except GoodpartError as error:
            self.station_app.say(str(error))
            return
        self._was_running = True
        self.station_app.say("comparing in the background; the bench goes on")

    def action_cancel(self) -> None:
        if not self._comparing.running:
            self.station_app.say("nothing is being compared")
            return
        self._comparing.cancel()
        self.station_app.say("cancelling; the last comparison that was finished stays")

    def action_sense(self) -> None:
        self._sense = OTHER_SENSE[self._sense]
        self._was_running = self._comparing.running
        self._load()

    def action_use(self) -> None:
        if self._told is None:
            self.station_app.say("compare first")
            return
        method = self._told.methods[self.query_one(ListPane).cursor]
        if method not in self._told.usable:
            self.station_app.say(f"{method} stands beside for comparison: choose {' or '.join(self._told.usable)}")
            return
        self.run_worker(self._use(self._sense, method))

    async def _use(self, sense: Sense, method: str) -> None:
        try:
            await asyncio.to_thread(self._recipe.change, sense, {"method": method})
        except GoodpartError as error:
            # One line has no room for the folder, which the title tells.
            self.station_app.say(str(error).replace(f"{self._recipe.folder}{os.sep}", ""))
            return
        self.station_app.say(f"recipe.toml says {method} now; train to learn it")
