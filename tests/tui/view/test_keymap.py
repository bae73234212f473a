"""The key map and what the config may make of it."""

from __future__ import annotations

import ast

import pytest

from core.commands import COMMANDS
from core.errors import GoodpartError
from tui.app.screen_loading import screen_class
from tui.screens.help import help_lines
from tui.screens.recipes import first_steps
from tui.view.key_table import KEYS
from tui.view.keymap import bindings, checked_keymap, first_key, keys_shown, screen_keys
from tui.view.screen_table import SCREEN_NAMES, ScreenName


def test_every_binding_has_an_id_and_a_tooltip() -> None:
    for binding in bindings("watch") + bindings("app"):
        assert binding.id and binding.tooltip  # type: ignore[union-attr]


def test_a_key_that_sends_a_command_names_one_without_arguments() -> None:
    sent = [
        ast.literal_eval(key.action.removeprefix("app.send"))[0] for key in KEYS if key.action.startswith("app.send(")
    ]
    assert "save_thresholds" in sent
    for name in sent:
        assert COMMANDS[name]().name == name


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


@pytest.mark.parametrize("name", SCREEN_NAMES)
def test_the_help_fits_80_by_24_and_tells_every_key(name: ScreenName) -> None:
    screen = screen_class(name)
    assert screen.where == name
    lines = help_lines(keys_shown({}), screen.where, screen.about)
    texts = ["".join(part for part, _ in line) for line in lines]
    assert len(lines) <= 24 and max(map(len, texts)) <= 79
    told = [key for key in KEYS if key.where in (screen.where, "app")]
    assert all(any((key.group or key.tooltip) in text or key.label in text for text in texts) for key in told)


def test_the_keys_of_the_screens_are_named_as_they_are() -> None:
    functions = {f"go-{name}": f"f{number}" for number, name in enumerate(SCREEN_NAMES, 1)}
    assert screen_keys(keys_shown({})) == "1-8"
    assert screen_keys(keys_shown(functions)) == "f1-f8"
    assert screen_keys(keys_shown({"go-compare": "9"})) == "1/2/3/4/5/6/7/9"
    assert screen_keys(keys_shown({}), ("watch", "files")) == "5/7"


def test_the_first_steps_name_the_keys_that_there_are() -> None:
    usual = first_steps(keys_shown({}))
    assert usual[2].startswith("  1  n  makes a recipe") and usual[-1].startswith("1-8 open these")
    other = first_steps(
        keys_shown(checked_keymap({"recipe-new": "f2", "go-train": "9", "help": "f1", "train-use": "U"}))
    )
    assert other[2].startswith("  1  f2  makes a recipe")
    assert any(line.startswith("  9  Train") for line in other) and any("Press U to start" in line for line in other)
    assert other[-1].startswith("1/2/9/4/") and other[-1].endswith("f1 explains each.")
    assert max(map(len, usual)) <= 78 and len(usual) <= 20
