"""What a recipe holds, and taking it away."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.dataset.inventory import RECENT, Inventory
from core.errors import GoodpartError
from core.features.image.picture import small_preview
from core.recipes.recipe import new_recipe
from tests.support.parts import good_part, make_recipe, odd_part, write_parts
from tests.support.sounds import make_motor_recipe


def test_pictures_are_counted_and_the_newest_are_shown(tmp_path: Path) -> None:
    recipe = make_recipe(tmp_path / "pump", 8)
    holdings = Inventory(recipe, "image", small_preview)
    holdings.look()
    assert (holdings.held.good, holdings.held.defect) == (8, 0)
    assert len(holdings.held.recent) == RECENT and holdings.held.recent[-1].width > 0
    holdings.added(good_part(99), defect=False)
    holdings.added(good_part(98), defect=True)
    assert (holdings.held.good, holdings.held.defect) == (9, 1)
    assert holdings.held.recent[-1] == small_preview(good_part(99))
    assert holdings.held.recent_defect == (small_preview(good_part(98)),)


def test_of_the_defective_ones_the_newest_are_shown_too(tmp_path: Path) -> None:
    recipe = make_recipe(tmp_path / "pump", 1)
    write_parts(recipe.defect_images, range(900, 900 + RECENT + 2), odd_part)
    holdings = Inventory(recipe, "image", small_preview)
    holdings.look()
    assert len(holdings.held.recent_defect) == RECENT
    assert holdings.held.recent_defect[-1] == small_preview(odd_part(900 + RECENT + 1))
    for seed in range(RECENT + 1):
        holdings.added(odd_part(seed), defect=True)
    assert holdings.held.recent_defect[0] == small_preview(odd_part(1))
    assert (holdings.held.defect, len(holdings.held.recent_defect)) == (2 * RECENT + 3, RECENT)
    assert len(holdings.held.recent) == 1


def test_the_newest_goes_first_then_all(tmp_path: Path) -> None:
    recipe = make_recipe(tmp_path / "pump", 3)
    newest = sorted(recipe.good_images.iterdir())[-1]
    holdings = Inventory(recipe, "image", small_preview)
    assert holdings.remove_last(defect=False) == f"{newest.name} deleted; 2 good pictures are left"
    assert not newest.exists()
    assert holdings.remove_all(defect=False) == "all 2 good pictures deleted"
    assert holdings.held.good == 0 and holdings.held.recent == ()
    with pytest.raises(GoodpartError, match="no good picture"):
        holdings.remove_last(defect=False)


def test_what_cannot_be_read_counts_as_nothing_to_see(tmp_path: Path) -> None:
    recipe = make_recipe(tmp_path / "pump", 2)
    (recipe.good_images / "000009-torn.png").write_bytes(b"")
    holdings = Inventory(recipe, "image", small_preview)
    holdings.look()
    assert holdings.held.good == 3 and len(holdings.held.recent) == 2


def test_a_new_recipe_holds_nothing(tmp_path: Path) -> None:
    recipe = new_recipe(str(tmp_path / "new"))
    holdings = Inventory(recipe, "sound")
    holdings.look()
    assert (holdings.held.good, holdings.held.seconds) == (0, 0.0)


def test_the_length_of_recordings_is_told(tmp_path: Path) -> None:
    recipe = make_motor_recipe(tmp_path / "motor", 2)
    holdings = Inventory(recipe, "sound")
    holdings.look()
    assert holdings.held.good == 2 and holdings.held.seconds > 4
    (recipe.good_sound / "000009-torn.wav").write_bytes(b"RIFF")
    holdings.look()
    assert holdings.held.good == 3
