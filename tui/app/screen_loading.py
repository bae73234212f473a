"""The class of a screen, loaded when somebody turns to it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from core.recipes.recipe import Recipe
from tui.screens.base import StationScreen
from tui.view.screen_table import SCREENS, ScreenName


def screen_class(name: ScreenName) -> type[StationScreen]:
    """The class that the row of `name` gives. The first call imports its module: up to seconds on a small machine."""
    module, _, kind = SCREENS[name].screen.partition(":")
    found: type[StationScreen] = getattr(import_module(module), kind)
    return found


def make_screen(name: ScreenName, recipe: Recipe | None) -> StationScreen:
    """A new screen. `recipe` is needed by the screens whose row says `of_recipe`."""
    kind: Any = screen_class(name)
    made: StationScreen = kind(recipe) if SCREENS[name].of_recipe else kind()
    return made
