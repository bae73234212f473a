"""Shows a screen by name; loads its class at the first use."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from textual.app import App

from core.recipes.recipe import Recipe
from tui.screens.base import StationScreen
from tui.view.screen_table import SCREENS, ScreenName


def screen_class(name: ScreenName) -> type[StationScreen]:
    """Return the class of screen `name`. The first call imports its module, which takes seconds on a small machine."""
    module, _, class_name = SCREENS[name].screen.partition(":")
    loaded: type[StationScreen] = getattr(import_module(module), class_name)
    return loaded


def turn_to(app: App[None], where: ScreenName, recipe: Recipe | None, keep: int) -> None:
    """Show screen `where` above the lowest `keep` screens, or only these if `where` is "watch". Does nothing if it is
    shown already; discards unfinished input of closed screens. `recipe` is passed to screens with `of_recipe`."""
    if where != "watch" and type(app.screen) is screen_class(where):
        return
    while len(app.screen_stack) > keep:
        app.pop_screen()
    if where != "watch":
        new_screen: Any = screen_class(where)
        app.push_screen(new_screen(recipe) if SCREENS[where].of_recipe else new_screen())
