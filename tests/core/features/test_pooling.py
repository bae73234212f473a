"""Feature maps to vectors."""

from __future__ import annotations

import numpy as np
import pytest

from core.features.image.pooling import Layout, Taps, channel_scale, normalised, pool

LAYOUT = Layout(channels=(3, 2), grids=(28, 14), coarse=(1,), fine=(0, 1), fine_cells=(1,))


def taps(seed: int) -> Taps:
    rng = np.random.default_rng(seed)
    return [rng.normal(1, 2, size).astype(np.float32) for size in ((56, 56, 3), (14, 14, 2))]


def test_cells_are_the_means_of_their_part_of_the_map() -> None:
    first, second = taps(0)
    pooled = pool([first, second], LAYOUT)
    assert pooled.local.shape == (49, 5) and pooled.coarse.shape == (49, 2) and pooled.fine.shape == (196, 5)
    # Cell 9 of 7x7 is the second row, third column.
    np.testing.assert_allclose(pooled.local[9, :3], first[8:16, 16:24].mean(axis=(0, 1)), atol=1e-6)
    np.testing.assert_allclose(pooled.local[9, 3:], second[2:4, 4:6].mean(axis=(0, 1)), atol=1e-6)
    np.testing.assert_allclose(pooled.fine[17, :3], first[4:8, 12:16].mean(axis=(0, 1)), atol=1e-6)
    np.testing.assert_allclose(pooled.fine[17, 3:], second[1, 3], atol=1e-6)


def test_the_statistics_are_taken_on_the_layouts_grid() -> None:
    first, second = taps(1)
    pooled = pool([first, second], LAYOUT)
    halved = first.reshape(28, 2, 28, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(pooled.statistics[0], [*first.mean((0, 1)), *second.mean((0, 1))], atol=1e-5)
    np.testing.assert_allclose(pooled.statistics[1], [*halved.std((0, 1)), *second.std((0, 1))], atol=1e-5)


def test_the_scale_is_the_deviation_over_pictures_and_places() -> None:
    maps = [taps(seed) for seed in range(5)]
    scale = channel_scale(np.stack([pool(map_, LAYOUT).statistics for map_ in maps]), LAYOUT)
    np.testing.assert_allclose(scale[3:], np.stack([map_[1] for map_ in maps]).std(axis=(0, 1, 2)), rtol=1e-5)


def test_a_channel_that_never_varies_is_not_blown_up() -> None:
    maps = [taps(seed) for seed in range(5)]
    for map_ in maps:
        map_[1][:, :, 0] = 7
    scale = channel_scale(np.stack([pool(map_, LAYOUT).statistics for map_ in maps]), LAYOUT)
    assert scale[3] == pytest.approx(0.01 * scale[4] / np.sqrt(2), rel=1e-3)
    assert np.isfinite(normalised(pool(maps[0], LAYOUT), scale, LAYOUT).coarse).all()


def test_one_picture_is_normalised_as_many_are() -> None:
    pooled, scale = pool(taps(0), LAYOUT), np.arange(1, 6, dtype=np.float32)
    one, many = normalised(pooled, scale, LAYOUT), normalised(pooled.at(None), scale, LAYOUT)
    for alone, among in zip(one.arrays(), many.arrays(), strict=True):
        np.testing.assert_array_equal(alone, among[0])
    np.testing.assert_allclose(one.coarse, pooled.coarse / [4, 5])
