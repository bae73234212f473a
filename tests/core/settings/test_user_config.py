"""Settings: where each comes from, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import GoodpartError
from core.settings.user_config import Config, resolve


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_without_anything_all_is_default(file: Path) -> None:
    resolved = resolve({}, {}, file)
    assert resolved.config == Config()
    assert set(resolved.origins.values()) == {"default"}


def test_option_before_environment_before_file_before_default(file: Path) -> None:
    file.write_text('theme = "light"\nrefresh = 2\nunits = "percent"\nascii = true\n[keys]\nquit = "f10"\n')
    environment = {"GOODPART_THEME": "high-contrast", "GOODPART_REFRESH": "1", "GOODPART_ASCII": "no"}
    resolved = resolve({"theme": "ansi", "refresh": None}, environment, file)
    assert resolved.config == Config("ansi", 1.0, "percent", False, None, {"quit": "f10"})
    assert resolved.origins == {
        "theme": "option --theme",
        "refresh": "environment GOODPART_REFRESH",
        "units": "file",
        "ascii": "environment GOODPART_ASCII",
        "colors": "default",
        "keys": "file",
        "keys.quit": "file",
    }


def test_no_color_stands_between_the_file_and_what_is_meant_for_goodpart(file: Path) -> None:
    file.write_text('colors = "256"\n')
    assert resolve({}, {}, file).config.colors == "256"
    no_color = resolve({}, {"NO_COLOR": "1"}, file)
    assert (no_color.config.colors, no_color.origins["colors"]) == ("none", "environment NO_COLOR")
    assert resolve({}, {"NO_COLOR": ""}, file).config.colors == "256"
    assert resolve({}, {"NO_COLOR": "1", "GOODPART_COLORS": "16"}, file).config.colors == "16"
    assert resolve({"colors": "true"}, {"NO_COLOR": "1"}, file).config.colors == "true"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('colour = "256"', "`colour` is not a setting; did you mean `colors`?"),
        ('themes = "dark"', "`themes` is not a setting; did you mean `theme`?"),
        ("zzz = 1", "`zzz` is not a setting; known are theme, refresh, units, ascii, colors, keys"),
        ('theme = "pink"', "`theme` is 'pink' but must be one of"),
        ("refresh = 0", "`refresh` is 0.0 but must lie between 0.2 and 10"),
        ("refresh = true", "`refresh` is True but must be a number"),
        ('ascii = "yes"', '`ascii` is "yes" but must be true or false'),
        ("colors = 256", "`colors` is 256 but must be text in quotes"),
        ("theme = ", "cannot be read"),
    ],
)
def test_a_bad_file_says_what_is_wrong(file: Path, text: str, words: str) -> None:
    file.write_text(text)
    with pytest.raises(GoodpartError) as raised:
        resolve({}, {}, file)
    assert str(raised.value).startswith(str(file)) and words in str(raised.value)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("THEME", "pink"),
        ("REFRESH", "fast"),
        ("REFRESH", "99"),
        ("ASCII", "perhaps"),
        ("COLORS", "17"),
        ("UNITS", "bar"),
    ],
)
def test_a_bad_variable_is_named(file: Path, variable: str, text: str) -> None:
    with pytest.raises(GoodpartError, match=f"GOODPART_{variable}"):
        resolve({}, {f"GOODPART_{variable}": text}, file)
