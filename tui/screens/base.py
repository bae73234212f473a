"""The base of the screens: panes that show a view, and keys that belong to the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, cast

from textual.events import Resize
from textual.screen import Screen

from tui.screens.host import ScreenHost
from tui.terminal.capabilities import LEAST_SIZE
from tui.view.inbox import PlottedSample
from tui.view.screen_table import ScreenName
from tui.view.view import View
from tui.widgets.list_pane import ListPane
from tui.widgets.pane import Pane
from tui.widgets.title_and_footer import TooSmall


class StationScreen(Screen[None], inherit_bindings=False):
    """Shows each new view. In a window that is too small it shows only a message."""

    where: ClassVar[ScreenName] = "watch"
    """Its name; its keys are those of tui.view.key_table with this name."""
    about: ClassVar[Sequence[str]] = ()
    """Lines below the keys in its help."""

    @property
    def host(self) -> ScreenHost:
        """The app, with the interface that screens may use."""
        return cast(ScreenHost, self.app)

    @property
    def stays(self) -> bool:
        """Whether its panes still exist: while a screen closes they may be gone already."""
        return self.is_mounted and self.display and not self.app._exit

    def on_mount(self) -> None:
        self.host.show()

    def on_screen_resume(self) -> None:
        self.host.show()

    def on_resize(self, event: Resize) -> None:
        small = event.size.width < LEAST_SIZE[0] or event.size.height < LEAST_SIZE[1]
        if small == self.has_class("-too-small"):
            return
        self.set_class(small, "-too-small")
        if small and not self.query(TooSmall):
            self.mount(TooSmall(id="too-small"))
            self.call_after_refresh(self.host.show)
        elif not small:
            # A hidden list loses the focus.
            for pane in self.query(ListPane):
                self.call_after_refresh(pane.focus)

    def show(self, view: View, _samples: Sequence[PlottedSample]) -> None:
        """Show a view in every pane; panes refresh the rows that changed. Only plots use the new samples."""
        view = replace(view, where=self.where)
        for pane in self.query(Pane):
            pane.show(view)
