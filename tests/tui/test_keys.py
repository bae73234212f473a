"""The key map and what the config may make of it."""

from __future__ import annotations

import pytest

from core.errors import GoodpartError
from tui.keys import KEYS, bindings, checked_keymap, first_key, keys_shown
from tui.screens.base import StationScreen
from tui.screens.help import help_lines
from tui.screens.recipes import RecipesScreen
from tui.screens.teach import TeachScreen
from tui.screens.watch import WatchScreen


def test_every_binding_has_an_id_and_a_tooltip() -> None:
    for binding in bindings("watch") + bindings("app"):
        assert binding.id and binding.tooltip  # type: ignore[union-attr]


def test_the_defaults_do_not_clash() -> None:
    assert checked_keymap({}) == {}


def test_two_actions_may_swap_their_keys() -> None:
    swapped = {"save": "t", "train": "s"}
    assert checked_keymap(swapped) == swapped


@pytest.mark.parametrize(
    ("keymap", "words"),
    [
        ({"sav": "f2"}, "'sav' is not an action"),
        ({"save": "spcae"}, "'spcae' is not a key"),
        ({"save": "t"}, "given to both"),
        ({"save": "ctrl+c"}, "given to both quit and save"),
    ],
)
def test_a_key_map_that_cannot_be_is_refused_in_words(keymap: dict[str, str], words: str) -> None:
    with pytest.raises(GoodpartError, match=words):
        checked_keymap(keymap)


def test_keys_are_shown_as_people_read_them() -> None:
    shown = keys_shown({"save": "ctrl+s,f2", "train": "comma"})
    assert shown["save"] == "Ctrl-S, f2"
    assert shown["help"] == "?"
    assert shown["density-down-coarse"] == "J, PgDn"
    assert first_key(shown["train"]) == ","


@pytest.mark.parametrize("screen", [WatchScreen, RecipesScreen, TeachScreen])
def test_the_help_fits_80_by_24_and_tells_every_key(screen: type[StationScreen]) -> None:
    lines = help_lines(keys_shown({}), screen.where, screen.about)
    texts = ["".join(part for part, _ in line) for line in lines]
    assert len(lines) <= 24 and max(map(len, texts)) <= 80
    told = [key for key in KEYS if key.where in (screen.where, "app")]
    assert all(any((key.group or key.tooltip) in text or key.label in text for text in texts) for key in told)
