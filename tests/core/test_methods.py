"""The table of methods: whatever a row names is there, and one more row is one more method everywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.bundle import read_bundle
from core.methods import METHODS, TRIVIAL, candidates_of, default_method, load_object, methods_of, quick_candidates_of
from core.recipes.recipe import Recipe, open_recipe
from core.settings.recipe_settings import ImageTable, SoundTable
from core.state.verdict import RULE_NAMES
from models.comparison import image_candidates, sound_candidates
from tests.support.data import ROOT
from tests.support.parts import goodpart, learn_in_process, make_recipe, odd_part, write_parts
from tests.support.sounds import make_motor_recipe

OF_A_TEST = '''
"""How bright a picture is: a whole method in one file."""

import numpy as np

from core.detectors.image.base import ImageScores
from core.features.image.picture import decode_picture
from models.base import Learnt


class MeanDetector:
    method = "mean grey"

    def __init__(self, arrays, networks, settings):
        self.typical = float(arrays["typical"][0])

    def judge(self, picture):
        away = abs(float(picture.mean()) - self.typical)
        return ImageScores(-away, away, np.zeros((14, 14), np.float32))

    def redraw(self, picture):
        grey = picture.mean(axis=2).astype(np.float32)
        return "picture", grey, grey


def learn(lesson, progress):
    greys = np.array([decode_picture(path).mean() for path in lesson.pictures])
    away = np.abs(greys - np.median(greys))
    return Learnt({"typical": np.array([np.median(greys)])}, {}, {}, -away, away)
'''
ROW = """
import sys

import core.methods

sys.modules["tensorflow"] = None
core.methods.METHODS["mean grey"] = core.methods.Method(
    "mean grey", "image", rule="max", detector="of_a_test:MeanDetector", learner="of_a_test:learn"
)
"""


@pytest.mark.parametrize("name", METHODS)
def test_what_a_row_names_is_there(name: str) -> None:
    row = METHODS[name]
    assert load_object(row.detector).method == row.name == name
    assert callable(load_object(row.learner))
    assert row.rule in RULE_NAMES


def test_the_first_row_of_a_sense_is_its_default() -> None:
    assert (methods_of("image"), methods_of("sound")) == (("features", "seed"), ("spectrum", "amulet"))
    assert (default_method("image"), default_method("sound")) == (ImageTable().method, SoundTable().method)


def test_every_candidate_of_a_comparison_can_be_learnt(tmp_path: Path) -> None:
    pictures, sound = make_recipe(tmp_path / "pump", 1), make_motor_recipe(tmp_path / "motor", 1)
    assert set(candidates_of("image")) == set(image_candidates.candidates(pictures))
    assert set(candidates_of("sound")) == set(sound_candidates.candidates(sound))
    assert candidates_of("image")[-3:] == TRIVIAL["image"]
    assert quick_candidates_of("image") == ("features", "filter bank")
    assert quick_candidates_of("sound") == ("spectrum", "amulet")


def test_the_core_never_touches_a_learner() -> None:
    sources = [path for folder in ("core", "tui") for path in (ROOT / folder).rglob("*.py")]
    assert len(sources) > 200
    assert not [path for path in sources if ".learner" in path.read_text()]


@pytest.fixture
def with_a_row(user: Mapping[str, str], tmp_path: Path) -> Mapping[str, str]:
    """An environment whose processes have one more method, from files beside the program."""
    more = tmp_path / "more"
    more.mkdir()
    (more / "of_a_test.py").write_text(OF_A_TEST)
    (more / "sitecustomize.py").write_text(ROW)
    return dict(user) | {"PYTHONPATH": f"{more}:{ROOT}"}


@pytest.fixture
def pump(tmp_path: Path) -> Recipe:
    return make_recipe(tmp_path / "pump", 20)


def test_one_more_row_is_trained_loaded_and_offered(pump: Recipe, with_a_row: Mapping[str, str]) -> None:
    assert "features (default), seed or mean grey" in " ".join(goodpart(["train", "--help"], with_a_row).stdout.split())
    assert "features, filter-bank, seed, mean-grey;" in " ".join(
        goodpart(["compare", "--help"], with_a_row).stdout.split()
    )
    done = goodpart(["train", pump.folder, "--image-method", "mean grey"], with_a_row)
    assert done.returncode == 0, done.stderr
    assert "method mean grey, rule max" in done.stdout
    assert read_bundle(pump.image_bundle).method == "mean grey"
    assert 'method = "mean grey"' in pump.toml.read_text()
    judged = goodpart(["score", pump.folder, "--json", pump.good_images / "part3.png"], with_a_row)
    assert json.loads(judged.stdout)["verdict"] == "OK", judged.stdout
    unknown = goodpart(
        ["score", pump.folder, pump.good_images / "part3.png"], dict(with_a_row) | {"PYTHONPATH": str(ROOT)}
    )
    assert unknown.returncode == 2
    assert 'must be one of "features", "seed"' in unknown.stderr


def test_one_more_row_is_compared_and_can_be_used(pump: Recipe, with_a_row: Mapping[str, str]) -> None:
    write_parts(pump.defect_images, range(900, 906), odd_part)
    done = goodpart(
        ["compare", pump.folder, "--methods", "mean-grey", "--folds", "2", "--use", "mean-grey"], with_a_row
    )
    assert done.returncode == 0, done.stderr
    assert "image method mean grey" in done.stdout
    assert 'method = "mean grey"' in pump.toml.read_text()


def test_a_method_without_a_row_is_refused(pump: Recipe, user: Mapping[str, str]) -> None:
    done = learn_in_process(pump.folder, user, "--image-method", "mean grey")
    assert done.returncode == 2
    assert "invalid choice: 'mean grey'" in done.stderr
    assert not open_recipe(str(pump.folder)).image_bundle.exists()
