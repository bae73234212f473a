"""Pictures of one part in one place are one group; different parts are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.dataset.near_duplicates import SIDE, near_duplicates, thumbnail
from core.samples import Picture
from tests.support.parts import good_part


def groups(*pictures: Picture) -> list[int]:
    return near_duplicates([thumbnail(np.ascontiguousarray(p)) for p in pictures]).tolist()


def noisy(picture: Picture, seed: int) -> Picture:
    noise = np.random.default_rng(seed).normal(0, 3, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


POSES = {
    f"{'mirrored ' * mirror}turned {90 * turns}": (turns, mirror) for turns in range(4) for mirror in (False, True)
}


def posed(picture: Picture, turns: int, mirror: bool) -> Picture:
    return np.rot90(picture[:, ::-1] if mirror else picture, turns)


def test_different_parts_of_one_kind_are_different() -> None:
    assert groups(*(good_part(seed) for seed in range(60))) == list(range(60))


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("others", [0, 1, 10])
def test_a_copy_is_found_in_any_pose(pose: str, others: int) -> None:
    parts = [good_part(seed) for seed in range(others)]
    found = groups(*parts, good_part(99), posed(noisy(good_part(99), 1), *POSES[pose]))
    assert found[-1] == found[-2]
    assert found[: others + 1] == list(range(others + 1))


def test_consecutive_frames_are_one_group() -> None:
    part = good_part(3)
    assert groups(good_part(1), part, good_part(2), noisy(part, 1), noisy(part, 2)) == [0, 1, 2, 1, 1]


def test_the_size_of_the_file_does_not_matter() -> None:
    large = cv2.resize(good_part(1), None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    assert groups(good_part(0), good_part(1), large, good_part(2)) == [0, 1, 1, 2]


def test_blank_pictures_are_all_the_same() -> None:
    black, white = np.zeros((50, 60, 3), np.uint8), np.full((50, 60, 3), 255, np.uint8)
    assert groups(black, good_part(1), white, good_part(2)) == [0, 1, 0, 2]


def test_no_pictures_and_one_picture() -> None:
    assert groups() == []
    assert groups(good_part(1)) == [0]


def test_a_thumbnail_has_no_light_of_its_own() -> None:
    small = thumbnail(good_part(1))
    assert small.shape == (SIDE, SIDE)
    assert small.dtype == np.float32
    assert small.mean() == pytest.approx(0, abs=1e-5)
    assert small.std() == pytest.approx(1, abs=1e-4)
    assert not thumbnail(np.full((9, 9, 3), 80, np.uint8)).any()
