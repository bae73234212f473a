"""Pictures of anomalies are kept, but never more than the recipe allows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile

from core.journal.evidence_files import EvidencePictures, EvidenceSounds
from core.journal.sound_excerpt import SoundExcerpt
from core.state.verdict import SoundJudgement, Thresholds
from tests.support.parts import good_part, odd_part
from tests.support.sounds import noise


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_kept_picture_is_the_picture(tmp_path: Path) -> None:
    path = EvidencePictures(tmp_path / "anomalies", 5, 10).keep(odd_part(1), 1_700_000_000.25)
    assert path is not None
    assert path.name.endswith("-250.jpg")
    stored = cv2.imread(str(path))
    assert stored is not None
    assert np.abs(stored.astype(int) - odd_part(1)).mean() < 4


def test_the_oldest_go_first_by_number(tmp_path: Path) -> None:
    kept = EvidencePictures(tmp_path, 3, 10)
    paths = [kept.keep(good_part(number), 1_700_000_000 + number) for number in range(5)]
    assert names(tmp_path) == [path.name for path in paths[2:] if path]


def test_the_oldest_go_first_by_size(tmp_path: Path) -> None:
    first = EvidencePictures(tmp_path, 100, 10).keep(good_part(0), 1_700_000_000)
    assert first is not None
    room = 2.5 * first.stat().st_size / 1e6
    kept = EvidencePictures(tmp_path, 100, room)
    for number in range(1, 6):
        kept.keep(good_part(number), 1_700_000_000 + number)
    assert len(names(tmp_path)) == 2
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= room * 1e6


@pytest.mark.parametrize(("most", "megabytes"), [(0, 10), (10, 0)])
def test_nothing_is_kept_where_nothing_may_be(tmp_path: Path, most: int, megabytes: float) -> None:
    assert EvidencePictures(tmp_path, most, megabytes).keep(good_part(0), 1_700_000_000) is None
    assert names(tmp_path) == []


def test_what_others_put_there_stays(tmp_path: Path) -> None:
    (tmp_path / "0-note.jpg").write_bytes(bytes(100))
    kept = EvidencePictures(tmp_path, 1, 10)
    kept.keep(good_part(0), 1_700_000_000)
    kept.keep(good_part(1), 1_700_000_001)
    assert len(names(tmp_path)) == 2
    assert "0-note.jpg" in names(tmp_path)


def test_a_full_disk_leaves_no_half_picture(small_disk: Callable[[int], Path]) -> None:
    folder = small_disk(16) / "anomalies"
    with pytest.raises(OSError, match="No space"):
        EvidencePictures(folder, 10, 10).keep(np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8), 1e9)
    assert names(folder) == []


def overheard(windows: int = 300, seconds: float = 8.0, rate: int = 8000) -> SoundExcerpt:
    pieces = [noise(0.1, rate, seed=number) for number in range(round(seconds * 10))]
    heard = [
        SoundJudgement(number, number / 10, 1 + number / 10, -1.0, 0.5, False, number / 100, 0.1, 0.4, "", 1.0)
        for number in range(windows)
    ]
    return SoundExcerpt(heard, Thresholds(-3.0, 2.0, "sum", -1.0, 0.5, 0.1, 0.1), pieces, rate)


def test_of_a_sound_the_last_seconds_and_their_scores_are_kept(tmp_path: Path) -> None:
    paths = EvidenceSounds(tmp_path / "anomalies", 5, 10).keep(overheard(), 1_700_000_000.25)
    assert paths is not None
    sound, rate = soundfile.read(paths[1], dtype="float32")
    assert (rate, len(sound)) == (8000, 5 * 8000)
    whole = np.concatenate([noise(0.1, 8000, seed=number) for number in range(80)])
    assert np.abs(sound - whole[-len(sound) :]).max() < 1e-4
    trace = json.loads(paths[0].read_text())
    assert len(trace["seconds"]) == 300
    assert (trace["seconds"][0], trace["seconds"][-1]) == (-29.9, 0.0)
    assert trace["share"][-1] == 2.99
    assert trace["thresholds"]["density"] == -3.0


def test_sounds_are_bounded_apart_from_pictures(tmp_path: Path) -> None:
    pictures, sounds = EvidencePictures(tmp_path, 2, 10), EvidenceSounds(tmp_path, 3, 10)
    pictures.keep(good_part(0), 1_600_000_000)
    kept = [sounds.keep(overheard(), 1_700_000_000 + number) for number in range(5)]
    told = [path.name for paths in kept[2:] if paths for path in paths]
    assert [name for name in names(tmp_path) if not name.endswith(".jpg")] == sorted(told)
    assert sum(name.endswith(".jpg") for name in names(tmp_path)) == 1


def test_sounds_stay_below_their_megabytes(tmp_path: Path) -> None:
    size = sum(path.stat().st_size for path in EvidenceSounds(tmp_path, 9, 10).keep(overheard(), 1_700_000_000) or ())
    sounds = EvidenceSounds(tmp_path, 9, 2.5 * size / 1e6)
    for number in range(1, 5):
        sounds.keep(overheard(), 1_700_000_000 + number)
    assert len(names(tmp_path)) == 4
    assert EvidenceSounds(tmp_path, 9, 0.5 * size / 1e6).keep(overheard(), 1_700_000_009) is None
    assert EvidenceSounds(tmp_path, 0, 10).keep(overheard(), 1_700_000_009) is None
    assert len(names(tmp_path)) == 4
