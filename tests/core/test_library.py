"""The shelf of recipes."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from core.errors import GoodpartError
from core.journal.store import Journal
from core.library import checked_name, delete, duplicate, look_at, make, rename, shelved
from core.recipes.lock import RecipeLock
from core.recipes.recipe import Recipe, open_recipe
from tests.support.parts import make_recipe


def test_an_empty_shelf_is_fine(tmp_path: Path) -> None:
    assert shelved(tmp_path / "nowhere") == []


def test_each_recipe_is_told_of(trained: Recipe) -> None:
    home = trained.folder.parent
    (home / "broken").mkdir()
    (home / "broken" / "recipe.toml").write_text("[camera]\nsauce = 1\n")
    (home / "no recipe").mkdir()
    journal = Journal(trained.journal)
    journal.record("verdict", "ANOMALY", "a scratch")
    journal.record("verdict", "ANOMALY", "yesterday's", at=time.time() - 200_000)
    journal.close()
    broken, pump = shelved(home)
    assert broken.name == "broken" and "sauce" in broken.trouble
    assert pump.name == "pump" and pump.pictures == 30 and pump.trained_at.startswith("20")
    assert (pump.anomalies_today, pump.judged_today, pump.today) == (1, True, "1 time ANOMALY")


def test_a_day_of_single_shots_is_told_by_its_parts(trained: Recipe) -> None:
    assert look_at(trained.folder).today == ""
    journal = Journal(trained.journal)
    for verdict in ("OK", "ANOMALY", "OK", "UNKNOWN"):
        journal.record("part", verdict)
    journal.record("part", "ANOMALY", "yesterday's", at=time.time() - 200_000)
    assert journal.flush()
    one = look_at(trained.folder)
    assert (one.parts_today, one.anomalies_today) == (4, 1)
    assert one.today == "4 parts, 1 anomaly"
    # Where both are told, parts are what counts: the verdict may turn twice over one part.
    for _ in range(3):
        journal.record("verdict", "ANOMALY")
    journal.close()
    assert look_at(trained.folder).today == "4 parts, 1 anomaly"


def test_a_torn_model_does_not_hide_the_recipe(trained: Recipe) -> None:
    trained.image_bundle.write_bytes(b"PK torn")
    one = look_at(trained.folder)
    assert one.trained_at == "" and one.pictures == 30 and not one.trouble


@pytest.mark.parametrize("name", ["", "  ", "a/b", "../up", ".hidden", "x" * 61, "end.", "-", "a\nb"])
def test_names_that_no_folder_should_have_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(GoodpartError, match="name"):
        checked_name(name, tmp_path)


def test_a_copy_has_the_material_and_the_model_but_no_history(trained: Recipe) -> None:
    journal = Journal(trained.journal)
    journal.record("start")
    journal.close()
    trained.anomalies.mkdir()
    copy = open_recipe(str(duplicate(trained.folder, "pump-8")))
    assert copy.image_bundle.read_bytes() == trained.image_bundle.read_bytes()
    assert len(list(copy.good_images.iterdir())) == 30
    assert not copy.journal.exists() and not copy.anomalies.exists()
    with pytest.raises(GoodpartError, match="already"):
        duplicate(trained.folder, "pump-8")


def test_a_copy_that_does_not_fit_leaves_nothing(tmp_path: Path, small_disk: object) -> None:
    home = small_disk(2048)  # type: ignore[operator]
    recipe = make_recipe(home / "pump", 20)
    free = shutil.disk_usage(home).free
    (home / "filler").write_bytes(bytes(free - 8192))
    with pytest.raises(GoodpartError, match="cannot be made"):
        duplicate(recipe.folder, "copy")
    assert sorted(p.name for p in home.iterdir()) == ["filler", "pump"]


def test_renamed_and_deleted_unless_somebody_judges_with_it(trained: Recipe) -> None:
    lock = RecipeLock(trained.folder)
    for change in (lambda: rename(trained.folder, "pump-2"), lambda: delete(trained.folder)):
        with pytest.raises(GoodpartError, match="another goodpart"):
            change()
    lock.release()
    place = rename(trained.folder, "pump-2")
    assert place.name == "pump-2" and open_recipe(str(place)).image_bundle.exists()
    delete(place)
    assert not place.exists() and list(place.parent.iterdir()) == []
    with pytest.raises(GoodpartError, match="no recipe here"):
        delete(place)


def test_a_new_recipe_perceives_what_was_named(tmp_path: Path) -> None:
    assert make(str(tmp_path / "seen"), camera="simulated").perceived() == ("image",)
    assert make(str(tmp_path / "heard"), microphone="simulated").perceived() == ("sound",)
    assert make(str(tmp_path / "both"), "0", "simulated").perceived() == ("image", "sound")
    with pytest.raises(GoodpartError):
        make(str(tmp_path / "none"), camera="gopher://x")
    assert not (tmp_path / "none").exists()
