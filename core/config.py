"""The user's own settings: config.toml in the user's configuration folder."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from core.errors import GoodpartError
from core.typed import from_table, setting


@dataclass(frozen=True)
class Config:
    keys: dict[str, str] | None = setting(None, 'keys by the id of what they do, such as quit = "f10"')


def config_path() -> Path:
    given = os.environ.get("GOODPART_CONFIG")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_config_dir("goodpart", appauthor=False)) / "config.toml"


def load_config() -> Config:
    """Raises GoodpartError for a file that says what it cannot; no file is fine."""
    path = config_path()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GoodpartError(f"{path}: cannot be read ({error})") from error
    return from_table(Config, table, str(path))
