"""A recipe names its outputs in tables, and each table is checked as all settings are."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import GoodpartError
from core.outputs.registry import FACTORIES
from core.recipes.recipe import new_recipe, open_recipe
from core.settings.output_tables import OUTPUT_TABLES
from core.settings.recipe_settings import Settings
from core.settings.schema import to_toml
from core.tape.header import settings_of, settings_text
from tests.support.outputs import LinesTable, TcpTable, register


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)


def written(folder: Path, text: str) -> Settings:
    (folder / "recipe.toml").write_text(text)
    return open_recipe(str(folder)).settings


def test_every_output_has_a_settings_table_and_a_factory() -> None:
    assert OUTPUT_TABLES.keys() == FACTORIES.keys()


def test_a_recipe_without_outputs_has_none_and_a_new_one_mentions_none(tmp_path: Path) -> None:
    recipe = new_recipe(str(tmp_path / "pump"))
    assert recipe.settings.outputs == open_recipe(str(recipe.folder)).settings.outputs == {}
    assert "outputs" not in recipe.toml.read_text()


def test_each_table_is_an_output_with_its_own_settings(tmp_path: Path) -> None:
    settings = written(tmp_path, "[outputs.lines]\n[outputs.tcp]\nport = 9\n")
    assert settings.outputs == {"lines": LinesTable(), "tcp": TcpTable(9)}
    again = written(tmp_path, to_toml(Settings, settings))
    assert again == settings
    assert hash(again) == hash(settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[outputs.tpc]", "`outputs`: `tpc` is not a setting; did you mean `tcp`?"),
        ("[outputs.tcp]\nhost = 'x'", "`outputs`: `tcp`: `host` is not a setting; known are port, timeout"),
        ("[outputs.tcp]\nport = 0", "`outputs`: `tcp`: `port` is 0 but must lie between 1 and 65535"),
        ("[outputs]\ntcp = 3", "`outputs`: `tcp` must be a table"),
        ("outputs = 3", "`outputs` must be a table"),
    ],
)
def test_what_cannot_be_is_said_by_name(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(GoodpartError) as raised:
        written(tmp_path, text)
    assert str(raised.value) == f"{tmp_path / 'recipe.toml'}: {words}"


def test_without_any_output_every_name_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(OUTPUT_TABLES):
        monkeypatch.delitem(OUTPUT_TABLES, name)
    with pytest.raises(GoodpartError, match=r"`outputs`: `tcp` is not a setting$"):
        written(tmp_path, "[outputs.tcp]")


def test_a_recording_knows_nothing_of_outputs(tmp_path: Path) -> None:
    settings = written(tmp_path, "[outputs.tcp]\nport = 9\n")
    assert settings_of(settings_text(settings)).outputs == {}
