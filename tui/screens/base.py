"""What the screens of a station have in common: panes that show a view, and keys that belong to them."""

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
    """Shows views as they come. `where` says which keys of tui.view.keymap are its own; `about` stands above them in
    its help. In a window that is too small for it, it says so in place of everything else."""

    where: ClassVar[ScreenName] = "watch"
    about: ClassVar[Sequence[str]] = ()

    @property
    def host(self) -> ScreenHost:
        """The app, as far as screens know it."""
        return cast(ScreenHost, self.app)

    @property
    def stays(self) -> bool:
        """Whether its panes are there: of a screen that is leaving they may be gone already."""
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
            # What is not seen cannot keep the focus.
            for found in self.query(ListPane):
                self.call_after_refresh(found.focus)

    def show(self, view: View, samples: Sequence[PlottedSample]) -> None:
        """Take over what is new; panes refresh the rows that changed."""
        view = replace(view, where=self.where)
        for pane in self.query(Pane):
            pane.show(view)
