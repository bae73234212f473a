"""The help screen: all keys, on one screen of 80x24."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen

from tui.view.key_table import KEYS
from tui.view.screen_table import ScreenName
from tui.widgets.pane import Line, Pane


class HelpLines(Pane):
    """Shows lines that never change."""

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self._help = lines
        self.styles.height = len(lines)

    def redraw(self) -> None:
        self._lines = self._help


class HelpScreen(Screen[None], inherit_bindings=False):
    """Shows lines of text that can be scrolled."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,space,question_mark", "app.pop_screen", "back", tooltip="back to the dashboard")
    ]

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield HelpLines(self._lines)


def help_lines(keys: Mapping[str, str], where: ScreenName, about: Sequence[str]) -> list[Line]:
    """Return the keys of the screen `where`, then those of every screen, then the lines `about`."""
    rows: dict[str, str] = {}
    for key in sorted((key for key in KEYS if key.where in (where, "app")), key=lambda key: key.where == "app"):
        if key.id.startswith("go-"):
            continue
        text = key.group or key.tooltip
        rows[text] = f"{rows[text]}, {keys[key.id]}" if text in rows else keys[key.id]
    width = min(30, max(len(shown) for shown in rows.values())) + 2
    screens = " ".join(f"{keys[key.id].split(',')[0]} {key.label}" for key in KEYS if key.id.startswith("go-"))
    lines: list[Line] = [((" goodpart: keys", "strong"), ("   Esc goes back", "label"))]
    lines += [((f"  {shown.ljust(width)}", "key"), (text, "")) for text, shown in rows.items()]
    lines.append(((f" {screens}", "key"),))
    return [*lines, *(((f" {text}", "label"),) for text in about)]
