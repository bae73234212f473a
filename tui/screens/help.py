"""All keys, on one screen of 80x24."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen

from tui.keys import KEYS
from tui.widgets.pane import Line, Pane

_WORDS = (
    "density: how like the good parts, higher is better; error: how badly redrawn,",
    "higher is worse; * not saved. Meter: bar RMS, | peak, ! highest of the last 2 s",
)


class HelpLines(Pane):
    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self._help = lines
        self.styles.height = len(lines)

    def redraw(self) -> None:
        self._lines = self._help


class HelpScreen(Screen[None], inherit_bindings=False):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,space,question_mark", "app.pop_screen", "back", tooltip="back to the dashboard")
    ]

    def __init__(self, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield HelpLines(help_lines(self._keys))


def help_lines(keys: Mapping[str, str]) -> list[Line]:
    told: dict[str, str] = {}
    for key in KEYS:
        words = key.group or key.tooltip
        told[words] = f"{told[words]}, {keys[key.id]}" if words in told else keys[key.id]
    width = min(30, max(len(shown) for shown in told.values())) + 2
    lines: list[Line] = [((" goodpart: keys", "strong"), ("   Esc goes back", "label"))]
    lines += [((f"  {shown.ljust(width)}", "key"), (words, "")) for words, shown in told.items()]
    return [*lines, *(((f" {text}", "label"),) for text in _WORDS)]
