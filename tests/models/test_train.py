"""`python -m models.train` learns the same from the same, and refuses what is too little in words."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import models.train
from core.bundle import read_bundle
from core.recipes.recipe import Recipe
from core.runtime.training_process import parse_progress
from tests.support.data import ROOT
from tests.support.learning import learn_here
from tests.support.parts import good_part, learn_in_process, make_recipe, write_parts

User = Mapping[str, str]


def last_words(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert "Traceback" not in done.stderr
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def refusal(recipe: Path, user: User, *options: str) -> str:
    done = learn_here(models.train, [recipe, *options], user)
    said = last_words(done)
    assert done.returncode == 2
    assert said["state"] == "failed"
    return str(said["message"])


def test_every_line_is_progress(trained: Recipe, user: User, tmp_path: Path) -> None:
    done = learn_in_process(trained.folder, user, "--candidate")
    assert done.returncode == 0
    assert done.stderr == ""
    assert all(parse_progress(json.loads(line)) is not None for line in done.stdout.splitlines())
    assert json.loads(done.stdout.splitlines()[-1])["state"] == "done"


def test_the_manifest_tells_what_was_learnt(trained: Recipe) -> None:
    bundle = read_bundle(trained.image_bundle)
    facts = bundle.facts
    assert (facts["method"], facts["taught"], facts["distinct"], facts["seed"]) == ("features", 30, 30, 0)
    assert facts["backbone"] == "filter bank (no backbone)"
    assert any("backbone" in note for note in facts["notes"])
    assert facts["health"]["width"] == 200
    assert {"goodpart", "numpy", "python"} <= set(facts["versions"])
    assert len(bundle.held_out.density) == len(bundle.held_out.reconstruction_error) == 30
    assert np.isfinite(bundle.held_out.density).all()
    assert np.isfinite(bundle.held_out.reconstruction_error).all()


def test_the_same_pictures_give_the_same_model(trained: Recipe, user: User, tmp_path: Path) -> None:
    learn_in_process(trained.folder, user, "--candidate")
    first, again = read_bundle(trained.image_bundle), read_bundle(trained.candidate("image"))
    assert {n: v for n, v in first.facts.items() if n != "trained_at"} == {
        n: v for n, v in again.facts.items() if n != "trained_at"
    }
    assert first.networks == again.networks
    assert first.arrays.keys() == again.arrays.keys()
    assert all(np.array_equal(first.arrays[name], again.arrays[name]) for name in first.arrays)
    assert np.array_equal(first.held_out.density, again.held_out.density)
    assert np.array_equal(first.held_out.reconstruction_error, again.held_out.reconstruction_error)


def test_three_pictures_are_too_few(tmp_path: Path, user: User) -> None:
    words = refusal(make_recipe(tmp_path / "pump", 3).folder, user)
    assert words == "pump: 3 good pictures; 5 % false alarms need 19: teach 16 more"


def test_too_few_says_how_many_more_and_what_they_support(tmp_path: Path, user: User) -> None:
    recipe = make_recipe(tmp_path / "pump", 12)
    assert refusal(recipe.folder, user).endswith("teach 7 more (or ask for 7.7 % false alarms)")
    done = learn_in_process(recipe.folder, user, "--false-alarms", "0.077")
    assert last_words(done)["state"] == "done"


def test_the_rule_or_needs_twice_as_many(tmp_path: Path, user: User) -> None:
    recipe = make_recipe(tmp_path / "pump", 30, rule="or")
    assert refusal(recipe.folder, user).endswith("need 39: teach 9 more (or ask for 6.46 % false alarms)")


def test_near_duplicates_do_not_count(tmp_path: Path, user: User) -> None:
    recipe = make_recipe(tmp_path / "pump", 10)
    for copy in range(20):
        shutil.copy(recipe.good_images / "part3.png", recipe.good_images / f"part{100 + copy}.png")
    assert "30 good pictures, of which only 10 are not near-duplicates" in refusal(recipe.folder, user)


def test_no_pictures_and_only_damaged_ones_are_said_apart(tmp_path: Path, user: User) -> None:
    recipe = make_recipe(tmp_path / "pump")
    assert "no good pictures; `goodpart teach pump" in refusal(recipe.folder, user)
    (recipe.good_images / "a.png").write_text("no picture")
    words = refusal(recipe.folder, user)
    assert "none of 1 good pictures can be read" in words
    assert "a.png" in words
    shutil.rmtree(recipe.good_images)
    assert "no good pictures" in refusal(recipe.folder, user)


def test_a_damaged_picture_is_passed_over_and_noted(tmp_path: Path, user: User) -> None:
    recipe = make_recipe(tmp_path / "pump", 20)
    (recipe.good_images / "part4x.png").write_text("no picture")
    done = learn_in_process(recipe.folder, user)
    assert "1 files could not be read" in last_words(done)["message"]
    assert read_bundle(recipe.image_bundle).facts["taught"] == 20


def test_the_region_of_interest_is_all_that_is_learnt(tmp_path: Path, user: User) -> None:
    recipe = make_recipe(tmp_path / "pump", 20)
    recipe.change("camera", {"region": [0.25, 0.25, 0.5, 0.5]})
    assert last_words(learn_in_process(recipe.folder, user))["state"] == "done"
    facts = read_bundle(recipe.image_bundle).facts
    assert facts["region"] == [0.25, 0.25, 0.5, 0.5]
    assert facts["health"]["width"] == 200


def test_pictures_of_all_sizes_are_learnt_and_the_size_is_not_watched(tmp_path: Path, user: User) -> None:
    recipe = make_recipe(tmp_path / "pump", 20)
    write_parts(recipe.good_images, [900], lambda seed: np.ascontiguousarray(good_part(seed)[10:, 10:]))
    assert last_words(learn_in_process(recipe.folder, user))["state"] == "done"
    assert read_bundle(recipe.image_bundle).facts["health"]["width"] is None


def test_a_full_disk_is_said_and_the_old_model_stays(
    trained: Recipe, user: User, small_disk: Callable[[int], Path]
) -> None:
    folder = small_disk(64) / "pump"
    (folder / "good" / "images").mkdir(parents=True)
    (folder / "recipe.toml").write_bytes(trained.toml.read_bytes())
    for picture in trained.good_images.iterdir():
        (folder / "good" / "images" / picture.name).symlink_to(picture)
    old = folder / "image.goodpart"
    old.write_bytes(b"the old model")
    assert "No space left" in refusal(folder, user)
    assert old.read_bytes() == b"the old model"
    assert {path.name for path in folder.iterdir()} == {"good", "image.goodpart", "recipe.toml"}


def test_a_recipe_that_is_wrong_is_refused_in_words(tmp_path: Path, user: User) -> None:
    recipe = make_recipe(tmp_path / "pump", 1)
    recipe.toml.write_text("[camera]\nwidht = 3\n")
    assert "did you mean `width`?" in refusal(recipe.folder, user)
    assert "no recipe here" in refusal(tmp_path, user)


def test_learning_features_imports_no_tensorflow(trained: Recipe, user: User, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules.pop('tensorflow', None); from models.train import main;"
        f"code = main([{str(trained.folder)!r}, '--candidate']);"
        "heavy = {'tensorflow', 'keras', 'librosa', 'sklearn', 'scipy', 'textual', 'rich'} & set(sys.modules);"
        "print(code, sorted(heavy), file=sys.stderr)"
    )
    environment = dict(user) | {"PYTHONPATH": str(ROOT), "GOODPART_CACHE": str(cached_backbone(tmp_path))}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        stdout=subprocess.DEVNULL,
    ) as child:  # fmt: skip
        assert child.stderr
        assert child.stderr.read().splitlines()[-1] == "0 []"
    assert read_bundle(trained.candidate("image")).facts["backbone"] == "EfficientNet-Lite0"


def cached_backbone(_tmp_path: Path) -> Path:
    """The user's own cache, where a backbone was converted already."""
    from core.features.image.backbone import cache_folder, find_backbone

    if find_backbone() is None:
        pytest.skip("no backbone was converted here yet (goodpart train does it)")
    return cache_folder()
