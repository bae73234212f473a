"""The dashboard of a station on another machine: watches it, and judges files of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from tui.app.dashboard import Dashboard
from tui.app.screen_loading import turn_to
from tui.view.screen_table import SCREENS, ScreenName

ELSEWHERE = "teaching, training, history and the rest are done where the service is"


class AttachedApp(Dashboard):
    """A dashboard that offers only the screens that need no recipe on this machine."""

    screens: ClassVar[Sequence[ScreenName]] = tuple(row.name for row in SCREENS.values() if row.attached)

    def action_go(self, where: ScreenName) -> None:
        if where not in self.screens:
            self.say(ELSEWHERE)
            return
        self.say(SCREENS[where].purpose)
        turn_to(self, where, None, 2)
