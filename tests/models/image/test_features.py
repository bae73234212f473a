"""Learning the method `features`, with the filter bank (which needs nothing installed) and with the backbone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.detectors.image.features import FeaturesDetector
from core.errors import GoodpartError, UnreadableError
from core.features.image.picture import WHOLE, decode_picture
from models.base import ImageLesson, Learnt
from models.components.covariance import fit_gaussians, ledoit_wolf, principal_axes
from models.image import backbone
from models.image.features import fit_autoencoder, gram_matrix, learn_with
from tests.support.data import ROOT, data_folder


def silent(phase: str, step: int, of: int, *, loss: float | None = None, validation_loss: float | None = None) -> None:
    pass


def plate(rng: np.random.Generator, *, scratched: bool = False) -> np.ndarray:
    """A plate with a bore, moved a little and lit a little differently each time."""
    picture = np.full((120, 160, 3), 110 + int(rng.integers(-6, 7)), np.uint8)
    centre = (80 + int(rng.integers(-3, 4)), 60 + int(rng.integers(-3, 4)))
    cv2.circle(picture, centre, 30, (60, 60, 60), -1)
    if scratched:
        cv2.line(picture, (15, 15), (60, 35), (220, 220, 220), 2)
    return (picture + rng.normal(0, 3, picture.shape)).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def plates(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder, rng = tmp_path_factory.mktemp("plates"), np.random.default_rng(0)
    files = [folder / f"{number}.png" for number in range(40)]
    for file in files:
        cv2.imwrite(str(file), plate(rng))
    return files


def lesson(pictures: list[Path], folds: int = 5) -> ImageLesson:
    n = len(pictures)
    return ImageLesson(pictures, WHOLE, np.arange(n, dtype=np.int64) * min(folds, n) // n)


def detector_of(learnt: Learnt) -> FeaturesDetector:
    return FeaturesDetector(learnt.arrays, learnt.networks, learnt.settings)


@pytest.fixture(scope="module")
def learnt(plates: list[Path]) -> Learnt:
    return learn_with(None, lesson(plates), silent)


def test_a_scratched_plate_stands_out_by_both_scores_and_the_map_shows_where(learnt: Learnt) -> None:
    rng, detector = np.random.default_rng(1), detector_of(learnt)
    good = [detector.judge(plate(rng)) for _ in range(10)]
    bad = [detector.judge(plate(rng, scratched=True)) for _ in range(10)]
    assert max(scores.density for scores in bad) < min(scores.density for scores in good)
    assert min(scores.reconstruction_error for scores in bad) > max(scores.reconstruction_error for scores in good)
    for scores in bad:
        assert scores.map.shape == (14, 14) and scores.map.dtype == np.float32
        row, column = divmod(int(scores.map.argmax()), 14)
        assert row <= 5 and column <= 6
        assert scores.map.max() > 3
    assert abs(np.mean([scores.map for scores in good])) < 0.5


def test_held_out_scores_are_on_the_scale_of_the_detectors(learnt: Learnt) -> None:
    rng, detector = np.random.default_rng(2), detector_of(learnt)
    fresh = [detector.judge(plate(rng)) for _ in range(40)]
    for held_out, scores in (
        (learnt.held_out_density, [one.density for one in fresh]),
        (learnt.held_out_error, [one.reconstruction_error for one in fresh]),
    ):
        assert held_out.shape == (40,) and held_out.dtype == np.float64
        assert abs(np.median(held_out) - np.median(scores)) < held_out.std()


def test_pictures_which_were_learnt_from_do_not_set_the_held_out_scores(plates: list[Path], learnt: Learnt) -> None:
    detector = detector_of(learnt)
    own = [detector.judge(decode_picture(path)) for path in plates]
    assert np.mean([one.density for one in own]) > learnt.held_out_density.mean() + learnt.held_out_density.std()
    assert np.mean([one.reconstruction_error for one in own]) < learnt.held_out_error.mean()


def test_the_same_lesson_gives_the_same_model_bit_for_bit(plates: list[Path], learnt: Learnt) -> None:
    again = learn_with(None, lesson(plates), silent)
    assert set(again.arrays) == set(learnt.arrays)
    assert all(np.array_equal(again.arrays[name], learnt.arrays[name]) for name in learnt.arrays)
    np.testing.assert_array_equal(again.held_out_density, learnt.held_out_density)
    np.testing.assert_array_equal(again.held_out_error, learnt.held_out_error)


def test_without_a_backbone_the_model_says_so(learnt: Learnt) -> None:
    assert learnt.backbone == "filter bank (no backbone)"
    assert any("goodpart[train]" in note for note in learnt.notes)
    assert not learnt.networks


@pytest.mark.parametrize("count", [5, 6, 11])
@pytest.mark.parametrize("folds", [2, 10])
def test_a_handful_of_pictures_is_learnt_from(plates: list[Path], count: int, folds: int) -> None:
    learnt = learn_with(None, lesson(plates[:count], folds), silent)
    scores = detector_of(learnt).judge(decode_picture(plates[20]))
    numbers = [*learnt.held_out_density, *learnt.held_out_error, scores.density, scores.reconstruction_error]
    assert np.isfinite(numbers).all() and np.isfinite(scores.map).all()


@pytest.mark.parametrize("folds", [np.arange(12) // 2, np.zeros(12, np.int64), np.repeat([0, 1], [11, 1])])
def test_pictures_that_are_all_the_same_still_give_a_model(plates: list[Path], folds: np.ndarray) -> None:
    learnt = learn_with(None, ImageLesson([plates[0]] * 12, WHOLE, folds), silent)
    same, other = (detector_of(learnt).judge(decode_picture(path)) for path in plates[:2])
    numbers = [*learnt.held_out_density, *learnt.held_out_error, other.density, other.reconstruction_error]
    assert np.isfinite(numbers).all()
    assert other.density < same.density and other.reconstruction_error > same.reconstruction_error


def test_when_all_pictures_are_near_duplicates_a_note_says_so(plates: list[Path]) -> None:
    learnt = learn_with(None, ImageLesson(plates[:8], WHOLE, np.zeros(8, np.int64)), silent)
    assert any("nearly the same" in note for note in learnt.notes)


def test_only_the_region_of_interest_is_learnt(plates: list[Path]) -> None:
    region = (0.5, 0.0, 0.5, 1.0)
    learnt = learn_with(None, ImageLesson(plates[:12], region, np.arange(12)), silent)
    halves = learn_with(None, ImageLesson(plates[:12], WHOLE, np.arange(12)), silent)
    assert not np.array_equal(learnt.arrays["channels"], halves.arrays["channels"])


def test_too_few_pictures_are_refused(plates: list[Path]) -> None:
    with pytest.raises(GoodpartError, match="2 good pictures are too few"):
        learn_with(None, lesson(plates[:2]), silent)


def test_a_picture_that_cannot_be_decoded_is_named(plates: list[Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"")
    with pytest.raises(UnreadableError, match=r"broken\.png"):
        learn_with(None, lesson([*plates[:5], broken]), silent)


@pytest.mark.parametrize("phase", ["pictures", "density", "autoencoder", "map"])
def test_learning_can_be_ended_in_every_phase(plates: list[Path], phase: str) -> None:
    def end(now: str, step: int, of: int, *, loss: float | None = None, validation_loss: float | None = None) -> None:
        assert 0 <= step <= of
        if now == phase:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn_with(None, lesson(plates[:6]), end)


def test_learning_and_judging_load_neither_tensorflow_nor_scipy() -> None:
    code = (
        "import sys, models.image.features, models.image.backbone, core.detectors.image.features; print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not {"tensorflow", "keras", "sklearn", "scipy", "torch"} & set(loaded.split())


@pytest.mark.parametrize(("n", "p"), [(12, 40), (40, 12), (30, 30), (2, 5)])
def test_the_shrinkage_is_ledoit_and_wolfs(n: int, p: int) -> None:
    covariance = pytest.importorskip("sklearn.covariance")
    rng = np.random.default_rng(n)
    x = rng.normal(size=(n, p)) @ rng.normal(size=(p, p)) + 5
    _, shrinkage = covariance.ledoit_wolf(x)
    assert ledoit_wolf(x) == pytest.approx(shrinkage, rel=1e-6)


@pytest.mark.parametrize(("n", "p"), [(12, 40), (60, 12)])
def test_a_fitted_gaussian_is_that_of_the_shrunk_covariance(n: int, p: int) -> None:
    covariance = pytest.importorskip("sklearn.covariance")
    rng = np.random.default_rng(p)
    x, fresh = rng.normal(size=(n, 1, p)), rng.normal(size=(9, 1, p)).astype(np.float32)
    fitted = fit_gaussians(x.astype(np.float32), shrinkage=None)
    expected = covariance.LedoitWolf().fit(x[:, 0]).mahalanobis(fresh[:, 0])
    np.testing.assert_allclose(fitted.squared_distances(fresh)[:, 0], expected, rtol=1e-3)


def test_only_the_chosen_samples_are_fitted() -> None:
    x = np.random.default_rng(7).normal(size=(12, 3, 5)).astype(np.float32)
    chosen = np.arange(12) % 3 > 0
    some, alone = fit_gaussians(x, chosen=chosen), fit_gaussians(x[chosen])
    np.testing.assert_array_equal(some.squared_distances(x), alone.squared_distances(x))


@pytest.mark.parametrize(("n", "p"), [(12, 40), (60, 12)])
def test_the_axes_are_those_of_the_singular_value_decomposition(n: int, p: int) -> None:
    x = np.random.default_rng(0).normal(size=(n, p))
    x -= x.mean(axis=0)
    _, singular, vectors = np.linalg.svd(x, full_matrices=False)
    values, axes = principal_axes(x, 5)
    np.testing.assert_allclose(values, singular[:5] ** 2 / n, rtol=1e-9)
    np.testing.assert_allclose(np.abs(np.sum(axes * vectors[:5], axis=1)), 1, rtol=1e-9)


def test_the_autoencoder_is_that_of_the_principal_components_of_the_chosen() -> None:
    decomposition = pytest.importorskip("sklearn.decomposition")
    x = np.random.default_rng(3).normal(size=(40, 6, 50)).astype(np.float32)
    flat, chosen = x.reshape(40, -1), np.arange(40) % 4 > 0
    fitted = fit_autoencoder(flat, gram_matrix(flat), chosen)
    expected = decomposition.PCA(n_components=18, svd_solver="full").fit(flat[chosen])
    redrawn = expected.inverse_transform(expected.transform(flat))
    np.testing.assert_allclose(fitted.mean, flat[chosen].mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(fitted.components @ fitted.components.T, np.eye(18), atol=1e-4)
    np.testing.assert_allclose(fitted.squared_errors(x).reshape(40, -1), (flat - redrawn) ** 2, atol=2e-3)


@pytest.mark.slow
@pytest.mark.skipif(not backbone.can_convert(), reason="the extra `train` is not installed")
def test_with_the_backbone_missing_limbs_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = sorted(data_folder("images/aliens/good").iterdir())
    defect = sorted(data_folder("images/aliens/defect").iterdir())
    monkeypatch.setenv("GOODPART_CACHE", str(tmp_path))
    learnt = learn_with(backbone.obtain_backbone(), lesson(good[::2]), silent)
    assert learnt.backbone == "EfficientNet-Lite0" and not learnt.notes
    detector = detector_of(learnt)
    errors = [
        [detector.judge(decode_picture(path)).reconstruction_error for path in part] for part in (good[1::2], defect)
    ]
    ordered = np.asarray(errors[1])[:, None] > np.asarray(errors[0])[None, :]
    assert ordered.mean() > 0.98
