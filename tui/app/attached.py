"""The dashboard of a station elsewhere: watching, and judging files of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from tui.app.dashboard import Dashboard
from tui.view.key_table import SCREEN_WORDS, Where

ELSEWHERE = "teaching, training, history and the rest are done where the service is"


class AttachedApp(Dashboard):
    screens: ClassVar[Sequence[Where]] = ("watch", "files")

    def action_go(self, where: str) -> None:
        self.say(SCREEN_WORDS[where] if where in self.screens else ELSEWHERE)
        from tui.screens.files import FilesScreen

        if where == "watch" and len(self.screen_stack) > 2:
            self.pop_screen()
        elif where == "files" and not isinstance(self.screen, FilesScreen):
            self.push_screen(FilesScreen())
