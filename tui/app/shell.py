"""The full app: recipes, teaching, training, calibrating, watching, history; one station at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from core.errors import GoodpartError
from core.recipes.recipe import Recipe, open_recipe
from core.station.interface import StationInterface
from tui.app.dashboard import Dashboard
from tui.app.screen_loading import screen_class, turn_to
from tui.stations.none import NoStation
from tui.terminal.capabilities import TerminalKind
from tui.view.screen_table import SCREENS, ScreenName

if TYPE_CHECKING:
    from textual.command import Provider

    from tui.screens.host import LibraryHost, ScreenHost

Opener = Callable[[Recipe], StationInterface]
"""Creates the station of a recipe, not started. Raises GoodpartError if another station judges with the recipe."""


def key_commands() -> type[Provider]:
    """Return the provider of the command palette; imported at the first use of the palette."""
    from tui.app.palette import KeyCommands

    return KeyCommands


class Shell(Dashboard):
    """Starts with the station of `recipe`, or with the list of recipes if it is None."""

    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[Any]] = {key_commands}

    def __init__(
        self,
        recipe: Recipe | None,
        open_station: Opener,
        keymap: Mapping[str, str] | None = None,
        *,
        seconds: float | None = None,
        refresh: float = 5.0,
        kind: TerminalKind | None = None,
        theme: str = "auto",
        units: str = "dB",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises GoodpartError if the station cannot be created, or if the keymap is invalid."""
        station = open_station(recipe) if recipe else NoStation()
        super().__init__(
            station, keymap, seconds=seconds, refresh=refresh, kind=kind, theme=theme, units=units, clock=clock
        )
        self.recipe = recipe
        self._open_station = open_station
        self._switching = asyncio.Lock()

    def begin(self) -> None:
        if self.recipe:
            super().begin()
        else:
            self._inbox.put(self.station.snapshot(), self._clock())
            self.go("recipes")

    # Screens.

    async def action_go(self, where: ScreenName) -> None:
        """Show a screen for a key. Its purpose is shown first, because on a slow line the screen takes seconds."""
        self.say(SCREENS[where].purpose)
        if where != "watch":
            # The first import takes a while; on a thread, so that the purpose is painted meanwhile.
            await asyncio.to_thread(screen_class, where)
        self.go(where)

    def go(self, where: ScreenName) -> None:
        if where != "recipes" and self.recipe is None:
            self.say("first open a recipe, or make a new one")
        else:
            turn_to(self, where, self.recipe, 2 if self.recipe else 1)

    # Recipes.

    def open(self, folder: Path, then: ScreenName = "watch") -> None:
        """Judge with the recipe in `folder`, after stopping the present station. Errors are shown as the answer to the
        key."""
        if self.recipe is not None and self.recipe.folder == folder:
            self.go(then)
            return
        self.run_worker(self._open(folder, then), exit_on_error=True)

    async def _open(self, folder: Path, then: ScreenName) -> None:
        async with self._switching:
            try:
                recipe = await asyncio.to_thread(open_recipe, str(folder))
            except GoodpartError as error:
                self.say(str(error))
                return
            await self._close()
            try:
                self.station = await asyncio.to_thread(self._open_station, recipe)
            except GoodpartError as error:
                self.say(str(error))
                return
            self.recipe = recipe
            self._close_screens()
            self.begin()
            if then != "watch":
                self.go(then)

    async def close_recipe(self, folder: Path) -> None:
        """Stop the station if it uses the recipe in `folder`, which is about to be moved or deleted."""
        if self.recipe is not None and self.recipe.folder == folder:
            await self._close()
            self._close_screens()
            self.go("recipes")

    async def _close(self) -> None:
        if self.recipe is None:
            return
        self.say(f"closing {self.recipe.name}")
        station = self.leave()
        self.recipe = None
        self.station = NoStation()
        self._inbox.put(self.station.snapshot(), self._clock())
        await asyncio.to_thread(station.stop)

    def _close_screens(self) -> None:
        """Close all screens, because they show a station that has ended."""
        while len(self.screen_stack) > 1:
            self.pop_screen()


if TYPE_CHECKING:
    # Makes the type checker verify that the apps implement the interfaces that screens use.
    _dashboard: type[ScreenHost] = Dashboard
    _shell: type[LibraryHost] = Shell
