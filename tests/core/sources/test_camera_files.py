"""Video files and folders of pictures, real ones, written by OpenCV."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.samples import Frame
from core.sources.camera.base import CameraSettings, PictureSource
from core.sources.camera.files import Folder, pictures_at
from core.sources.camera.reader import Backoff, CameraReader
from core.sources.camera_address import open_source
from tests.core.sources.test_camera_reader import until

FAST = CameraSettings(fps=200)
ONCE = CameraSettings(fps=200, loop=False)
LEVELS = [30, 60, 90, 120, 150, 180]


def write_video(path: Path, code: str, fps: float = 100) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), fps, (160, 120))
    assert writer.isOpened()
    for level in LEVELS:
        writer.write(np.full((120, 160, 3), level, np.uint8))
    writer.release()
    return path


def write_pictures(folder: Path, names: list[str]) -> list[int]:
    folder.mkdir(exist_ok=True)
    levels = [20 + 10 * number for number in range(len(names))]
    for name, level in zip(names, levels, strict=True):
        assert cv2.imwrite(str(folder / name), np.full((30, 40, 3), level, np.uint8))
    return levels


def level_of(frame: Frame) -> int:
    return round(float(frame.picture.mean()))


def all_of(source: PictureSource) -> list[Frame]:
    """Every frame until the source has ended (taken fast enough to miss none of a slow source)."""
    frames = []
    source.start()
    while True:
        frame = source.take(0.05)
        if frame is not None:
            frames.append(frame)
        elif source.status().state == "ended":
            return frames


@pytest.fixture
def source(request: pytest.FixtureRequest):
    """Opens an address; stops what was opened."""
    opened: list[PictureSource] = []

    def open_(address: str | Path, settings: CameraSettings) -> PictureSource:
        opened.append(open_source(str(address), settings))
        return opened[-1]

    yield open_
    for one in opened:
        one.stop()


@pytest.mark.parametrize(("name", "code"), [("a.avi", "MJPG"), ("a.mp4", "mp4v"), ("xvid.avi", "XVID")])
def test_a_video_plays_once_in_order_and_says_that_it_has_ended(tmp_path: Path, source, name: str, code: str) -> None:
    video = source(write_video(tmp_path / name, code, fps=20), CameraSettings(loop=False))
    frames = all_of(video)
    assert frames[-1].number == len(LEVELS), "the last frame is never missed"
    for frame in frames:
        assert abs(level_of(frame) - LEVELS[frame.number - 1]) <= 4
    status = video.status()
    assert (status.state, status.message) == ("ended", "the video has ended")
    assert (status.frames, status.width, status.height) == (len(LEVELS), 160, 120)


@pytest.mark.parametrize(("name", "code"), [("a.avi", "MJPG"), ("a.mp4", "mp4v")])
def test_a_looped_video_begins_anew(tmp_path: Path, source, name: str, code: str) -> None:
    video = source(write_video(tmp_path / name, code), CameraSettings())
    video.start()
    until(lambda: video.status().frames > 3 * len(LEVELS), "three rounds")
    frame = video.take(5)
    assert frame is not None
    assert abs(level_of(frame) - LEVELS[(frame.number - 1) % len(LEVELS)]) <= 4
    assert video.status().state == "live"


def test_a_video_keeps_its_own_rate(tmp_path: Path, source) -> None:
    video = source(write_video(tmp_path / "a.avi", "MJPG", fps=20), CameraSettings(loop=False))
    begin = time.monotonic()
    all_of(video)
    assert time.monotonic() - begin >= (len(LEVELS) - 1) / 20, "never faster than it was taken"


def test_a_torn_video_is_lost_in_words(tmp_path: Path, source) -> None:
    whole = write_video(tmp_path / "whole.mp4", "mp4v").read_bytes()
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.avi").write_bytes(b"")
    for path in (torn, tmp_path / "empty.avi"):
        video = source(path, CameraSettings())
        video.start()
        until(lambda video=video: video.status().state == "lost", "lost")  # type: ignore[misc]
        assert "video" in video.status().message
        assert str(path) in video.status().message


def test_pictures_come_in_natural_order(tmp_path: Path, source) -> None:
    names = ["part 1.png", "part 2.png", "part 10.png", "part 11.PNG", "part 100.bmp"]
    levels = write_pictures(tmp_path / "p", names)
    (tmp_path / "p" / "notes.txt").write_text("no picture")
    (tmp_path / "p" / "._part 1.png").write_bytes(b"what a Mac leaves behind")
    assert [path.name for path in pictures_at(tmp_path / "p")] == names
    folder = source(tmp_path / "p", CameraSettings(fps=25, loop=False))
    frames = all_of(folder)
    assert [level_of(f) for f in frames] == [levels[f.number - 1] for f in frames]
    assert level_of(frames[-1]) == levels[-1]
    assert folder.status().message == "all pictures were shown"


def test_a_looped_folder_begins_anew_and_finds_what_was_added(tmp_path: Path, source) -> None:
    write_pictures(tmp_path, ["1.png", "2.png"])
    folder = source(tmp_path, FAST)
    folder.start()
    until(lambda: folder.status().frames > 5, "rounds")
    cv2.imwrite(str(tmp_path / "3.png"), np.full((30, 40, 3), 222, np.uint8))

    def seen() -> bool:
        frame = folder.take(1)
        return frame is not None and level_of(frame) == 222

    until(seen, "the added picture")


def test_pictures_that_cannot_be_decoded_are_skipped_counted_and_named(tmp_path: Path, source) -> None:
    levels = write_pictures(tmp_path, ["1.jpg", "4.jpg", "6.jpg"])
    (tmp_path / "2.jpg").write_bytes(b"")
    (tmp_path / "3.jpg").write_bytes((tmp_path / "1.jpg").read_bytes()[:300])
    (tmp_path / "5.png").write_bytes(b"not a picture")
    folder = source(tmp_path, CameraSettings(fps=25, loop=False))
    frames = all_of(folder)
    assert abs(level_of(frames[-1]) - levels[-1]) <= 1
    assert {f.picture.shape for f in frames} == {(30, 40, 3)}
    status = folder.status()
    assert status.state == "ended"
    assert "3 pictures skipped" in status.message
    assert "2.jpg: the file is empty" in status.message


def test_a_folder_without_pictures_is_lost_in_words_and_found_once_there_are_some(tmp_path: Path) -> None:
    (tmp_path / "readme.md").write_text("nothing to see")
    folder = CameraReader(str(tmp_path), partial(Folder, tmp_path, FAST), Backoff(0.02, 0.02))
    folder.start()
    until(lambda: folder.status().state == "lost", "lost")
    assert "holds no pictures (.bmp, .jpeg, .jpg, .png" in folder.status().message
    write_pictures(tmp_path, ["1.png"])
    assert folder.take(5) is not None
    assert folder.status().state == "live"
    folder.stop()


@pytest.mark.parametrize("loop", [True, False])
def test_a_folder_of_nothing_but_damaged_pictures_is_lost_in_words(tmp_path: Path, source, loop: bool) -> None:
    for number in range(3):
        (tmp_path / f"{number}.jpg").write_bytes(b"\xff\xd8\xff\xe0 damaged")
    folder = source(tmp_path, CameraSettings(fps=200, loop=loop))
    folder.start()
    until(lambda: folder.status().state == "lost", "lost")
    assert "none of its 3 pictures can be decoded" in folder.status().message


def test_one_picture_stands_for_a_camera_that_looks_at_one_part(tmp_path: Path, source) -> None:
    write_pictures(tmp_path, ["part.png"])
    picture = source(tmp_path / "part.png", FAST)
    picture.start()
    first, second = picture.take(5), picture.take(5)
    assert first is not None
    assert second is not None
    assert second.number > first.number
    assert (second.picture == first.picture).all()


def test_a_slow_folder_does_not_make_who_waits_wait_for_its_next_picture(tmp_path: Path, source) -> None:
    levels = write_pictures(tmp_path, ["1.png", "2.png"])
    folder = source(tmp_path, CameraSettings(fps=0.01))
    folder.start()
    until(lambda: folder.status().frames == 1, "the first picture")
    frame = folder.take(5)
    assert frame is not None
    assert level_of(frame) == levels[0]
