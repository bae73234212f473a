"""Pictures from the camera into the recipe: which are taken, and what is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.commands import CollectPictures, EndCollecting
from core.dataset.capture_images import ImageCapture
from core.errors import GoodpartError
from core.features.image.picture import decode_picture
from core.health.camera import CameraHealth
from core.journal.store import read_journal
from core.recipes.recipe import Recipe
from core.samples import Frame
from core.state.sense import ImageState
from core.state.source_status import SourceStatus
from core.station.ports import device_ports
from core.station.station import Station
from tests.support.parts import Scripted, good_part, until

LIVE = SourceStatus("live", "0", "", 200, 150, 30.0, 1, 0, 0, 0.0)


def frame(seed: int, number: int, at: float) -> Frame:
    return Frame(picture=good_part(seed), number=number, at=at)


def test_pictures_are_stored_without_loss_two_a_second(tmp_path: Path) -> None:
    collector = ImageCapture(tmp_path / "good", 2, CameraHealth(None))
    wanted = []
    for step in range(12):
        now = 0.1 * step
        one = frame(step, step, now)
        if collector.wants(one, LIVE, now):
            collector.write(one.picture)
            wanted.append(step)
    assert wanted == [0, 5]
    assert collector.complete and collector.state().stored == 2
    first, second = sorted((tmp_path / "good").iterdir())
    assert np.array_equal(decode_picture(first), good_part(0))
    assert second.name.startswith("000002-taken-")


def test_the_rate_is_what_was_achieved(tmp_path: Path) -> None:
    collector = ImageCapture(tmp_path / "good", None, CameraHealth(None))

    def offered(now: float) -> float | None:
        collector.wants(frame(int(10 * now), int(10 * now), now), LIVE, now)
        return collector.state().per_second

    assert offered(0.0) is None
    # A camera that gives a picture every 0.8 s.
    assert [offered(0.8 * step) for step in range(1, 12)][-1] == pytest.approx(1.25)
    # Nothing has been stored for long: what was is no rate any more.
    collector.wants(None, LIVE, 60.0)
    assert collector.state().per_second is None


def test_a_dark_picture_is_not_stored_and_it_says_so(tmp_path: Path) -> None:
    collector = ImageCapture(tmp_path / "good", None, CameraHealth(None))
    dark = Frame(picture=np.zeros((150, 200, 3), np.uint8), number=1, at=0.0)
    assert not collector.wants(dark, LIVE, 0.0)
    assert "dark" in collector.state().note


def test_a_part_that_lies_still_is_noticed(tmp_path: Path) -> None:
    still = ImageCapture(tmp_path / "still", None, CameraHealth(None))
    for _ in range(12):
        still.write(good_part(1))
    assert "the last 12 pictures are nearly the same: move the part" in still.state().note
    moved = ImageCapture(tmp_path / "moved", None, CameraHealth(None))
    for seed in range(12):
        moved.write(good_part(seed))
    assert moved.state().note == ""


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, read_only: Callable[[Path], Path]) -> None:
    tmp_path.joinpath("recipe").mkdir()
    with pytest.raises(GoodpartError, match="cannot be written"):
        ImageCapture(read_only(tmp_path / "recipe") / "good", 1, CameraHealth(None))


def image_of(station: Station) -> ImageState:
    image = station.snapshot().image
    assert image is not None
    return image


def test_the_station_stores_until_it_is_ended_and_goes_on_judging(trained: Recipe) -> None:
    source = Scripted()
    source.show(good_part)
    station = Station(trained, device_ports(trained, camera=source))
    station.start()
    try:
        assert until(lambda: station.snapshot().verdict.state == "OK")
        station.do(CollectPictures(defect=True))
        assert until(lambda: (now := image_of(station).capture) is not None and now.stored >= 2)
        station.do(CollectPictures())
        assert until(lambda: "stored already" in station.snapshot().fault)
        station.do(EndCollecting())
        assert until(lambda: image_of(station).capture is None)
        assert "pictures of defective parts stored in defect/images" in image_of(station).stored
        assert station.snapshot().verdict.state == "OK"
        station.do(CollectPictures(1))
        assert until(lambda: "1 picture of good parts" in image_of(station).stored)
    finally:
        station.stop()
    assert len(list(trained.defect_images.iterdir())) >= 2
    assert [event.reason for event in read_journal(trained.journal) if event.kind == "teaching"][1].startswith("1 pic")


def test_a_full_disk_is_told_and_leaves_no_half_picture(small_disk: Callable[[int], Path]) -> None:
    folder = small_disk(512) / "good"
    collector = ImageCapture(folder, None, CameraHealth(None))
    with pytest.raises(OSError, match="No space"):
        for seed in range(10_000):
            collector.write(good_part(seed))
    assert not list(folder.glob(".*"))
    assert len(list(folder.iterdir())) == collector.state().stored
