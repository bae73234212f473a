"""goodpart config: shows every setting and its origin, and writes settings."""

from __future__ import annotations

import argparse
import os
from dataclasses import fields
from pathlib import Path

from core.errors import GoodpartError
from core.runtime.atomic_files import replace_file
from core.settings.schema import from_table
from core.settings.user_config import Config, Resolved, config_path, config_table, resolve, typed
from tui.terminal.capabilities import TerminalKind
from tui.terminal.display import display, options_given
from tui.view.key_table import KEYS
from tui.view.keymap import checked_keymap


def run(options: argparse.Namespace) -> int:
    """Write the settings of --set, then print all settings; return 0. Raises GoodpartError if one is invalid."""
    path = config_path()
    if options.set:
        write_settings(path, options.set)
    resolved = resolve(options_given(options), os.environ, path)
    checked_keymap(resolved.config.keys or {})
    print(f"# {path}{'' if path.exists() else ' (missing)'}")
    print("\n".join(config_lines(resolved, display(options).kind)))
    return 0


def config_lines(resolved: Resolved, kind: TerminalKind) -> list[str]:
    """Return one line per setting: `theme = "dark"   # file`; for unset ones the value that this terminal gives."""
    config, origins = resolved.config, resolved.origins
    from_terminal = {"ascii": "true" if kind.ascii else "false", "colors": f'"{kind.colors}"'}
    settings: list[tuple[str, str]] = []
    for field in fields(Config):
        value = getattr(config, field.name)
        if field.name == "keys":
            continue
        if value is None:
            settings.append((f"{field.name} = {from_terminal[field.name]}", "default: as this terminal is"))
        else:
            text = (
                f"{value:g}"
                if isinstance(value, float)
                else str(value).lower()
                if value in (True, False)
                else f'"{value}"'
            )
            settings.append((f"{field.name} = {text}", origins[field.name]))
    settings.append(("[keys]", ""))
    keymap = config.keys or {}
    settings += [
        (f'{key.id} = "{keymap.get(key.id, key.keys)}"', origins.get(f"keys.{key.id}", "default")) for key in KEYS
    ]
    width = max(len(text) for text, _ in settings)
    return [f"{text.ljust(width)}  # {origin}" if origin else text for text, origin in settings]


def write_settings(path: Path, settings: list[str]) -> None:
    """Write each `NAME=VALUE` to the file and keep the rest of it; `NAME=` removes the setting.

    Raises GoodpartError before anything is written if a setting is invalid.
    """
    import tomlkit

    config_table(path)
    document = tomlkit.parse(path.read_text(encoding="utf-8") if path.exists() else "")
    for given in settings:
        name, equals, text = given.partition("=")
        name, text = name.strip(), text.strip()
        if not equals:
            raise GoodpartError(f"{given}: type NAME=VALUE, such as theme=light or keys.quit=f10")
        section, dot, key = name.partition(".")
        if dot and section == "keys":
            table = document.setdefault("keys", tomlkit.table())
        else:
            table, key = document, name
        if text:
            table[key] = typed(key, text)
        else:
            table.pop(key, None)
    checked_keymap(from_table(Config, document.unwrap(), "goodpart config").keys or {})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GoodpartError(f"{path}: cannot be written ({error.strerror or error})") from error
    replace_file(path, tomlkit.dumps(document).encode())
