"""A notice row that prefers the screen's own notices to the station's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tui.view.view import View
from tui.widgets.pane import Line
from tui.widgets.title_and_footer import NoticeLine


class ScreenNotice(NoticeLine):
    """Shows the line that `own` returns; if it is empty, the station's notices."""

    def __init__(self, own: Callable[[], Line], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._own = own

    def content(self, view: View, width: int, height: int) -> Sequence[Line]:
        own = self._own()
        return [own] if own else super().content(view, width, height)
