"""The settings of a user: config.toml in the configuration folder, GOODPART_ variables, options of a command."""

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
"""Hz: bounds of the refresh rate."""
_BOOLEANS = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(("0", "false", "no", "off"), False)


@dataclass(frozen=True)
class Config:
    """The settings in config.toml."""

    theme: str = setting(
        "auto",
        "dark, light, high-contrast, ansi (the terminal's own colours); auto: dark, or ansi if there are few colours",
        one_of(*THEMES),
    )
    refresh: float = setting(5.0, "how often the screen may change, in Hz", between(SLOWEST, FASTEST))
    units: str = setting("dB", "unit of the sound level: dB of full scale, or percent of it", one_of(*UNITS))
    ascii: bool | None = setting(None, "draw with ASCII only; if left out, if TERM and the locale require it")
    colors: str | None = setting(None, "none, 16, 256 or true; if left out, from TERM and COLORTERM", one_of(*COLORS))
    keys: dict[str, str] | None = setting(None, 'keys by the id of their action, such as quit = "f10"')


@dataclass(frozen=True)
class Resolved:
    """The settings in effect and the origin of each."""

    config: Config
    origins: Mapping[str, str]
    """Name of the setting to `default`, `file`, `environment GOODPART_X` (or NO_COLOR) or `option --x`. The name of a
    key is `keys.quit`."""


def config_path() -> Path:
    """Return the path of config.toml: $GOODPART_CONFIG, or the file in the user's configuration folder."""
    given = os.environ.get("GOODPART_CONFIG")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_config_dir("goodpart", appauthor=False)) / "config.toml"


def config_table(path: Path) -> dict[str, Any]:
    """Return the file's content, unchecked; empty if the file is missing. Raises GoodpartError if it is unreadable or
    not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GoodpartError(f"{path}: cannot be read ({error})") from error


def resolve(options: Mapping[str, object], environment: Mapping[str, str], path: Path | None = None) -> Resolved:
    """Return each setting from the first of: option, environment variable, file, default.

    `options` maps names of settings to values; None means that the option is not given. `path` is the file; None means
    `config_path()`. Raises GoodpartError if the file or a variable is invalid.
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
    """Return the text of a variable or of `--set` in the type of the setting `name`.

    Text that does not fit the type is returned unchanged; `from_table` then reports it.
    """
    if name == "ascii":
        return _BOOLEANS.get(text.lower(), text)
    if name == "refresh":
        try:
            return float(text)
        except ValueError:
            return text
    return text
