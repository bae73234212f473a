"""The table of screens: whatever follows from a row is there for every row."""

from __future__ import annotations

import inspect

import pytest
from textual.screen import Screen

from tui.app.attached import AttachedApp
from tui.app.dashboard import Dashboard
from tui.app.screen_loading import screen_class
from tui.screens.base import StationScreen
from tui.view.key_table import KEYS
from tui.view.keymap import bindings
from tui.view.screen_table import SCREEN_NAMES, SCREENS, ScreenName


@pytest.mark.parametrize("name", SCREEN_NAMES)
def test_a_row_names_a_screen_that_knows_its_name(name: ScreenName) -> None:
    screen = screen_class(name)
    assert issubclass(screen, StationScreen) and screen.where == name
    keys = {binding.id for binding in bindings(name)}  # type: ignore[union-attr]
    assert keys <= {binding.id for binding in screen.BINDINGS}  # type: ignore[union-attr]


@pytest.mark.parametrize("name", SCREEN_NAMES)
def test_a_screen_takes_a_recipe_where_its_row_says_so(name: ScreenName) -> None:
    screen = screen_class(name)
    takes = screen.__init__ is not Screen.__init__ and "recipe" in inspect.signature(screen.__init__).parameters
    assert takes == SCREENS[name].of_recipe


def test_every_screen_has_its_key_in_the_order_of_the_rows() -> None:
    turning = [key for key in KEYS if key.id.startswith("go-")]
    assert [(key.id, key.keys, key.tooltip) for key in turning] == [
        (f"go-{row.name}", row.keys, row.purpose) for row in SCREENS.values()
    ]
    assert all(key.where == "app" and key.action == f"go('{key.label}')" for key in turning)


def test_every_key_belongs_to_a_screen_or_to_the_app() -> None:
    assert {key.where for key in KEYS} == {"app", *SCREEN_NAMES}


def test_a_dashboard_elsewhere_has_the_screens_that_need_no_recipe() -> None:
    assert tuple(Dashboard.screens) == SCREEN_NAMES
    assert tuple(AttachedApp.screens) == ("watch", "files")
    assert not any(SCREENS[name].of_recipe for name in AttachedApp.screens)
