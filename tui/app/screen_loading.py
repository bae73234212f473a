"""Turning to a screen: its class is loaded when somebody does."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from textual.app import App

from core.recipes.recipe import Recipe
from tui.screens.base import StationScreen
from tui.view.screen_table import SCREENS, ScreenName


def screen_class(name: ScreenName) -> type[StationScreen]:
    """The class that the row of `name` gives. The first call imports its module: up to seconds on a small machine."""
    module, _, kind = SCREENS[name].screen.partition(":")
    found: type[StationScreen] = getattr(import_module(module), kind)
    return found


def turn_to(app: App[None], where: ScreenName, recipe: Recipe | None, keep: int) -> None:
    """Show a new screen above the lowest `keep` screens, or those alone if `where` is "watch". Does nothing if it is
    shown already; typing that was begun is given up. `recipe` is for the screens whose row says `of_recipe`."""
    if where != "watch" and type(app.screen) is screen_class(where):
        return
    while len(app.screen_stack) > keep:
        app.pop_screen()
    if where != "watch":
        kind: Any = screen_class(where)
        app.push_screen(kind(recipe) if SCREENS[where].of_recipe else kind())
