"""What the screens of a station have in common: panes that show a view, and keys that belong to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.screen import Screen

from tui.keys import Where
from tui.view import Sample, View
from tui.widgets.pane import Pane

if TYPE_CHECKING:
    from tui.app import WatchApp
    from tui.shell import Shell


class StationScreen(Screen[None], inherit_bindings=False):
    """Shows views as they come. `where` says which keys of tui.keys are its own; `about` stands above them in its
    help."""

    where: ClassVar[Where] = "watch"
    about: ClassVar[Sequence[str]] = ()

    @property
    def station_app(self) -> WatchApp:
        return cast("WatchApp", self.app)

    @property
    def shell(self) -> Shell:
        return cast("Shell", self.app)

    def on_mount(self) -> None:
        self.station_app.show()

    def on_screen_resume(self) -> None:
        self.station_app.show()

    def show(self, view: View, samples: Sequence[Sample]) -> None:
        """Take over what is new; panes refresh the rows that changed."""
        for pane in self.query(Pane):
            pane.show(view)
