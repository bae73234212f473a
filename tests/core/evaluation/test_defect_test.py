"""How well good and defective material are told apart: the figures are those of independent reckonings."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from core.bundle import read_bundle
from core.decision.rule_arrays import share_arrays
from core.errors import GoodpartError
from core.evaluation.defect_test import separate
from core.evaluation.statistics import auroc, auroc_interval, rate_interval, roc
from core.recipes.recipe import Recipe, open_recipe
from tests.support.parts import environment, goodpart, learn_in_process, odd_part, write_parts
from tests.support.sounds import faulty_motor, good_motor, write_sounds


def test_the_auroc_is_that_of_scikit_learn_ties_included() -> None:
    from sklearn.metrics import roc_auc_score, roc_curve

    random = np.random.default_rng(5)
    for _ in range(20):
        good = random.normal(0, 1, random.integers(1, 40)).round(1)
        bad = random.normal(1, 1, random.integers(1, 40)).round(1)
        truth = np.concatenate([np.zeros(len(good)), np.ones(len(bad))])
        scores = np.concatenate([good, bad])
        assert auroc(good, bad) == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
        alarms, caught, _ = roc_curve(truth, scores, drop_intermediate=False)
        np.testing.assert_allclose(roc(good, bad), np.column_stack([alarms, caught]), atol=1e-12)


def test_the_interval_holds_the_true_value_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    for apart in (0.5, 1.5, 2.5):
        true = 0.5 * (1 + math.erf(apart / 2))  # of normals that lie so far apart
        inside = 0
        for _ in range(400):
            value = auroc(random.normal(0, 1, 30), random.normal(apart, 1, 20))
            low, high = auroc_interval(value, 30, 20)
            inside += low <= true <= high
        assert 0.91 <= inside / 400 <= 1.0, apart


def test_a_perfect_separation_of_few_is_not_certain() -> None:
    low, high = auroc_interval(1.0, 20, 5)
    assert high == 1.0
    assert 0.6 < low < 0.9
    assert auroc_interval(1.0, 500, 500)[0] > 0.99
    low, high = auroc_interval(0.5, 1, 1)
    assert (low, high) == (pytest.approx(1 - high), high)


def test_the_interval_of_a_rate_is_wilsons() -> None:
    # By hand from the formula in the paper, and the two ends.
    assert rate_interval(3, 20) == pytest.approx((0.0524, 0.3604), abs=1e-4)
    assert rate_interval(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert rate_interval(0, 0) == (0.0, 1.0)


def test_defective_pictures_are_judged_as_score_judges_them(trained: Recipe, user: dict[str, str]) -> None:
    files = write_parts(trained.defect_images, range(900, 904), odd_part)
    (trained.defect_images / "torn.png").write_bytes(b"no picture")
    said: list[tuple[int, int]] = []
    found = separate(trained, "image", read_bundle(trained.image_bundle), lambda step, of: said.append((step, of)))
    assert said == [(step, 5) for step in range(5)]
    assert {case.path for case in found.defects} == set(files)
    assert [case.share for case in found.defects] == sorted(case.share for case in found.defects)
    assert len(found.refused) == 1
    assert "torn.png" in found.refused[0]
    for case in found.defects:
        done = goodpart(["score", trained.folder, case.path], user)
        assert done.stdout.startswith(case.state)
        assert case.reason in done.stdout
        assert case.map is not None
        assert case.map.shape == (14, 14)
    assert found.misses == sum(case.state == "OK" for case in found.defects)
    assert [case.path for case in found.worst] == [case.path for case in found.defects[:3]]


def test_good_scores_are_the_held_out_ones_with_their_names(trained: Recipe) -> None:
    from sklearn.metrics import roc_auc_score

    write_parts(trained.defect_images, range(900, 902), odd_part)
    bundle = read_bundle(trained.image_bundle)
    found = separate(trained, "image", bundle)
    held, t = bundle.held_out, found.thresholds
    expected = share_arrays(held.density, held.reconstruction_error, t)
    np.testing.assert_array_equal(found.good.share, expected)
    assert sorted(found.good.names) == sorted(path.name for path in trained.good_images.iterdir())
    truth = [0] * len(expected) + [1] * 2
    assert found.auroc == pytest.approx(roc_auc_score(truth, [*expected, *found.defect_share]))
    assert found.false_alarms == int(np.sum(expected > 1.0))


def test_without_defects_there_is_no_auroc(trained: Recipe) -> None:
    found = separate(trained, "image", read_bundle(trained.image_bundle))
    assert (found.auroc, found.interval, found.misses, list(found.worst)) == (None, None, 0, [])


def test_it_can_be_ended_between_two_files(trained: Recipe) -> None:
    write_parts(trained.defect_images, range(900, 904), odd_part)

    def end(step: int, _of: int) -> None:
        if step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        separate(trained, "image", read_bundle(trained.image_bundle), end)


def test_a_dark_defect_is_neither_found_nor_missed(trained: Recipe) -> None:
    write_parts(trained.defect_images, [900], lambda seed: odd_part(seed) // 8)
    found = separate(trained, "image", read_bundle(trained.image_bundle))
    assert (found.unknown, found.misses) == (1, 0)
    assert "dark" in found.defects[0].reason


def test_a_model_of_another_region_is_refused(trained: Recipe) -> None:
    trained.change("camera", {"region": [0.1, 0.1, 0.8, 0.8]})
    with pytest.raises(GoodpartError, match="region of interest"):
        separate(open_recipe(str(trained.folder)), "image", read_bundle(trained.image_bundle))


def test_defective_sound_is_judged_as_whole_recordings(heard: Recipe, user: dict[str, str]) -> None:
    from sklearn.metrics import roc_auc_score

    sounds = [faulty_motor("bearing"), faulty_motor("bearing", 0.05, number=901), good_motor(950)]
    write_sounds(heard.defect_sound, sounds)
    found = separate(heard, "sound", read_bundle(heard.sound_bundle))
    assert len(found.good.share) == 20
    assert sorted(found.good.names) == sorted(path.name for path in heard.good_sound.iterdir())
    done = goodpart(["score", heard.folder, *(case.path for case in found.defects)], user)
    assert [line.split()[0] for line in done.stdout.splitlines() if ".wav" in line] == [c.state for c in found.defects]
    assert found.defects[-1].path.name == "motor000.wav"
    assert found.misses >= 1  # a good one in the wrong folder
    truth = [0] * 20 + [1] * 3
    assert found.auroc == pytest.approx(roc_auc_score(truth, [*found.good.share, *found.defect_share]))
    trace = found.defects[0].trace
    assert trace is not None
    assert trace.shape[1] == 2
    assert 3.5 < trace[-1, 0] <= 4.0


@pytest.mark.parametrize("pictures", [6])
def test_few_pictures_are_enough(tmp_path: Path, pictures: int) -> None:
    from tests.support.parts import make_recipe

    recipe = make_recipe(tmp_path / "few", pictures)
    done = learn_in_process(recipe.folder, environment(tmp_path), "--false-alarms", "0.2")
    assert done.returncode == 0, done.stdout
    recipe.change("verdict", {"false_alarms": 0.2})
    write_parts(recipe.defect_images, range(900, 902), odd_part)
    found = separate(open_recipe(str(recipe.folder)), "image", read_bundle(recipe.image_bundle))
    assert found.interval is not None
    assert found.interval[0] < found.interval[1]
