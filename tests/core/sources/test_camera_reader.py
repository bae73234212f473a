"""The reader thread, with a device whose every step the test controls."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from core.samples import Picture
from core.sources.camera.base import PictureSource
from core.sources.camera.reader import Backoff, CameraReader, SourceLost

QUICK = Backoff(first=0.01, longest=0.04)


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something that must happen; fails by name when it does not."""
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.002)


class Bench:
    """A device that gives one frame for every `push`, and remembers which ones were decoded."""

    interval = None
    decode_all = False
    ended = "the bench has ended"
    note = ""

    def __init__(self) -> None:
        self._frames = threading.Semaphore(0)
        self.grabbed = 0
        self.decoded: list[int] = []
        self.closed = 0
        self.unplugged = False
        self.over = False
        self.let_go = False

    def push(self, count: int = 1) -> None:
        for _ in range(count):
            before = self.grabbed
            self._frames.release()
            until(lambda before=before: self.grabbed > before, "the reader grabs")  # type: ignore[misc]

    def wake(self) -> None:
        self._frames.release()

    def grab(self) -> bool:
        while not self._frames.acquire(timeout=0.02):
            if self.let_go:
                return False
        if self.unplugged:
            raise SourceLost("camera 1 stopped giving pictures: is it still plugged in?")
        if self.over:
            return False
        self.grabbed += 1
        return True

    def retrieve(self) -> Picture | None:
        self.decoded.append(self.grabbed)
        return np.full((4, 6, 3), self.grabbed, np.uint8)

    def close(self) -> None:
        self.closed += 1


def finish(source: PictureSource, bench: Bench) -> None:
    bench.let_go = True
    source.stop()


def fast(bench: Bench, source: PictureSource) -> None:
    """Let the reader see that it is a fast source: it decodes the frames of slow ones without being asked."""
    bench.push(10)
    until(lambda: source.status().frames == bench.grabbed, "counting")
    assert source.status().fps > 12


def test_the_newest_frame_wins_and_those_that_nobody_took_are_counted_as_dropped() -> None:
    bench = Bench()
    source = CameraReader("0", lambda: bench)
    source.start()
    bench.push(3)
    until(lambda: source.status().frames == 3, "three frames")
    threading.Timer(0.05, bench.wake).start()
    frame = source.take(5)
    assert frame is not None
    assert frame.number >= 3
    assert (frame.picture == frame.number).all()
    status = source.status()
    assert status.state == "live"
    assert (status.width, status.height) == (6, 4)
    assert status.dropped == frame.number - 1
    finish(source, bench)


def test_frames_of_a_fast_camera_that_nobody_waits_for_are_not_decoded() -> None:
    bench = Bench()
    source = CameraReader("0", lambda: bench)
    source.start()
    fast(bench, source)
    before = len(bench.decoded)
    bench.push(50)
    until(lambda: source.status().frames == bench.grabbed, "counting")
    assert len(bench.decoded) == before
    threading.Timer(0.05, bench.wake).start()
    frame = source.take(5)
    assert frame is not None
    assert frame.number == 61
    assert len(bench.decoded) == before + 1
    assert source.status().dropped == 60
    finish(source, bench)


def test_without_a_new_frame_take_gives_none_and_never_the_same_frame_twice() -> None:
    bench = Bench()
    source = CameraReader("0", lambda: bench)
    assert source.take(0.01) is None
    source.start()
    bench.push()
    assert source.take(5) is not None
    assert source.take(0.01) is None
    finish(source, bench)


def test_a_camera_that_is_not_there_is_tried_again_for_ever_with_growing_pauses() -> None:
    opened: list[float] = []

    def absent() -> Bench:
        opened.append(time.monotonic())
        raise SourceLost("camera 1 does not answer: is it plugged in? goodpart devices lists them")

    source = CameraReader("1", absent, QUICK)
    source.start()
    until(lambda: len(opened) >= 6, "six attempts")
    source.stop()
    pauses = [b - a for a, b in pairwise(opened)]
    assert all(pause >= least for pause, least in zip(pauses, [0.01, 0.02, 0.04, 0.04, 0.04], strict=False))
    attempts = len(opened)
    time.sleep(0.1)
    assert len(opened) == attempts, "a stopped source tries no more"


def test_the_status_says_what_is_wrong_and_when_it_is_tried_again() -> None:
    def absent() -> Bench:
        raise SourceLost("camera 1 does not answer: is it plugged in? goodpart devices lists them")

    source = CameraReader("1", absent, Backoff(first=4))
    assert source.status().state == "opening"
    source.start()
    until(lambda: source.status().state == "lost", "lost")
    words = "camera 1 does not answer: is it plugged in? goodpart devices lists them; trying again in 4 s"
    assert source.status().message == words
    source.stop()
    assert source.status().state == "stopped"


def test_a_camera_pulled_and_plugged_in_again_goes_on_by_itself() -> None:
    benches: list[Bench] = []

    def open_bench() -> Bench:
        benches.append(Bench())
        return benches[-1]

    source = CameraReader("1", open_bench, QUICK)
    source.start()
    until(lambda: len(benches) == 1, "opening")
    benches[0].push(2)
    benches[0].unplugged = True
    benches[0].wake()
    until(lambda: len(benches) == 2, "opening again")
    lost = source.status()
    assert lost.state == "lost"
    assert "stopped giving pictures" in lost.message
    assert source.take(0) is None, "a picture from before the loss is no picture of now"
    assert benches[0].closed == 1
    benches[1].push()
    frame = source.take(5)
    assert frame is not None
    assert frame.number == 3, "numbers go on without gaps"
    status = source.status()
    assert (status.state, status.message, status.reconnects) == ("live", "", 1)
    finish(source, benches[1])


def test_an_end_is_told_and_take_still_waits_so_that_nobody_spins() -> None:
    bench = Bench()
    source = CameraReader("film.mp4", lambda: bench)
    source.start()
    bench.push()
    bench.over = True
    bench.wake()
    until(lambda: source.status().state == "ended", "the end")
    assert source.status().message == "the bench has ended"
    assert source.take(1) is not None, "the last frame is still there"
    begin = time.monotonic()
    assert source.take(0.05) is None
    assert time.monotonic() - begin >= 0.05
    finish(source, bench)


def test_stop_returns_while_the_driver_holds_the_reader_for_ever() -> None:
    bench = Bench()
    source = CameraReader("0", lambda: bench)
    source.start()
    bench.push()
    waiting = threading.Thread(target=source.take, args=(30,))
    source.take(1)
    waiting.start()
    source.stop()
    source.stop()
    waiting.join(5)
    assert not waiting.is_alive(), "who waits for a frame is let go"
    assert bench.closed == 0, "the driver still holds it"
    bench.wake()
    until(lambda: bench.closed == 1, "released as soon as the driver lets go")
    assert source.status().state == "stopped"


def test_a_damaged_frame_is_left_out_and_the_next_one_given() -> None:
    class Damaged(Bench):
        def retrieve(self) -> Picture | None:
            picture = super().retrieve()
            return None if self.grabbed == 1 else picture

    bench = Damaged()
    source = CameraReader("0", lambda: bench)
    source.start()
    bench.push()
    until(lambda: bench.decoded == [1], "the damaged frame")
    threading.Timer(0.05, bench.wake).start()
    frame = source.take(5)
    assert frame is not None
    assert frame.number == 2
    finish(source, bench)


def test_an_error_of_our_own_in_the_reader_does_not_look_like_a_living_camera() -> None:
    class Broken(Bench):
        def retrieve(self) -> Picture | None:
            raise AssertionError("a mistake in the program")

    bench = Broken()
    source = CameraReader("0", lambda: bench)
    heard: list[threading.ExceptHookArgs] = []
    hook, threading.excepthook = threading.excepthook, heard.append
    try:
        source.start()
        bench.push()
        until(lambda: bool(heard), "the error is reported")
    finally:
        threading.excepthook = hook
    status = source.status()
    assert status.state == "lost"
    assert "start the station anew" in status.message
    finish(source, bench)
