"""The drawn pump body: it looks like metal, good ones vary within bounds, faults are where they are said to be."""

from __future__ import annotations

import threading
from itertools import islice, pairwise

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from core.samples import Frame, Picture
from core.sources.camera.base import CameraSettings
from core.sources.simulated.camera import Sensor, SimulatedBench, faulty_picture, good_pictures, shown_parts
from core.sources.simulated.pump.faults import FAULTS, Fault
from core.sources.simulated.pump.lighting import Light
from core.sources.simulated.pump.render import CameraView, PumpPart, draw_part, view_of

WIDTH, HEIGHT = 640, 480


def drawn(part: PumpPart, width: int = WIDTH, height: int = HEIGHT) -> Picture:
    return draw_part(part, view_of(part), width, height)


def difference(one: Picture, other: Picture) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.absdiff(one, other).max(axis=2), np.uint8)


def test_the_same_part_is_drawn_the_same_byte_by_byte() -> None:
    part = PumpPart(3, 5, "burr", 0.7)
    first = drawn(part).tobytes()
    drawn(PumpPart(9, 9), 320, 240)
    assert drawn(part).tobytes() == first, "whatever was drawn in between"


def test_other_seeds_numbers_and_series_give_other_parts() -> None:
    parts = [
        PumpPart(0, 0),
        PumpPart(1, 0),
        PumpPart(0, 1),
        PumpPart(0, 0, series="taught"),
        PumpPart(1, 1, series="taught"),
    ]
    assert len({drawn(part, 320, 240).tobytes() for part in parts}) == len(parts)


def test_parts_on_the_bench_were_never_taught() -> None:
    assert {part.series for part in islice(shown_parts(0), 40)} == {"shown"}
    shown = {drawn(PumpPart(seed, number), 320, 240).tobytes() for seed in (0, 1) for number in range(3)}
    taught = {
        drawn(PumpPart(seed, number, series="taught"), 320, 240).tobytes() for seed in (0, 1) for number in range(3)
    }
    assert not taught & shown


@pytest.mark.parametrize(("width", "height"), [(160, 120), (641, 479), (1280, 720), (1920, 1080)])
def test_pictures_have_the_size_that_was_asked_for(width: int, height: int) -> None:
    assert faulty_picture("chip", 1.0, 0, width, height).shape == (height, width, 3)


def test_good_parts_vary_in_light_and_place_within_bounds() -> None:
    pictures = [cv2.resize(p, (64, 48), interpolation=cv2.INTER_AREA) for p in good_pictures(12, 0, WIDTH, HEIGHT)]
    level = np.array([p.mean() for p in pictures])
    assert level.std() > 0.3
    assert np.ptp(level) < 0.15 * level.mean()
    for number in range(200):
        view = view_of(PumpPart(0, number))
        assert max(abs(view.dx), abs(view.dy)) <= 5
        assert abs(view.degrees) <= 1.5
        assert abs(view.light.level - 1) <= 0.07


def test_it_looks_like_grey_metal_under_a_lamp() -> None:
    picture = drawn(PumpPart(0, 0))
    grey = picture.mean(axis=2)
    assert np.percentile(grey, 1) < 25, "bores are dark"
    assert np.percentile(grey, 99) > 190, "machined faces shine"
    assert (picture == 255).all(axis=2).mean() < 0.02, "and are not burnt out"
    assert np.median(picture.max(axis=2).astype(int) - picture.min(axis=2)) < 12, "aluminium is grey"


def test_light_from_the_other_side_lights_other_walls() -> None:
    one, other = (
        draw_part(PumpPart(0, 0), CameraView(light=Light(azimuth=azimuth)), WIDTH, HEIGHT).astype(int)
        for azimuth in (-2.2, 0.9)
    )
    assert np.abs(one - other).mean() > 3
    assert abs(one.mean() - other.mean()) < 0.1 * one.mean()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_clear_fault_is_seen_in_one_place_on_every_part(fault: Fault) -> None:
    places = set()
    for number in range(6):
        changed = difference(drawn(PumpPart(6, number, fault, 1.0)), drawn(PumpPart(6, number)))
        rows, columns = np.nonzero(changed > 40)
        assert len(rows) > 60
        top, bottom = max(0, rows.min() - 25), rows.max() + 25
        left, right = max(0, columns.min() - 25), columns.max() + 25
        assert (bottom - top) * (right - left) < 0.3 * changed.size
        assert changed[top:bottom, left:right].sum(dtype=int) > 0.97 * changed.sum(dtype=int)
        places.add((round(rows.mean() / 40), round(columns.mean() / 40)))
    assert len(places) >= 3, "not always the same place"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_grows_with_every_step_of_its_severity(fault: Fault) -> None:
    change = np.zeros(4)
    for number in range(3):
        good = drawn(PumpPart(4, number))
        change += [difference(drawn(PumpPart(4, number, fault, s)), good).mean() for s in (0.0, 0.15, 0.5, 1.0)]
    assert change[0] == 0
    assert (np.diff(change) > 0).all()
    assert change[3] > 2 * change[1]


def test_frames_of_one_part_differ_less_than_two_parts() -> None:
    part = PumpPart(0, 0)
    picture = drawn(part)
    sensor, rng = Sensor(WIDTH, HEIGHT), part.generator(5)
    frames = [sensor.frame(picture, rng) for _ in range(8)]
    for one, following in pairwise(frames):
        assert 1 < difference(one, following).mean() < 12
        assert abs(float(one.mean()) - float(following.mean())) < 0.025 * picture.mean()
    assert difference(frames[0], frames[1]).mean() < 0.6 * difference(picture, drawn(PumpPart(0, 1))).mean()


def test_noise_does_not_shift_the_colours() -> None:
    picture = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    sensor, rng = Sensor(WIDTH, HEIGHT), np.random.default_rng(0)
    frames = [sensor.frame(picture, rng) for _ in range(40)]
    assert np.abs(np.mean(frames, axis=(0, 1, 2)) - 120).max() < 1.0


def test_stopping_the_bench_ends_its_threads_and_wakes_who_waits() -> None:
    bench = SimulatedBench(CameraSettings(width=320, height=240, fps=0.01))
    bench.start()
    assert bench.take(10.0) is not None
    assert bench.take(0.05) is None, "a frame is given only once"
    woken: list[Frame | None] = []
    waiting = threading.Thread(target=lambda: woken.append(bench.take(60.0)))
    waiting.start()
    bench.stop()
    bench.stop()
    waiting.join(5.0)
    assert woken == [None]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("simulated bench")]
    bench.start()
    assert bench.take(0.0) is None, "a stopped bench stays stopped"


def test_stopping_the_bench_before_its_first_part_is_drawn() -> None:
    bench = SimulatedBench(CameraSettings(width=1280, height=960))
    bench.start()
    bench.stop()
    status = bench.status()
    assert (status.state, status.frames) == ("stopped", 0)
    assert bench.take(0.0) is None
