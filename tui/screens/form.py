"""A form of text fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Input, Static

from core.errors import GoodpartError


class AskScreen(Screen[None]):
    """Enter in the last field, or Ctrl-S anywhere, passes the typed texts to `take`. If `take` raises GoodpartError,
    the form shows the error and stays open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", "back", tooltip="back, nothing is changed"),
        Binding("ctrl+s", "take", "done", tooltip="done"),
    ]

    def __init__(
        self,
        title: str,
        words: str,
        fields: Sequence[tuple[str, str]],
        take: Callable[[Sequence[str]], None],
        done: str = "done",
    ) -> None:
        """`fields` are labels with their initial texts. `take` gets the typed texts, stripped; when it returns, the
        screen closes. `done` names what Enter does in the last field."""
        super().__init__()
        self._title = title
        self._words = words
        self._fields = fields
        self._take = take
        self._done = done

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static(f" {self._title}", id="head", markup=False)
            yield Static(f"\n{self._words}", markup=False)
            for number, (label, value) in enumerate(self._fields):
                yield Static(f"\n {label}", classes="label", markup=False)
                yield Input(value, id=f"field{number}", compact=True, select_on_focus=False)
            yield Static("", id="said", markup=False)
            enter = self._done if len(self._fields) == 1 else f"next field, in the last one {self._done}"
            yield Static(f"\n Enter: {enter}   Esc: cancel", classes="hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id == f"field{len(self._fields) - 1}":
            self.action_take()
        else:
            self.focus_next()

    def action_take(self) -> None:
        typed = [self.query_one(f"#field{number}", Input).value.strip() for number in range(len(self._fields))]
        try:
            self._take(typed)
        except GoodpartError as error:
            self.query_one("#said", Static).update(f"\n {error}")
            return
        if self.is_current:
            self.app.pop_screen()
