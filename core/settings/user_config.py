"""The user's own settings: config.toml in the configuration folder, GOODPART_ variables, options of a command."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from core.errors import GoodpartError
from core.settings.schema import between, from_table, one_of, setting

THEMES = ("auto", "dark", "light", "high-contrast", "ansi")
UNITS = ("dB", "percent")
COLORS = ("none", "16", "256", "true")
SLOWEST, FASTEST = 0.2, 10.0
"""Hz."""


@dataclass(frozen=True)
class Config:
    theme: str = setting(
        "auto",
        "dark, light, high-contrast, ansi (the terminal's own); auto: dark, on few colours ansi",
        one_of(*THEMES),
    )
    refresh: float = setting(5.0, "how often a second the screen may change, in Hz", between(SLOWEST, FASTEST))
    units: str = setting("dB", "of the sound's level: dB of full scale, or percent of it", one_of(*UNITS))
    ascii: bool | None = setting(None, "draw with ASCII alone; left out: where TERM and the locale ask for it")
    colors: str | None = setting(None, "none, 16, 256 or true; left out: as TERM and COLORTERM say", one_of(*COLORS))
    keys: dict[str, str] | None = setting(None, 'keys by the id of what they do, such as quit = "f10"')


@dataclass(frozen=True)
class Resolved:
    """The settings that hold, and where each comes from."""

    config: Config
    origins: Mapping[str, str]
    """Name to `default`, `file`, `environment GOODPART_X` (or NO_COLOR), `option --x`; of a key `keys.quit`."""


def config_path() -> Path:
    given = os.environ.get("GOODPART_CONFIG")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_config_dir("goodpart", appauthor=False)) / "config.toml"


def config_table(path: Path) -> dict[str, Any]:
    """What the file holds, unchecked; empty where there is none. Raises GoodpartError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GoodpartError(f"{path}: cannot be read ({error})") from error


def resolve(options: Mapping[str, object], environment: Mapping[str, str], path: Path | None = None) -> Resolved:
    """Option before environment before file before default. `options` by the name of the setting; None is not given.

    Raises GoodpartError for a file or a variable that says what it cannot.
    """
    path = path or config_path()
    table = config_table(path)
    config = from_table(Config, table, str(path))
    origins = {field.name: "file" if field.name in table else "default" for field in fields(Config)}
    origins |= {f"keys.{key}": "file" for key in config.keys or ()}
    if environment.get("NO_COLOR"):
        # https://no-color.org
        config, origins["colors"] = replace(config, colors="none"), "environment NO_COLOR"
    over: dict[str, Any] = {}
    for name in (field.name for field in fields(Config) if field.name != "keys"):
        variable = f"GOODPART_{name.upper()}"
        if text := environment.get(variable):
            given = from_table(Config, {name: typed(name, text)}, variable)
            over[name], origins[name] = getattr(given, name), f"environment {variable}"
        if (value := options.get(name)) is not None:
            over[name], origins[name] = value, f"option --{'no-' if value is False else ''}{name}"
    config = replace(config, **over)
    return Resolved(config, origins)


def typed(name: str, text: str) -> object:
    """The text of a variable or of `--set` as the setting's type; what cannot be is left to the check."""
    if name == "ascii":
        words = {
            "1": True,
            "true": True,
            "yes": True,
            "on": True,
            "0": False,
            "false": False,
            "no": False,
            "off": False,
        }
        return words.get(text.lower(), text)
    if name == "refresh":
        try:
            return float(text)
        except ValueError:
            return text
    return text
