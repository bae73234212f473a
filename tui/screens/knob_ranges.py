"""The form with the ranges of the knobs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Input, Static

from core.errors import GoodpartError
from core.settings.recipe_settings import KnobTable
from core.state.knobs import KnobMeaning
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense
from tui.screens.host import ScreenHost

WORDS = """\
 The thresholds that a full turn of a knob covers:
   auto       a range with the calibrated threshold in the middle
   LOW HIGH   two numbers: the thresholds at its two ends
   raw        the number that the knob sends is the threshold

 Enter: save the field to recipe.toml   Tab: the other field   Esc: back"""


class RangesScreen(Screen[None]):
    """Asks for the ranges of the knobs of one sense."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", "back", tooltip="back to the dashboard"),
    ]

    def __init__(self, sense: Sense, meanings: Sequence[KnobMeaning]) -> None:
        super().__init__()
        self._sense = sense
        self._meanings = meanings

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static(f" goodpart: knob ranges for {SENSE_WORDS[self._sense].stream}", id="head")
            yield Static(WORDS)
            for meaning in self._meanings:
                now = f", now {meaning.span[0]:.4g} to {meaning.span[1]:.4g}" if meaning.span else ""
                yield Static(f"\n {meaning.which.replace('_', ' ')} knob{now}", classes="label")
                yield Input(range_text(meaning), id=meaning.which, compact=True, select_on_focus=False)
            yield Static("", id="said", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        answer = self.query_one("#said", Static)
        meaning = next(meaning for meaning in self._meanings if meaning.which == event.input.id)
        try:
            table = typed_range(event.value)
        except GoodpartError as error:
            answer.update(f"\n {error}")
            return
        cast(ScreenHost, self.app).set_knob(self._sense, meaning.which, table)
        answer.update(f"\n the {meaning.which.replace('_', ' ')} knob: {event.value.strip()}")


def range_text(meaning: KnobMeaning) -> str:
    """Return a range as it is typed: `auto`, `raw` or two numbers."""
    if meaning.range == "raw" or meaning.around or meaning.span is None:
        return "raw" if meaning.range == "raw" else "auto"
    return f"{meaning.span[0]:g} {meaning.span[1]:g}"


def typed_range(text: str) -> KnobTable:
    """Return the typed range. Raises GoodpartError, which explains what to type, for anything else."""
    words = text.replace(",", " ").split()
    if words in (["auto"], ["raw"]):
        return KnobTable("raw" if words == ["raw"] else "span")
    try:
        low, high = (float(word) for word in words)
    except ValueError:
        raise GoodpartError("type auto, raw, or two numbers such as -12.5 -3") from None
    if not (low < high and math.isfinite(high - low)):
        raise GoodpartError("the first number must be lower than the second")
    return KnobTable("span", (low, high))
