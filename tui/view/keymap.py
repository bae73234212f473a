"""The key map: every binding with its id, default keys and a tooltip. config.toml can give an id other keys."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from textual.binding import Binding, BindingType
from textual.keys import Keys, format_key

from core.errors import GoodpartError
from tui.view.key_table import KEYS
from tui.view.screen_table import SCREEN_NAMES, ScreenName

ALWAYS_QUITS = "ctrl+c"
"""The key that always quits; config.toml cannot change it."""
_NAMED = frozenset(str(key.value) for key in Keys) | {"question_mark", "space"}


def bindings(where: ScreenName) -> list[BindingType]:
    """Return the default bindings of a screen, or of the app for "app"."""
    default: list[BindingType] = [
        Binding(key.keys, key.action, key.label or key.id, id=key.id, tooltip=key.tooltip)
        for key in KEYS
        if key.where == where
    ]
    if where == "app":
        default.append(Binding(ALWAYS_QUITS, "quit", "quit", id="interrupt", priority=True, tooltip="quit"))
    return default


def checked_keymap(keymap: Mapping[str, str]) -> dict[str, str]:
    """Return a copy of the key map of config.toml, `binding id = "key,key"`. Raises GoodpartError for an unknown id or
    key, and for a key that would do two things on one screen."""
    known = {key.id: key.keys for key in KEYS}
    for binding, keys in keymap.items():
        if binding not in known:
            near = difflib.get_close_matches(binding, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the actions are {', '.join(known)}"
            raise GoodpartError(f"keys: {binding!r} is not an action: {hint}")
        for name in _split(keys):
            if not _exists(name):
                raise GoodpartError(
                    f"keys: {binding}: {name!r} is not a key: use a character or a name such as f5, ctrl+t or pageup"
                )
    for where in ("app", *SCREEN_NAMES):
        taken: dict[str, str] = {_normal(ALWAYS_QUITS): "quit"}
        for key in KEYS:
            if key.where not in (where, "app"):
                continue
            for name in _split(keymap.get(key.id, key.keys)):
                other = taken.setdefault(_normal(name), key.id)
                if other != key.id:
                    raise GoodpartError(
                        f"keys: {name!r} is given to both {other} and {key.id}: give one of them another key"
                    )
    return dict(keymap)


def keys_shown(keymap: Mapping[str, str]) -> dict[str, str]:
    """Return the readable keys of each binding id, in their order and comma-separated: `j, down`."""
    return {key.id: ", ".join(_shown(name) for name in _split(keymap.get(key.id, key.keys))) for key in KEYS}


def first_key(shown: str) -> str:
    """Return the first of the comma-separated keys of a value of `keys_shown`."""
    return "," if shown.startswith(",") else shown.split(",", 1)[0]


def screen_keys(keys: Mapping[str, str], screens: Sequence[ScreenName] = SCREEN_NAMES) -> str:
    """Return the keys that open `screens`, from `keys` of `keys_shown`: `1-8` if they are consecutive, else all of
    them."""
    shown = [first_key(keys[f"go-{name}"]) for name in screens]
    first = shown[0].removeprefix("f")
    if first.isdecimal():
        prefix = shown[0].removesuffix(first)
        if shown == [f"{prefix}{int(first) + index}" for index in range(len(shown))]:
            return f"{shown[0]}-{shown[-1]}"
    return "/".join(shown)


def _split(keys: str) -> list[str]:
    return [name.strip() for name in keys.split(",") if name.strip()]


def _exists(name: str) -> bool:
    if len(name) == 1:
        return name.isprintable() and name != " "
    base = name
    while base.partition("+")[0] in ("ctrl", "shift", "alt") and "+" in base:
        base = base.partition("+")[2]
    return name in _NAMED or base in _NAMED or (len(base) == 1 and base.isprintable() and base != " ")


def _normal(name: str) -> str:
    return {"?": "question_mark", "tab": "ctrl+i", "enter": "ctrl+m"}.get(name, name)


_NAMES = {
    "escape": "Esc",
    "enter": "Enter",
    "backspace": "Backspace",
    "delete": "Del",
    "space": "space",
    "question_mark": "?",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "home": "Home",
    "end": "End",
}
_ARROWS = {"down": "down", "up": "up", "left": "left", "right": "right"}


def _shown(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    if name in _ARROWS:
        return _ARROWS[name]
    modifier, plus, rest = name.rpartition("+")
    if plus and rest:
        return f"{modifier.title()}-{rest.upper() if len(rest) == 1 else rest}"
    return name if len(name) == 1 else str(format_key(name))
