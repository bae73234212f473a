"""Looking at a trained model, in a process of its own, on drawn parts."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from core.bundle import read_bundle
from core.errors import GoodpartError
from core.evaluation.defect_test import separate
from core.evaluation.model_review import examine
from core.evaluation.review_process import ModelReviewProcess, ReviewProgress
from core.evaluation.review_result import examined_from
from core.recipes.recipe import Recipe, new_recipe
from tests.support.parts import odd_part, until, write_parts


def with_defects(recipe: Recipe, count: int = 6) -> Recipe:
    write_parts(recipe.defect_images, range(900, 900 + count), odd_part)
    return recipe


def test_a_model_is_told_with_its_worst_cases_and_a_sample(trained: Recipe) -> None:
    with_defects(trained)
    (found,) = examine(trained)
    expected = separate(trained, "image", read_bundle(trained.image_bundle))
    assert (found.defects, found.misses, found.auroc) == (6, expected.misses, expected.auroc)
    assert [case.name for case in found.worst] == [case.path.name for case in expected.worst]
    assert found.worst[0].map is not None and len(found.worst[0].map) == 14
    assert found.worst[0].picture is not None and len(found.worst[0].picture.grey) > 100
    assert found.sample is not None and found.sample.what == "feature map"
    assert len(found.sample.seen.grey) == len(found.sample.redrawn.grey) == 14 * 14
    # A good picture is redrawn much like it is.
    apart = [abs(a - b) for a, b in zip(found.sample.seen.grey, found.sample.redrawn.grey, strict=True)]
    assert sum(apart) / len(apart) < 40


def test_a_sound_is_told_with_what_is_redrawn_of_it(heard: Recipe) -> None:
    (found,) = examine(heard)
    sample = found.sample
    assert sample is not None and sample.what == "log-mel" and "8 kHz" in sample.axes
    assert sample.name == sorted(path.name for path in heard.good_sound.iterdir())[-1]
    assert (sample.seen.height, sample.redrawn.height) == (64, 64)
    assert sample.seen.width == sample.redrawn.width and sample.seen.width % 10 == 0
    seen, redrawn = (np.frombuffer(grey.grey, np.uint8).astype(float) for grey in (sample.seen, sample.redrawn))
    assert np.abs(seen - redrawn).mean() < 40 and np.corrcoef(seen, redrawn)[0, 1] > 0.8
    assert examined_from(json.loads(json.dumps(asdict(found)))) == found


def test_of_a_recording_that_cannot_be_read_the_one_before_is_shown(heard: Recipe) -> None:
    newest = sorted(heard.good_sound.iterdir())[-1]
    (heard.good_sound / "999998-short.wav").write_bytes(newest.read_bytes()[:4000])
    (heard.good_sound / "999999-torn.wav").write_bytes(b"RIFF")
    (found,) = examine(heard)
    assert found.sample is not None and found.sample.name == newest.name
    shutil.rmtree(heard.good_sound)
    (found,) = examine(heard)
    assert found.sample is None


def test_it_comes_back_whole_through_json(trained: Recipe) -> None:
    (found,) = examine(with_defects(trained))
    assert examined_from(json.loads(json.dumps(asdict(found)))) == found


def test_without_defects_nothing_is_claimed(trained: Recipe) -> None:
    (found,) = examine(trained)
    assert (found.defects, found.auroc, found.worst) == (0, None, ())


def test_the_process_tells_how_far_it_is_and_what_it_found(trained: Recipe) -> None:
    with_defects(trained)
    shutil.copy(trained.image_bundle, trained.candidate("image"))
    states: list[ReviewProgress] = []
    examination = ModelReviewProcess(trained.folder, candidate=True, changed=states.append)
    assert until(lambda: examination.now.state != "running", 60)
    assert examination.now.state == "done", examination.now.message
    assert examination.now.found == tuple(examine(trained, candidate=True))
    assert any(state.of == 6 for state in states)


def test_a_torn_model_is_told_in_words(trained: Recipe) -> None:
    trained.image_bundle.write_bytes(b"torn")
    examination = ModelReviewProcess(trained.folder, candidate=False)
    assert until(lambda: examination.now.state != "running", 60)
    assert examination.now.state == "failed" and "torn" in examination.now.message


def test_an_examination_that_is_stopped_ends(trained: Recipe) -> None:
    write_parts(trained.defect_images, range(300))
    examination = ModelReviewProcess(trained.folder, candidate=False)
    assert until(lambda: examination.now.of > 0, 60)
    examination.stop()
    examination._thread.join(10)
    assert not examination._thread.is_alive() and examination.now.state == "failed"


def test_a_recipe_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(GoodpartError, match="no model to look at"):
        examine(new_recipe(str(tmp_path / "new")))
