"""The command palette: finds the actions of all keys by name."""

from __future__ import annotations

from functools import partial
from typing import cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui.screens.base import StationScreen
from tui.screens.host import ScreenHost
from tui.view.key_table import KEYS, Key


class KeyCommands(Provider):
    """Lists the actions of the keys of the present screen, then those of all screens."""

    def _commands(self) -> list[tuple[str, str, partial[None]]]:
        """Return (description, keys, function to call) per action."""
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
        for description, keys, run in self._commands():
            yield DiscoveryHit(f"{description}  ({keys})", run)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for description, keys, run in self._commands():
            score = matcher.match(description)
            if score > 0:
                yield Hit(score, matcher.highlight(description), run, help=keys)
