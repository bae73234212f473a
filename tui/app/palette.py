"""Every key's action by its name: the command palette."""

from __future__ import annotations

from functools import partial
from typing import cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui.screens.base import StationScreen
from tui.screens.host import ScreenHost
from tui.view.key_table import KEYS, Key


class KeyCommands(Provider):
    """What the keys of the screen do, and those of every screen."""

    def _commands(self) -> list[tuple[str, str, partial[None]]]:
        """Words, keys, what to do."""
        screen, host = self.screen, cast(ScreenHost, self.app)
        if not isinstance(screen, StationScreen):
            return []
        keys = sorted((k for k in KEYS if k.where in (screen.where, "app")), key=lambda k: k.where == "app")
        return [
            (key.tooltip, host.keys_of(key.id), partial(self._run, screen, key)) for key in keys if key.id != "palette"
        ]

    def _run(self, screen: StationScreen, key: Key) -> None:
        self.app.call_later(self.app.run_action, key.action, self.app if key.where == "app" else screen)

    async def discover(self) -> Hits:
        for words, keys, run in self._commands():
            yield DiscoveryHit(f"{words}  ({keys})", run)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for words, keys, run in self._commands():
            score = matcher.match(words)
            if score > 0:
                yield Hit(score, matcher.highlight(words), run, help=keys)
