"""The simulated bench: the same for a seed, varied like real parts, with faults where they are said to be."""

from __future__ import annotations

import itertools
import time

import cv2
import numpy as np
import pytest

from core.errors import GoodpartError
from core.features.image.picture import resized
from core.samples import Picture
from core.sources.camera.base import CameraSettings
from core.sources.simulated.camera import SimulatedBench, faulty_picture, good_pictures, shown_parts
from core.sources.simulated.pump.faults import FAULTS, Fault

WIDTH, HEIGHT = 640, 480


@pytest.fixture(scope="module")
def good() -> list[Picture]:
    return list(good_pictures(4, 0, WIDTH, HEIGHT))


def difference(one: Picture, other: Picture) -> Picture:
    return cv2.absdiff(one, other).max(axis=2)


def test_a_seed_gives_the_same_pictures_and_another_seed_others(good: list[Picture]) -> None:
    assert np.array_equal(next(good_pictures(1, 0, WIDTH, HEIGHT)), good[0])
    assert not np.array_equal(next(good_pictures(1, 1, WIDTH, HEIGHT)), good[0])
    assert good[0].shape == (HEIGHT, WIDTH, 3)
    assert good[0].dtype == np.uint8


def test_good_parts_differ_but_are_alike(good: list[Picture]) -> None:
    for one, other in itertools.combinations(good, 2):
        small = [resized(picture, 64).astype(float).ravel() for picture in (one, other)]
        assert not np.array_equal(one, other)
        assert np.corrcoef(*small)[0, 1] > 0.8


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_changes_its_place_alone_and_grows_with_its_severity(fault: Fault) -> None:
    whole = faulty_picture(fault, 0.0, 2, WIDTH, HEIGHT)
    changed = [difference(faulty_picture(fault, severity, 2, WIDTH, HEIGHT), whole) > 40 for severity in (0.15, 1.0)]
    assert changed[1].sum() > changed[0].sum()
    assert changed[1].sum() > 30
    assert changed[1].mean() < 0.1
    rows, columns = np.nonzero(changed[1])
    assert np.percentile(rows, 95) - np.percentile(rows, 5) < HEIGHT / 2
    assert np.percentile(columns, 95) - np.percentile(columns, 5) < WIDTH / 2


def test_every_fault_comes_to_the_bench_between_good_parts() -> None:
    parts = list(itertools.islice(shown_parts(0), 60))
    assert parts[0].fault is None
    assert {part.fault for part in parts} == {None, *FAULTS}
    faults = [part.fault for part in parts if part.fault]
    assert all(one != other for one, other in itertools.pairwise(faults))
    assert 15 <= len(faults) <= 30
    assert all(part.severity >= 0.6 for part in parts if part.fault)
    assert parts == list(itertools.islice(shown_parts(0), 60)) != list(itertools.islice(shown_parts(1), 60))


def test_the_bench_shows_part_after_part_and_knows_the_truth() -> None:
    bench = SimulatedBench(CameraSettings(WIDTH, HEIGHT, fps=30), seconds_per_part=0.2)
    bench.start()
    try:
        truths = [part.fault or "good" for part in itertools.islice(shown_parts(0), 12)]
        seen: list[str] = []
        until = time.monotonic() + 20
        while len(seen) < 3 and time.monotonic() < until:
            frame = bench.take(1.0)
            if frame and (not seen or frame.truth != seen[-1]):
                seen.append(str(frame.truth))
        assert seen == [truth for truth, _ in itertools.groupby(truths)][:3]
        status = bench.status()
        assert (status.state, status.width, status.height) == ("live", WIDTH, HEIGHT)
        assert status.frames >= 3
    finally:
        bench.stop()
    assert bench.status().state == "stopped"
    assert bench.take(0.1) is None


def test_two_frames_of_a_part_are_never_the_same_and_hardly_differ() -> None:
    bench = SimulatedBench(CameraSettings(WIDTH, HEIGHT, fps=30), seconds_per_part=60)
    bench.start()
    try:
        frames = [bench.take(10.0), bench.take(10.0)]
    finally:
        bench.stop()
    first, second = (frame.picture for frame in frames if frame)
    apart = difference(first, second)
    assert apart.any()
    assert apart.mean() < 12


def test_the_newest_frame_wins_and_the_others_are_counted() -> None:
    bench = SimulatedBench(CameraSettings(WIDTH, HEIGHT, fps=30))
    bench.start()
    try:
        assert bench.take(10.0)
        while bench.status().dropped < 3:
            time.sleep(0.02)
        frame = bench.take(1.0)
        assert frame
        assert frame.number >= 4
    finally:
        bench.stop()


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(GoodpartError, match="at least"):
        SimulatedBench(CameraSettings(16, 16))


def test_whoever_teaches_gets_parts_of_one_kind_each_another_one() -> None:
    bench = SimulatedBench(CameraSettings(320, 240, 15.0), seconds_per_part=60.0)
    bench.start()
    try:
        assert bench.take(10.0) is not None
        for kind in ("defect", "good"):
            bench.clamp(kind)
            deadline = time.monotonic() + 20.0
            shown: list[Picture] = []
            seen = 0
            while len(shown) < 3 and time.monotonic() < deadline:
                frame = bench.take(5.0)
                assert frame is not None
                seen += 1
                if seen < 2:
                    continue  # it may have been drawn before it was asked for
                assert (frame.truth == "good") == (kind == "good")
                if not shown or difference(frame.picture, shown[-1]).mean() > 12:
                    shown.append(frame.picture)
            assert len(shown) == 3
    finally:
        bench.stop()
