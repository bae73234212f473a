"""Network cameras, against a real server on loopback that misbehaves."""

from __future__ import annotations

import random
from functools import partial

import cv2
import numpy as np
import pytest

from core.samples import Frame
from core.sources.camera.base import CameraSettings
from core.sources.camera.http_camera import open_http
from core.sources.camera.jpeg_scanner import JpegScanner
from core.sources.camera.reader import Backoff, CameraReader
from core.sources.camera_address import address_without_password
from tests.core.sources.test_camera_reader import until
from tests.support.mjpeg_server import MjpegServer, Mode, jpeg, serving


@pytest.fixture
def camera():
    with serving() as server:
        yield server


@pytest.fixture
def source(camera: MjpegServer):
    """A source at the server with short waits."""
    opened: list[CameraReader] = []

    def open_(address: str = "", timeout: float = 0.3, fps: float = 50) -> CameraReader:
        address = address or camera.address
        safe = address_without_password(address)
        opener = partial(open_http, address, safe, CameraSettings(fps=fps), timeout=timeout)
        opened.append(CameraReader(safe, opener, Backoff(0.02, 0.1)))
        opened[-1].start()
        return opened[-1]

    yield open_
    for one in opened:
        one.stop()


def taken(source: CameraReader) -> Frame:
    frame = source.take(5)
    assert frame is not None, source.status().message
    return frame


def is_a_served_picture(frame: Frame) -> bool:
    """Whole, and of one of the levels that the server sends: no half and no mixture of two."""
    levels = frame.picture[:, ::2].reshape(-1)
    return frame.picture.shape == (120, 160, 3) and int(levels.max()) - int(levels.min()) <= 4


def test_a_stream_gives_its_pictures(camera: MjpegServer, source) -> None:
    stream = source()
    first, second = taken(stream), taken(stream)
    assert is_a_served_picture(first)
    assert second.number > first.number
    assert second.at > first.at
    until(lambda: stream.status().fps > 20, "a measured rate")
    status = stream.status()
    assert (status.state, status.width, status.height, status.reconnects) == ("live", 160, 120, 0)


def test_a_camera_that_is_switched_off_and_on_again_comes_back_by_itself(camera: MjpegServer, source) -> None:
    stream = source()
    taken(stream)
    camera.stop()
    until(lambda: "connection refused" in stream.status().message, "lost in words")
    assert stream.status().state == "lost"
    assert stream.status().fps == 0
    assert stream.take(0.01) is None
    camera.start()
    assert is_a_served_picture(taken(stream))
    assert (stream.status().state, stream.status().reconnects) == ("live", 1)


def test_half_a_frame_is_never_shown(camera: MjpegServer, source) -> None:
    camera.mode = "half"
    stream = source()
    until(lambda: camera.requests >= 3, "three connections that break off")
    assert stream.status().frames == 0
    assert "ended its stream" in stream.status().message
    camera.mode = "stream"
    assert is_a_served_picture(taken(stream))


@pytest.mark.parametrize("mode", ["wrong", "bare"])
def test_wrong_boundaries_wrong_lengths_and_half_frames_between_do_no_harm(
    camera: MjpegServer, source, mode: Mode
) -> None:
    camera.mode = mode
    stream = source()
    for _ in range(10):
        assert is_a_served_picture(taken(stream))
    assert stream.status().reconnects == 0


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("stall", "stopped giving pictures"),
        ("drip", "sends no JPEG pictures"),
        ("garbage", "sends no JPEG pictures"),
    ],
)
def test_a_stream_that_gives_no_more_pictures_is_lost_and_found_again(
    camera: MjpegServer, source, mode: Mode, words: str
) -> None:
    stream = source()
    taken(stream)
    camera.mode = mode
    until(lambda: words in stream.status().message, words)
    assert stream.status().state == "lost"
    camera.mode = "stream"
    assert is_a_served_picture(taken(stream))


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("silent", "does not answer within"),
        ("none", "answers 404 (Not Found)"),
        ("page", "answers with text/html, not with pictures"),
        ("cut", "is cut off or cannot be decoded"),
    ],
)
def test_an_address_without_a_stream_says_what_is_wrong(camera: MjpegServer, source, mode: Mode, words: str) -> None:
    camera.mode = mode
    stream = source()
    until(lambda: words in stream.status().message, words)
    assert stream.status().state == "lost"
    assert stream.status().message.startswith(camera.address)


def test_a_snapshot_address_is_polled_at_the_rate(camera: MjpegServer, source) -> None:
    camera.mode = "snapshot"
    snapshots = source(fps=20)
    first, second = taken(snapshots), taken(snapshots)
    assert is_a_served_picture(first)
    assert second.at - first.at >= 0.04
    assert camera.requests >= 2


@pytest.mark.parametrize("digest", [False, True])
def test_a_login_is_used_and_its_password_shown_nowhere(camera: MjpegServer, source, digest: bool) -> None:
    camera.login, camera.digest = "admin:s3cr3t@x", digest
    for address in (camera.address, camera.address.replace("//", "//admin:wrong@")):
        refused = source(address)
        until(lambda refused=refused: "does not let us in" in refused.status().message, "refused in words")
    stream = source(camera.address.replace("//", "//admin:s3cr3t%40x@"))
    assert is_a_served_picture(taken(stream))
    camera.stop()
    until(lambda: stream.status().state == "lost", "lost")
    assert "s3cr3t" not in str(stream.status())
    assert "admin:***@127.0.0.1" in stream.status().address


def test_stop_lets_go_while_the_server_says_nothing(camera: MjpegServer, source) -> None:
    camera.mode = "silent"
    stream = source(timeout=30)
    until(lambda: camera.requests == 1, "connected")
    stream.stop()
    assert stream.status().state == "stopped"


def feed(scanner: JpegScanner, data: bytes, size: int) -> list[bytes]:
    return [picture for at in range(0, len(data), size) for picture in scanner.feed(data[at : at + size])]


@pytest.mark.parametrize("size", [1, 7, 4096, 10_000_000])
def test_pictures_are_cut_out_whole_however_the_bytes_arrive(size: int) -> None:
    pictures = [jpeg(level) for level in (40, 80, 120)]
    noise = random.Random(1).randbytes(500).replace(b"\xff", b"\x00")
    stream = noise + pictures[0] + b"\r\n--x\r\n\r\n" + pictures[1][:700] + pictures[1] + b"\xff\xd8" + pictures[2]
    assert feed(JpegScanner(), stream, size) == pictures


def test_a_thumbnail_inside_a_picture_and_a_progressive_one_do_not_cut_it() -> None:
    plain, thumbnail = jpeg(90), jpeg(30, 16, 16)
    block = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2) + thumbnail
    with_thumbnail = plain[:2] + block + plain[2:]
    rows = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    progressive = cv2.imencode(".jpg", rows, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    restarts = cv2.imencode(".jpg", rows, [cv2.IMWRITE_JPEG_RST_INTERVAL, 2])[1].tobytes()
    stream = [with_thumbnail, progressive, restarts, plain]
    assert feed(JpegScanner(), b"--".join(stream), 1000) == stream


def test_endless_bytes_never_fill_the_memory() -> None:
    scanner = JpegScanner(most_bytes=100_000)
    beginning = jpeg(90)[:-2]
    for _ in range(50):
        assert scanner.feed(random.Random(2).randbytes(20_000)) == []
        assert scanner.held <= 100_000
    scanner.feed(beginning)
    for _ in range(50):
        assert scanner.feed(b"\x11" * 20_000) == []
        assert scanner.held <= 100_000
    assert scanner.feed(jpeg(90)) == [jpeg(90)]
