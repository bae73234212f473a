"""The numbers behind the method `features`."""

from __future__ import annotations

import numpy as np
import pytest

from core.detectors.components.gaussian import Gaussians
from core.detectors.components.linear_autoencoder import LinearAutoencoder, UsualError, hottest
from core.detectors.image.features import DensityScale, ErrorScale, FeaturesDetector, FeaturesModel
from core.errors import GoodpartError

RNG = np.random.default_rng(0)


def orthonormal(rows: int, columns: int) -> np.ndarray:
    return np.linalg.qr(RNG.normal(size=(columns, rows)))[0].T.astype(np.float32)


def test_a_distance_is_that_of_the_covariance_written_out() -> None:
    mean, basis = RNG.normal(size=(1, 20)).astype(np.float32), orthonormal(6, 20)[None]
    variance, rest = RNG.uniform(1, 9, (1, 6)).astype(np.float32), np.array([0.5], np.float32)
    x = RNG.normal(size=(8, 1, 20)).astype(np.float32)
    covariance = basis[0].T @ np.diag(variance[0] - rest[0]) @ basis[0] + rest[0] * np.eye(20)
    away = x[:, 0] - mean[0]
    expected = np.einsum("ij,jk,ik->i", away, np.linalg.inv(covariance), away)
    distances = Gaussians(mean, basis, variance, rest).squared_distances(x)
    np.testing.assert_allclose(distances[:, 0], expected, rtol=1e-4)


def test_every_cell_has_its_own_gaussian() -> None:
    basis = np.stack([orthonormal(2, 3), orthonormal(2, 3)])
    cells = Gaussians(np.zeros((2, 3), np.float32), basis, np.ones((2, 2), np.float32), np.ones(2, np.float32) * [1, 1])
    x = np.array([[[3, 0, 0], [0, 4, 0]]], np.float32)
    np.testing.assert_allclose(cells.squared_distances(x), [[9, 16]], rtol=1e-5)


def test_the_error_is_what_the_components_cannot_redraw() -> None:
    components = np.eye(6, dtype=np.float32)[:2]
    x = np.arange(6, dtype=np.float32).reshape(1, 3, 2)
    squared = LinearAutoencoder(np.zeros(6, np.float32), components).squared_errors(x)
    np.testing.assert_array_equal(squared, [[[0, 0], [4, 9], [16, 25]]])


def test_a_usual_error_is_zero_and_a_perfect_picture_is_finite() -> None:
    usual = UsualError(
        channel=np.array([4, 9], np.float32), cell_mean=np.zeros(3, np.float32), cell_spread=np.ones(3, np.float32)
    )
    squared = np.array([[[4, 9], [8, 18], [0, 0]]], np.float32)
    unusual = usual.unusual(usual.log_errors(squared))
    np.testing.assert_allclose(unusual[0, :2], [0, np.log(2)], atol=1e-6)
    assert np.isfinite(unusual).all() and unusual[0, 2] < -10


def test_the_hottest_cells_count() -> None:
    np.testing.assert_array_equal(hottest(np.array([[1, 9, 5, 7]], np.float32)), [8])


def test_a_higher_density_is_more_like_the_good_parts() -> None:
    scale = DensityScale(np.array([1, 2, 3], np.float32), np.array([0.5, 2, 1], np.float32))
    distances = np.array([[1, 2, 3], [2, 2, 3], [1, 6, 3], [1, 2, 4]], np.float32)
    np.testing.assert_allclose(scale.densities(distances), [0, -2 / 3, -2 / 3, -1 / 3])


def test_the_errors_count_in_spreads_of_theirs_the_finer_one_three_times() -> None:
    scale = ErrorScale(np.array([2, 4], np.float32))
    np.testing.assert_allclose(scale.errors(np.array([[0, 0], [2, 0], [0, 4], [2, 4]], np.float32)), [0, 0.5, 1.5, 2])


def test_a_model_that_lacks_a_part_is_refused() -> None:
    with pytest.raises(GoodpartError, match=r"whole\.mean.*train again"):
        FeaturesModel.from_arrays({"channels": np.ones(3, np.float32)})
    with pytest.raises(GoodpartError, match="train again"):
        FeaturesDetector({}, {}, {"backbone": "EfficientNet-Lite0"})
