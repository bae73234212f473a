"""When a picture must not be judged, and what the technician is told then."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import GoodpartError
from core.features.image.picture import decode_picture
from core.health.camera import (
    CameraHealth,
    CameraHealthSettings,
    PictureMeasures,
    TaughtPictures,
    grey_for_health,
    measure,
)
from core.health.scene_change import SceneChange
from core.samples import Frame, Picture
from core.state.source_status import SourceStatus
from tests.support.data import data_folder

LIVE = SourceStatus(state="live", address="0", fps=10)
SETS = ["images/aliens", "images/cookies", "images/solar_cells"]


def scene(seed: int = 0, width: int = 640, height: int = 480) -> Picture:
    """Something with edges, as a part has."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 200, (12, 16, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)


def noisy(picture: Picture, seed: int, most: int = 3) -> Picture:
    noise = np.random.default_rng(seed).integers(-most, most + 1, picture.shape, dtype=np.int8)
    return cv2.add(picture, noise, dtype=cv2.CV_8U)


def taught(*pictures: Picture) -> TaughtPictures:
    return TaughtPictures.of(measure(picture) for picture in pictures)


def said(health: CameraHealth, picture: Picture, number: int = 1, at: float = 0.0) -> str | None:
    return health.check(Frame(picture, number, at), LIVE, at)


def all_said(health: CameraHealth, picture: Picture) -> str:
    answer = said(health, picture)
    assert answer is not None
    return answer


def test_a_picture_like_the_taught_ones_is_trusted() -> None:
    assert said(CameraHealth(taught(noisy(scene(), 1), noisy(scene(), 2))), noisy(scene(), 3)) is None


def test_a_camera_that_freezes_is_called_by_its_standing_picture() -> None:
    health = CameraHealth(None)
    for number in range(10):
        assert said(health, noisy(scene(), number), number + 1, number / 10) is None
    still = noisy(scene(), 9)
    answers = [said(health, still, 11 + number, 1 + number / 10) for number in range(31)]
    assert answers[:18] == [None] * 18
    assert answers[20] == "camera: picture frozen for 2 s"
    assert answers[30] == "camera: picture frozen for 3 s"
    assert said(health, noisy(scene(), 99), 99, 4.2) is None, "as soon as it lives, it is trusted"


def test_one_pixel_of_noise_a_frame_is_a_living_camera() -> None:
    health = CameraHealth(None)
    for number in range(60):
        picture = scene()
        picture[16 * (number % 20), number] ^= 1
        assert said(health, picture, number + 1, number / 10) is None


def test_the_same_frame_looked_at_twice_does_not_freeze_it() -> None:
    health = CameraHealth(None, CameraHealthSettings(no_frame_after=100))
    for second in range(10):
        assert health.check(Frame(scene(), 1, 0.0), LIVE, float(second)) is None


def test_a_folder_may_show_the_same_picture_for_ever() -> None:
    health = CameraHealth(None, CameraHealthSettings(frozen_after=None))
    for number in range(100):
        assert said(health, scene(), number + 1, number / 10) is None


def test_no_frame_for_a_second_is_said_with_the_seconds() -> None:
    health = CameraHealth(None)
    assert health.check(None, LIVE, 0.0) == "camera: no picture yet"
    assert said(health, scene(), 1, 0.0) is None
    assert health.check(None, LIVE, 0.9) is None
    assert health.check(None, LIVE, 1.4) == "camera: no picture for 1.4 s"
    assert said(health, noisy(scene(), 1), 2, 1.5) is None


def test_a_slow_source_is_given_the_time_that_it_needs() -> None:
    slow = SourceStatus(state="live", address="parts", fps=0.5)
    health = CameraHealth(None)
    assert health.check(Frame(scene(), 1, 0.0), slow, 0.0) is None
    assert health.check(None, slow, 4.0) is None
    assert health.check(None, slow, 7.0) == "camera: no picture for 7.0 s"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            SourceStatus(state="lost", address="1", message="camera 1 does not answer: is it plugged in?"),
            "camera 1 does not answer: is it plugged in?",
        ),
        (SourceStatus(state="ended", address="a.mp4", message="the video has ended"), "camera: the video has ended"),
        (SourceStatus(state="opening", address="0"), "camera: 0 is opening"),
        (SourceStatus(state="stopped", address="0"), "camera: 0 is stopped"),
    ],
)
def test_a_source_that_is_not_live_says_itself_why(status: SourceStatus, words: str) -> None:
    health = CameraHealth(None)
    assert said(health, scene()) is None
    assert health.check(None, status, 0.1) == words
    assert health.check(Frame(scene(1), 2, 0.1), status, 0.1) == words, "also when a last frame is still there"


def test_a_fault_of_the_picture_lasts_until_a_better_one_comes() -> None:
    health = CameraHealth(taught(scene()))
    dark = np.zeros_like(scene())
    assert "too dark" in (said(health, dark, 1, 0.0) or "")
    assert "too dark" in (health.check(None, LIVE, 0.2) or "")
    assert said(health, scene(), 2, 0.3) is None


def test_a_dark_picture_is_told_with_numbers() -> None:
    known = taught(scene(0), scene(1))
    words = all_said(CameraHealth(known), (scene() * 0.03).astype(np.uint8))
    low, high = round(known.brightness_low), round(known.brightness_high)
    assert words == f"camera: picture too dark (brightness 3, taught {low}-{high}): check light and exposure"
    assert said(CameraHealth(known), (scene() * 0.6).astype(np.uint8)) is None, (
        "a little darker is the detector's business"
    )
    assert "(brightness 3)" in all_said(CameraHealth(None), (scene() * 0.03).astype(np.uint8))


def test_dark_field_light_is_not_called_dark_when_it_was_taught_so() -> None:
    dark_field = np.zeros((480, 640, 3), np.uint8)
    dark_field[200:280, 300:340] = 200
    assert said(CameraHealth(taught(dark_field)), dark_field) is None


def test_a_burnt_out_picture_is_told_with_numbers() -> None:
    burnt = np.clip(scene().astype(int) * 3, 0, 255).astype(np.uint8)
    assert "too bright" in all_said(CameraHealth(taught(scene())), burnt)
    assert "taught at most 0%" in all_said(CameraHealth(taught(scene())), burnt)
    white = np.full((480, 640, 3), 255, np.uint8)
    assert "100% is white" in all_said(CameraHealth(None), white)


def test_a_white_background_is_no_burnt_out_picture() -> None:
    part = np.full((480, 640, 3), 255, np.uint8)
    part[150:350, 200:450] = scene(0, 250, 200)
    smaller = np.full((480, 640, 3), 255, np.uint8)
    smaller[180:330, 240:420] = scene(0, 180, 150)
    assert said(CameraHealth(taught(part)), smaller) is None
    assert "too bright" in all_said(CameraHealth(taught(part)), np.full((480, 640, 3), 255, np.uint8))


def test_a_picture_out_of_focus_is_told_with_numbers() -> None:
    health = CameraHealth(taught(scene(0), scene(1)))
    words = all_said(health, cv2.GaussianBlur(scene(), (0, 0), 12))
    assert "blurred or empty (sharpness" in words
    assert "check focus" in words
    assert said(health, cv2.GaussianBlur(scene(), (0, 0), 0.6), 2) is None
    assert "blurred or empty" in all_said(health, np.full((480, 640, 3), 120, np.uint8))


def test_a_black_picture_that_stands_still_is_called_dark_rather_than_frozen() -> None:
    health = CameraHealth(None)
    for number in range(40):
        assert "too dark" in (said(health, np.zeros((480, 640, 3), np.uint8), number + 1, number / 10) or "")


def test_another_size_than_taught_is_told_with_both_sizes() -> None:
    health = CameraHealth(taught(scene(0, 640, 480)))
    words = all_said(health, scene(0, 1280, 720))
    assert words.startswith("camera: picture is 1280 x 720, taught were 640 x 480: set the camera's size")


def test_pictures_taught_in_several_sizes_allow_any() -> None:
    known = taught(scene(0, 640, 480), scene(0, 800, 600))
    assert (known.width, known.height) == (None, None)
    assert said(CameraHealth(known), scene(0, 700, 520)) is None


def test_what_was_taught_goes_through_the_manifest_unchanged() -> None:
    for known in (taught(scene(0)), taught(scene(0), scene(0, 320, 240))):
        assert TaughtPictures.from_json(json.loads(json.dumps(known.to_json()))) == known


@pytest.mark.parametrize("value", [None, "4", True, float("nan")])
def test_a_manifest_without_its_numbers_is_refused(value: object) -> None:
    data: dict[str, object] = dict(taught(scene()).to_json())
    data["sharpness_low"] = value
    with pytest.raises(GoodpartError, match="sharpness_low"):
        TaughtPictures.from_json(data)


def test_nothing_taught_is_refused() -> None:
    with pytest.raises(GoodpartError):
        TaughtPictures.of([])


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 2000), (4000, 3), (255, 257), (513, 511)])
def test_pictures_of_odd_shapes_can_be_measured(width: int, height: int) -> None:
    measures = measure(np.full((height, width, 3), 100, np.uint8))
    assert measures == PictureMeasures(100.0, 0.0, 0.0, width, height)
    assert SceneChange().changed(grey_for_health(np.full((height, width, 3), 100, np.uint8)))


def pictures(folder: Path, most: int) -> list[Picture]:
    files = sorted(folder.iterdir())
    return [decode_picture(file) for file in files[:: max(1, len(files) // most)]]


@pytest.mark.parametrize("name", SETS)
def test_neither_good_nor_defective_parts_are_called_a_camera_fault(name: str) -> None:
    good, defect = pictures(data_folder(name) / "good", 30), pictures(data_folder(name) / "defect", 30)
    known = taught(*good[::2])
    faults = [words for picture in good + defect if (words := said(CameraHealth(known), picture))]
    assert faults == []


@pytest.mark.parametrize("name", SETS)
def test_real_pictures_that_are_dark_or_burnt_out_are_called(name: str) -> None:
    good = pictures(data_folder(name) / "good", 8)
    known = taught(*good)
    for picture in good:
        assert "too dark" in (said(CameraHealth(known), (picture * 0.05).astype(np.uint8)) or "")
        burnt = np.clip(picture.astype(np.float32) * 6 + 60, 0, 255).astype(np.uint8)
        assert "too bright" in (said(CameraHealth(known), burnt) or "")


@pytest.mark.parametrize("name", ["images/aliens", "images/cookies"])
def test_real_pictures_far_out_of_focus_are_called(name: str) -> None:
    good = pictures(data_folder(name) / "good", 8)
    known = taught(*good)
    for picture in good:
        blurred = cv2.GaussianBlur(picture, (0, 0), picture.shape[1] / 100)
        assert "blurred" in (said(CameraHealth(known), blurred) or "")


def shaken(picture: Picture, seed: int, part: float = 0.001) -> Picture:
    """A thousandth of the width is two pixels at 1080p; with noise, and light that flickers by 1 %."""
    rng = np.random.default_rng(seed)
    move = np.float32([[1, 0, rng.normal(0, part) * picture.shape[1]], [0, 1, rng.normal(0, part) * picture.shape[1]]])
    moved = cv2.warpAffine(picture, move, picture.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    return noisy(np.clip(moved * rng.uniform(0.99, 1.01), 0, 255).astype(np.uint8), seed, 7)


@pytest.mark.parametrize("name", SETS)
def test_a_part_that_lies_still_is_not_motion_and_another_part_is(name: str) -> None:
    motion = SceneChange()
    for number, picture in enumerate(pictures(data_folder(name) / "good", 5)):
        changes = [motion.changed(grey_for_health(shaken(picture, 100 * number + shot))) for shot in range(5)]
        assert changes == [True] + [False] * 4


@pytest.mark.parametrize("name", ["images/aliens", "images/cookies"])
def test_on_a_shaking_bench_another_part_is_still_seen(name: str) -> None:
    motion = SceneChange()
    for number, picture in enumerate(pictures(data_folder(name) / "good", 4)):
        changes = [motion.changed(grey_for_health(shaken(picture, 100 * number + shot, 0.002))) for shot in range(6)]
        assert changes == [True] + [False] * 5


def test_a_scene_that_never_rests_is_always_motion() -> None:
    motion = SceneChange()
    assert all(motion.changed(grey_for_health(scene(seed))) for seed in range(60))
