"""Pictures of anomalies are kept, but never more than the recipe allows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.kept import KeptPictures
from tests.parts import good_part, odd_part


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_kept_picture_is_the_picture(tmp_path: Path) -> None:
    path = KeptPictures(tmp_path / "anomalies", 5, 10).keep(odd_part(1), 1_700_000_000.25)
    assert path is not None
    assert path.name.endswith("-250.jpg")
    stored = cv2.imread(str(path))
    assert stored is not None
    assert np.abs(stored.astype(int) - odd_part(1)).mean() < 4


def test_the_oldest_go_first_by_number(tmp_path: Path) -> None:
    kept = KeptPictures(tmp_path, 3, 10)
    paths = [kept.keep(good_part(number), 1_700_000_000 + number) for number in range(5)]
    assert names(tmp_path) == [path.name for path in paths[2:] if path]


def test_the_oldest_go_first_by_size(tmp_path: Path) -> None:
    first = KeptPictures(tmp_path, 100, 10).keep(good_part(0), 1_700_000_000)
    assert first is not None
    room = 2.5 * first.stat().st_size / 1e6
    kept = KeptPictures(tmp_path, 100, room)
    for number in range(1, 6):
        kept.keep(good_part(number), 1_700_000_000 + number)
    assert len(names(tmp_path)) == 2
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= room * 1e6


@pytest.mark.parametrize(("most", "megabytes"), [(0, 10), (10, 0)])
def test_nothing_is_kept_where_nothing_may_be(tmp_path: Path, most: int, megabytes: float) -> None:
    assert KeptPictures(tmp_path, most, megabytes).keep(good_part(0), 1_700_000_000) is None
    assert names(tmp_path) == []


def test_what_others_put_there_stays(tmp_path: Path) -> None:
    (tmp_path / "0-note.jpg").write_bytes(bytes(100))
    kept = KeptPictures(tmp_path, 1, 10)
    kept.keep(good_part(0), 1_700_000_000)
    kept.keep(good_part(1), 1_700_000_001)
    assert len(names(tmp_path)) == 2
    assert "0-note.jpg" in names(tmp_path)


def test_a_full_disk_leaves_no_half_picture(small_disk: Callable[[int], Path]) -> None:
    folder = small_disk(16) / "anomalies"
    with pytest.raises(OSError, match="No space"):
        KeptPictures(folder, 10, 10).keep(np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8), 1e9)
    assert names(folder) == []
