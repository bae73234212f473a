"""recipe.toml is typed, says what is wrong with it in words, and is never half written."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import GoodpartError
from core.recipes.recipe import new_recipe, open_recipe, recipe_folder
from core.runtime.atomic_files import remove_begun, replace_file
from core.settings.recipe_settings import CameraTable, Settings
from core.settings.schema import from_table, to_toml
from core.state.verdict import Thresholds

THRESHOLDS = Thresholds(-4.1, 0.25, "sum", -2.0, 0.1, 0.05, 0.001, "key")


def written(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "recipe.toml").write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(GoodpartError) as refused:
        open_recipe(str(written(folder, text)))
    words = str(refused.value)
    assert words.startswith(str(folder / "recipe.toml"))
    assert "\n" not in words
    return words


def test_a_new_recipe_says_the_defaults_and_explains_each(tmp_path: Path) -> None:
    made = new_recipe(str(tmp_path / "pump"))
    assert open_recipe(str(made.folder)).settings == Settings()
    lines = made.toml.read_text().splitlines()
    settings = [number for number, line in enumerate(lines) if " = " in line and not line.startswith("#")]
    assert len(settings) > 10
    assert all(lines[number - 1].startswith("# ") for number in settings)
    assert made.good_images.is_dir()


def test_a_recipe_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    made = new_recipe(str(tmp_path / "pump"))
    made.toml.write_text("[verdict]\nhold = 1\n")
    with pytest.raises(GoodpartError, match="already"):
        new_recipe(str(made.folder))
    assert open_recipe(str(made.folder)).settings.verdict.hold == 1


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_being_written(text: str) -> None:
    settings = replace(Settings(), camera=CameraTable(source=text))
    assert from_table(Settings, tomllib.loads(to_toml(Settings, settings)), "here") == settings


@given(
    st.floats(0.1, 1000), st.tuples(st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0.001, 0.5), st.floats(0.001, 0.5))
)
def test_any_number_survives_being_written(fps: float, region: tuple[float, float, float, float]) -> None:
    settings = replace(Settings(), camera=CameraTable(fps=fps, region=region))
    assert from_table(Settings, tomllib.loads(to_toml(Settings, settings)), "here") == settings


@pytest.mark.parametrize("name", ["line\nbreak", 'quo"te', "ümläut", "# hash"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    made = new_recipe(str(tmp_path / name))
    assert open_recipe(str(made.folder)).settings == Settings()


def test_an_unknown_key_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    words = refusal(tmp_path, "[verdict]\nholt = 2\n")
    assert "`holt` is not a setting" in words
    assert "did you mean `hold`?" in words


def test_an_unknown_table_is_refused(tmp_path: Path) -> None:
    assert "did you mean `image`?" in refusal(tmp_path, "[images]\n")
    assert "known are camera, image, microphone, sound, knobs, verdict, trigger, journal" in refusal(
        tmp_path, "[zzz]\n"
    )


@pytest.mark.parametrize("value", ['"abc"', "nan", "inf", "-inf", "true", "[1]", "9" * 400])
def test_a_threshold_must_be_a_number(tmp_path: Path, value: str) -> None:
    words = refusal(tmp_path, f"[image.thresholds]\ndensity = {value}\n")
    assert "`density` is " in words
    assert words.endswith("must be a number")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[camera]\nregion = [0.5, 0.0, 0.6, 1.0]", "stay within the picture"),
        ("[camera]\nregion = [-0.1, 0.0, 0.5, 1.0]", "stay within the picture"),
        ("[camera]\nregion = [0.1, 0.0, 0.0, 1.0]", "stay within the picture"),
        ("[camera]\nregion = [0.1, 0.2]", "list of 4 numbers"),
        ('[camera]\nregion = ["a", 0, 1, 1]', "must be a number"),
        ("[camera]\nregion = 1", "list of 4 numbers"),
        ("[camera]\nwidth = 0", "between 16 and 16384"),
        ("[camera]\nwidth = 640.5", "must be a whole number"),
        ("[camera]\nsource = 0", "must be text in quotes"),
        ("[camera]\nloop = 1", "must be true or false"),
        ("camera = 1", "must be a table"),
        ('[image]\nmethod = "magic"', 'must be one of "features", "seed"'),
        ('[image]\nrule = "xor"', 'must be one of "default", "sum"'),
        ("[verdict]\nfalse_alarms = 0.0", "between 0.0001 and 0.5"),
        ("[verdict]\nfalse_alarms = 1", "between 0.0001 and 0.5"),
        ("[verdict]\nhold = 3\nof = 2", "`hold` is 3 but must be at most `of` (2)"),
        ("[verdict]\nrate = 0", "between 0.1 and 100"),
        ("[camera\n", "is not valid TOML"),
        ("[camera]\nwidth = " + "9" * 5000, "is not valid TOML"),
        ("a = " + "[" * 5000, "is not valid TOML"),
    ],
)
def test_what_cannot_be_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    assert words in refusal(tmp_path, text + "\n")


def test_a_recipe_in_another_encoding_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_bytes("# Prüfstand\n".encode("latin-1"))
    with pytest.raises(GoodpartError, match="cannot be read"):
        open_recipe(str(tmp_path))


def test_a_recipe_from_a_windows_editor_is_read_and_changed(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_bytes(b"\xef\xbb\xbf[verdict]\r\nhold = 1\r\n")
    recipe = open_recipe(str(tmp_path))
    recipe.change("verdict", {"of": 1})
    assert open_recipe(str(tmp_path)).settings.verdict.of == 1


def test_no_recipe_is_said_with_the_way_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(GoodpartError, match=r"goodpart new .*makes one"):
        open_recipe(str(tmp_path / "none"))
    (tmp_path / "file").write_text("")
    with pytest.raises(GoodpartError, match="no recipe here"):
        open_recipe(str(tmp_path / "file"))


def test_a_name_alone_means_the_users_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOODPART_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert recipe_folder("pump") == tmp_path / "home" / "pump"
    assert recipe_folder("./pump") == tmp_path / "pump"
    assert recipe_folder("~nobody-of-this-name") == tmp_path / "home" / "~nobody-of-this-name"
    written(tmp_path / "here", "")
    assert recipe_folder("here") == tmp_path / "here"
    with pytest.raises(GoodpartError, match="which recipe"):
        recipe_folder("")


def test_a_change_keeps_comments_and_the_rest(tmp_path: Path) -> None:
    text = (
        '# by Anna, 3 March\n[image]\nmethod = "features" # not seed\n\n'
        "[verdict]\nhold = 1\n[image.thresholds]\n# measured twice\ndensity = -3.0\n"
    )
    recipe = open_recipe(str(written(tmp_path, text)))
    recipe.save_thresholds(THRESHOLDS, "abc")
    recipe.change("verdict", {"false_alarms": 0.02})
    after = recipe.toml.read_text()
    for comment in ("# by Anna, 3 March", "# not seed", "# measured twice"):
        assert comment in after
    image = open_recipe(str(tmp_path)).settings.image
    assert image.method == "features"
    assert (image.thresholds.density, image.thresholds.reconstruction_error) == (-4.1, 0.25)
    assert (image.thresholds.model, image.thresholds.by) == ("abc", "key")
    verdict = open_recipe(str(tmp_path)).settings.verdict
    assert (verdict.hold, verdict.false_alarms) == (1, 0.02)


@pytest.mark.parametrize("text", ["", 'image = {method = "seed"}\n', 'image.method = "seed"\n', "[image]\n"])
def test_thresholds_can_be_saved_however_the_recipe_is_written(tmp_path: Path, text: str) -> None:
    recipe = open_recipe(str(written(tmp_path, text)))
    recipe.save_thresholds(THRESHOLDS, "abc")
    recipe.save_thresholds(replace(THRESHOLDS, density=-5.0), "abc")
    after = open_recipe(str(tmp_path)).settings.image
    assert after.thresholds.density == -5.0
    assert after.method == recipe.settings.image.method


def test_a_read_only_recipe_says_so_and_is_left_alone(tmp_path: Path, read_only: Callable[[Path], Path]) -> None:
    new_recipe(str(tmp_path / "pump"))
    folder = read_only(tmp_path / "pump")
    before = (folder / "recipe.toml").read_text()
    recipe = open_recipe(str(folder))
    with pytest.raises(GoodpartError, match=r"(?i)read-only.*what was there before is still there"):
        recipe.save_thresholds(THRESHOLDS, "abc")
    assert (folder / "recipe.toml").read_text() == before


def test_a_full_disk_leaves_the_old_recipe(small_disk: Callable[[int], Path]) -> None:
    disk = small_disk(64)
    recipe = new_recipe(str(disk / "pump"))
    before = recipe.toml.read_bytes()
    with (disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space"):
        while True:
            filler.write(bytes(4096))
    with pytest.raises(GoodpartError, match=r"No space left.*what was there before is still there"):
        recipe.save_thresholds(THRESHOLDS, "abc")
    assert recipe.toml.read_bytes() == before
    assert {path.name for path in recipe.folder.iterdir()} == {"recipe.toml", "good", "defect"}
    (disk / "filler").unlink()
    recipe.save_thresholds(THRESHOLDS, "abc")
    assert open_recipe(str(recipe.folder)).settings.image.thresholds.density == -4.1


def test_replacing_keeps_the_rights_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace_file(path, b"1")
    path.chmod(0o640)
    replace_file(path, b"2")
    assert path.read_bytes() == b"2"
    assert path.stat().st_mode & 0o777 == 0o640


def test_what_a_dead_process_had_begun_is_taken_away_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".image.goodpart.77-abc.tmp").touch()
    others = {".image.goodpart.78-abc.tmp", "77-note.tmp", "recipe.toml"}
    for name in others:
        (tmp_path / name).touch()
    remove_begun(tmp_path, 77)
    assert {path.name for path in tmp_path.iterdir()} == others
