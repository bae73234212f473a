"""A list of rows with a cursor that keys move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from tui.view.view import View
from tui.widgets.pane import Line, Pane


class ListPane(Pane, can_focus=True):
    """Shows rows under a head. The row under the cursor has a `>` and another colour."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "down"),
        Binding("up", "move(-1)", "up"),
        Binding("pagedown", "page(1)", "page down"),
        Binding("pageup", "page(-1)", "page up"),
        Binding("home", "move(-1000000)", "first"),
        Binding("end", "move(1000000)", "last"),
        Binding("enter", "choose", "choose"),
    ]

    class Chosen(Message):
        """Enter was pressed; without rows `index` is 0."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    class Moved(Message):
        """The cursor has moved to another row."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, ListPane.Moved)

    def __init__(self, head: str = "", empty: Sequence[str] = (), *, id: str | None = None) -> None:
        """`empty` is the text that is shown without rows."""
        super().__init__(id=id)
        self._head = head
        self._empty = empty
        self._rows: Sequence[Line] = ()
        self.cursor = 0
        self._top = 0

    def set_rows(self, rows: Sequence[Line]) -> None:
        self._rows = rows
        self._put(self.cursor)

    def set_head(self, head: str) -> None:
        self._head = head

    def set_empty(self, words: Sequence[str]) -> None:
        self._empty = words

    def _put(self, cursor: int) -> None:
        cursor = max(0, min(cursor, len(self._rows) - 1))
        if cursor != self.cursor:
            self.cursor = cursor
            self.post_message(self.Moved())
        self.redraw()

    def action_move(self, by: int) -> None:
        self._put(self.cursor + by)

    def action_page(self, pages: int) -> None:
        self._put(self.cursor + pages * max(1, self.size.height - 2))

    def action_choose(self) -> None:
        self.post_message(self.Chosen(self.cursor))

    def on_focus(self) -> None:
        self.redraw()

    def on_blur(self) -> None:
        self.redraw()

    def content(self, _view: View, width: int, height: int) -> Sequence[Line]:
        if not self._rows:
            return [((f" {text}", ""),) for text in self._empty][:height]
        head: list[Line] = [((f"  {self._head}", "label"),)] if self._head else []
        room = max(1, height - len(head))
        self._top = max(min(self._top, self.cursor), self.cursor - room + 1)
        lines = head
        for index, row in enumerate(self._rows[self._top : self._top + room], self._top):
            if index == self.cursor:
                text = "".join(part for part, _ in row)
                lines.append(((f"> {text}".ljust(width)[:width], "key"),))
            else:
                lines.append((("  ", ""), *row))
        return lines
