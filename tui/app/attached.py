"""The dashboard of a station elsewhere: watching, and judging files of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from tui.app.dashboard import Dashboard
from tui.app.screen_loading import make_screen, screen_class
from tui.view.screen_table import SCREENS, ScreenName

ELSEWHERE = "teaching, training, history and the rest are done where the service is"


class AttachedApp(Dashboard):
    screens: ClassVar[Sequence[ScreenName]] = tuple(row.name for row in SCREENS.values() if row.attached)

    def action_go(self, where: ScreenName) -> None:
        if where not in self.screens:
            self.say(ELSEWHERE)
            return
        self.say(SCREENS[where].purpose)
        if where == "watch" or type(self.screen) is not screen_class(where):
            self._put(where)

    def _put(self, where: ScreenName) -> None:
        """This screen above the dashboard, or the dashboard alone."""
        while len(self.screen_stack) > 2:
            self.pop_screen()
        if where != "watch":
            self.push_screen(make_screen(where, None))
