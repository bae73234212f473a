"""A question with the answers y and n."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static


class YesNoScreen(ModalScreen[bool]):
    """Returns True for yes. Other keys do nothing; of the app's keys only Ctrl-C works."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes", tooltip="yes"),
        Binding("n,escape,q", "answer(False)", "no", tooltip="no, back"),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        yield Static(self._question, id="question", markup=False)
        yield Static("y: yes   n: no", id="answers", markup=False)

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)
