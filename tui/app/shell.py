"""The whole day in one app: recipes, teaching, training, calibrating, watching, looking back; one station at a time."""

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
"""Makes the station of a recipe, not started. Raises GoodpartError where another one judges with it."""


def key_commands() -> type[Provider]:
    """Not loaded before somebody asks for it."""
    from tui.app.palette import KeyCommands

    return KeyCommands


class Shell(Dashboard):
    """Begins with a station that watches, or with the list of recipes."""

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
        """Raises GoodpartError where the station cannot be made, or the keymap cannot be."""
        station = open_station(recipe) if recipe else NoStation()
        super().__init__(
            station, keymap, seconds=seconds, refresh=refresh, kind=kind, theme=theme, units=units, clock=clock
        )
        self.recipe = recipe
        self._open_station = open_station
        self._changing = asyncio.Lock()

    def begin(self) -> None:
        if self.recipe:
            super().begin()
        else:
            self._inbox.put(self.station.snapshot(), self._clock())
            self.go("recipes")

    # Which screen.

    async def action_go(self, where: ScreenName) -> None:
        """What a key asks for. On a slow line a screen takes seconds: which one it will be is said before."""
        self.say(SCREENS[where].purpose)
        if where != "watch":
            # The first time it takes a while, in which the answer goes out.
            await asyncio.to_thread(screen_class, where)
        self.go(where)

    def go(self, where: ScreenName) -> None:
        if where != "recipes" and self.recipe is None:
            self.say("first open a recipe, or make a new one")
        else:
            turn_to(self, where, self.recipe, 2 if self.recipe else 1)

    # Which recipe.

    def open(self, folder: Path, then: ScreenName = "watch") -> None:
        """Judge with this recipe; the station that runs is stopped first. What is wrong is said."""
        if self.recipe is not None and self.recipe.folder == folder:
            self.go(then)
            return
        self.run_worker(self._open(folder, then), exit_on_error=True)

    async def _open(self, folder: Path, then: ScreenName) -> None:
        async with self._changing:
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
            self._put_down()
            self.begin()
            if then != "watch":
                self.go(then)

    async def close_recipe(self, folder: Path) -> None:
        """Stop the station if it is this recipe's: its folder is to be moved or deleted."""
        if self.recipe is not None and self.recipe.folder == folder:
            await self._close()
            self._put_down()
            self.go("recipes")

    async def _close(self) -> None:
        if self.recipe is None:
            return
        self.say(f"ending {self.recipe.name}")
        station = self.leave()
        self.recipe = None
        self.station = NoStation()
        self._inbox.put(self.station.snapshot(), self._clock())
        await asyncio.to_thread(station.stop)

    def _put_down(self) -> None:
        """Away with all screens: they show a station that is no more."""
        while len(self.screen_stack) > 1:
            self.pop_screen()


if TYPE_CHECKING:
    # The type checker sees here that the apps do what screens may ask of them.
    _dashboard: type[ScreenHost] = Dashboard
    _shell: type[LibraryHost] = Shell
