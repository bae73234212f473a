"""What sees where there is no backbone."""

from __future__ import annotations

import cv2
import numpy as np

from core.features.image.filter_bank import LAYOUT, FilterBank
from core.features.image.pooling import channel_scale, normalised, pool

RNG = np.random.default_rng(0)


def plate() -> np.ndarray:
    """A grey plate with grain."""
    grain = RNG.normal(120, 4, (480, 640, 1)).clip(0, 255).astype(np.uint8)
    return np.repeat(grain, 3, axis=2)


def test_the_maps_have_the_shapes_that_the_layout_tells() -> None:
    taps = FilterBank().taps(plate())
    assert [tap.shape for tap in taps] == [
        (side, side, c) for side, c in zip((56, 28, 14), LAYOUT.channels, strict=True)
    ]
    assert all(tap.dtype == np.float32 for tap in taps)


def test_any_size_and_shape_of_picture_will_do() -> None:
    for height, width in ((1, 1), (7, 300), (1080, 1920)):
        picture = RNG.integers(0, 255, (height, width, 3), dtype=np.uint8)
        assert all(np.isfinite(tap).all() for tap in FilterBank().taps(picture))


def test_the_same_picture_gives_the_same_numbers() -> None:
    picture = plate()
    first, second = FilterBank().taps(picture), FilterBank().taps(picture)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_scratch_shows_where_it_is() -> None:
    pictures = [plate() for _ in range(6)]
    scratched = plate()
    cv2.line(scratched, (20, 20), (80, 60), (200, 200, 200), 2)
    bank = FilterBank()
    seen = [pool(bank.taps(picture), LAYOUT) for picture in (*pictures, scratched)]
    scale = channel_scale(np.stack([one.statistics for one in seen[:-1]]), LAYOUT)
    fine = np.stack([normalised(one, scale, LAYOUT).fine for one in seen])
    away = np.abs(fine[-1] - fine[:-1].mean(axis=0)).max(axis=1)
    row, column = divmod(int(np.argmax(away)), 14)
    assert row <= 2 and column <= 2


def test_a_colour_that_was_never_there_is_seen() -> None:
    pictures = [plate() for _ in range(4)]
    stained = plate()
    stained[200:280, 300:400, 2] += 60
    bank = FilterBank()
    seen = [pool(bank.taps(picture), LAYOUT) for picture in (*pictures, stained)]
    scale = channel_scale(np.stack([one.statistics for one in seen[:-1]]), LAYOUT)
    red_minus_green = normalised(seen[-1], scale, LAYOUT).coarse[:, 1]
    assert abs(red_minus_green).argmax() == 24
    assert abs(red_minus_green).max() > 10
