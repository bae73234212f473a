"""What can be decoded is taught, what cannot is refused by name, and nothing is taught twice."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.dataset.add_images import find_pictures, pictures_in, teach_pictures
from core.errors import GoodpartError
from core.features.image.picture import decode_picture
from core.runtime.listing import natural_order
from tests.support.parts import good_part, write_parts


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return tmp_path / "recipe" / "good" / "images"


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def test_pictures_of_every_kind_are_copied_as_they_are(good: Path, stick: Path) -> None:
    grey = good_part(7)[:, :, 0]
    kinds = {
        "a.png": good_part(1),
        "b.jpg": good_part(2),
        "c.bmp": good_part(3),
        "d.tif": good_part(4),
        "e.JPEG": good_part(5),
        "f-grey.png": grey,
        "g-16bit.png": good_part(8)[:, :, 0].astype(np.uint16) << 8,
        "h-alpha.png": np.dstack([good_part(9), np.full(grey.shape, 255, np.uint8)]),
        "i-float.tif": good_part(10).astype(np.float32) / 255,
    }
    for name, array in kinds.items():
        assert cv2.imwrite(str(stick / name), array)
    taught = teach_pictures(good, [stick])
    assert (len(taught.added), taught.refused, taught.known, taught.total) == (9, [], 0, 9)
    assert taught.near_duplicates == 0
    assert [path.name for path in taught.added] == [f"{n:06d}-{name}" for n, name in enumerate(sorted(kinds), 1)]
    for path in taught.added:
        assert path.read_bytes() == (stick / path.name[7:]).read_bytes()
        assert decode_picture(path).shape == (150, 200, 3)
    assert sorted(good.iterdir()) == sorted(taught.added)


def test_what_cannot_be_decoded_is_refused_by_name_and_the_rest_goes_on(good: Path, stick: Path) -> None:
    write_parts(stick, range(2))
    jpg = cv2.imencode(".jpg", good_part(3))[1].tobytes()
    (stick / "cut.jpg").write_bytes(jpg[: len(jpg) // 2])
    (stick / "empty.png").touch()
    (stick / "text.png").write_text("no picture")
    (stick / "folder.png").mkdir()
    taught = teach_pictures(good, [stick])
    assert len(taught.added) == 2
    assert [sentence.partition(":")[0] for sentence in taught.refused] == [
        str(stick / name) for name in ("cut.jpg", "empty.png", "folder.png", "text.png")
    ]
    assert len(pictures_in(good)) == 2


def test_a_name_that_training_would_not_find_is_refused(good: Path, stick: Path) -> None:
    (path,) = write_parts(stick, [1])
    bare = stick / "bare"
    shutil.copy(path, bare)
    taught = teach_pictures(good, [bare, path])
    assert len(taught.added) == len(pictures_in(good)) == 1
    assert "bare: its name does not end in .bmp" in taught.refused[0]


def test_the_same_folder_twice_adds_nothing(good: Path, stick: Path) -> None:
    write_parts(stick, range(3))
    teach_pictures(good, [stick])
    again = teach_pictures(good, [stick])
    assert (again.added, again.known, again.total) == ([], 3, 3)
    assert len(pictures_in(good)) == 3


def test_a_copy_within_one_folder_counts_as_known(good: Path, stick: Path) -> None:
    (path,) = write_parts(stick, [1])
    shutil.copy(path, stick / "copy.png")
    taught = teach_pictures(good, [stick])
    assert (len(taught.added), taught.known) == (1, 1)


def test_two_pictures_of_one_name_are_two_pictures(good: Path, tmp_path: Path) -> None:
    write_parts(tmp_path / "monday", [1])
    (tmp_path / "tuesday").mkdir()
    assert cv2.imwrite(str(tmp_path / "tuesday" / "part1.png"), good_part(2))
    taught = teach_pictures(good, [tmp_path / "monday", tmp_path / "tuesday"])
    assert [path.name for path in taught.added] == ["000001-part1.png", "000002-part1.png"]


def test_later_pictures_are_numbered_after_those_that_are_there(good: Path, stick: Path, tmp_path: Path) -> None:
    write_parts(stick, range(2))
    teach_pictures(good, [stick])
    (good / "000001-part0.png").unlink()
    taught = teach_pictures(good, write_parts(tmp_path / "more", [5]))
    assert [path.name for path in taught.added] == ["000003-part5.png"]


def test_the_order_is_that_in_which_cameras_number(good: Path, stick: Path) -> None:
    names = ["9.png", "10.png", "100.png", "a2.png", "a10.png", "B1.png", "²5.png"]
    for number, name in enumerate(names):
        assert cv2.imwrite(str(stick / name), good_part(number))
    shuffled = [stick / name for name in names]
    random.Random(1).shuffle(shuffled)
    assert [path.name for path in sorted(shuffled, key=natural_order)] == names
    assert [path.name[7:] for path in teach_pictures(good, [stick]).added] == names


def test_folders_in_folders_are_taught_hidden_files_are_not(good: Path, stick: Path) -> None:
    write_parts(stick / "b", [1])
    write_parts(stick / "a" / "deep", [2])
    write_parts(stick / ".thumbnails", [3])
    (stick / "b" / "._part1.png").write_bytes(b"what a Mac leaves on sticks")
    (stick / "b" / "notes.txt").write_text("no picture")
    taught = teach_pictures(good, [stick])
    assert [path.name for path in taught.added] == ["000001-part2.png", "000002-part1.png"]
    assert taught.refused == []


def test_links_lead_to_the_picture(good: Path, stick: Path) -> None:
    (path,) = write_parts(stick, [1])
    (link,) = teach_pictures(good, [path], link=True).added
    assert link.is_symlink()
    assert link.resolve() == path.resolve()
    assert teach_pictures(good, [path]).known == 1
    path.unlink()
    assert teach_pictures(good, write_parts(stick, [2])).total == 1


def test_a_very_long_name_is_cut(good: Path, stick: Path) -> None:
    (path,) = write_parts(stick, [1])
    long = path.rename(stick / ("ü" * 120 + ".png"))
    (added,) = teach_pictures(good, [long]).added
    assert added.name.startswith("000001-ü")
    assert added.suffix == ".png"
    assert decode_picture(added).shape == (150, 200, 3)


def test_near_duplicates_are_counted_turned_and_mirrored_too(good: Path, stick: Path) -> None:
    write_parts(stick, range(12))
    first = good_part(0)
    noise = np.random.default_rng(0).integers(-3, 4, first.shape)
    copies = {
        "lighter": np.clip(first.astype(int) + 6, 0, 255),
        "noisy": np.clip(first.astype(int) + noise, 0, 255),
        "quarter": np.rot90(first),
        "half": np.rot90(first, 2),
        "mirrored": first[:, ::-1],
        "both": np.rot90(first[:, ::-1], 3),
    }
    for name, array in copies.items():
        assert cv2.imwrite(str(stick / f"z-{name}.png"), np.ascontiguousarray(array.astype(np.uint8)))
    taught = teach_pictures(good, [stick])
    assert (taught.total, taught.near_duplicates) == (18, 6)


@pytest.mark.parametrize("what", ["folder without pictures", "nothing there", "name too long"])
def test_a_path_that_leads_to_no_picture_is_said_in_words(good: Path, stick: Path, what: str) -> None:
    path = {"folder without pictures": stick, "nothing there": stick / "none", "name too long": stick / ("x" * 300)}[
        what
    ]
    with pytest.raises(GoodpartError) as refused:
        teach_pictures(good, [path])
    assert str(refused.value).startswith(f"{path}: ")


def test_progress_tells_every_file(good: Path, stick: Path) -> None:
    write_parts(stick, range(3))
    told: list[tuple[int, int]] = []
    teach_pictures(good, [stick], progress=lambda step, of: told.append((step, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_full_disk_keeps_what_was_added_and_leaves_nothing_half(
    stick: Path, small_disk: Callable[[int], Path]
) -> None:
    good = small_disk(256) / "good"
    write_parts(stick, range(9))
    with pytest.raises(GoodpartError, match=r"No space left.*what came before it was added"):
        teach_pictures(good, [stick])
    kept = pictures_in(good)
    assert 1 <= len(kept) < 9
    assert sorted(good.iterdir()) == sorted(kept)
    for path in kept:
        assert path.read_bytes() == (stick / path.name[7:]).read_bytes()


def test_files_come_as_they_are_given(stick: Path) -> None:
    paths = write_parts(stick, [3, 1, 2])
    assert find_pictures(paths) == paths
    assert [path.name for path in find_pictures([stick])] == ["part1.png", "part2.png", "part3.png"]
