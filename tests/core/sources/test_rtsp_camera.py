"""Network cameras over rtsp://, against a real server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from core.sources.camera import opencv_camera as camera_module
from core.sources.camera.opencv_camera import open_rtsp
from core.sources.camera.reader import Backoff, CameraReader
from core.sources.camera_address import address_without_password
from tests.core.sources.test_camera_reader import until
from tests.support.mjpeg_server import jpeg
from tests.support.rtsp_server import RtspServer


@pytest.fixture
def camera() -> Iterator[RtspServer]:
    server = RtspServer([jpeg(level) for level in (40, 80, 120)], fps=50, login="admin:geheim")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def source(camera: RtspServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[CameraReader]:
    monkeypatch.setattr(camera_module, "STREAM_TIMEOUT_MS", 1000)
    address = f"rtsp://admin:geheim@127.0.0.1:{camera.port}/stream"
    reader = CameraReader(
        address_without_password(address),
        partial(open_rtsp, address, address_without_password(address)),
        Backoff(0.05, 0.1),
    )
    reader.start()
    yield reader
    reader.stop()


def test_a_stream_gives_its_pictures_and_comes_back_after_the_camera_went(
    camera: RtspServer, source: CameraReader
) -> None:
    frame = source.take(5)
    assert frame is not None, source.status().message
    assert frame.picture.shape == (120, 160, 3)
    assert round(float(frame.picture.mean())) in (41, 81, 121)
    camera.stop()
    until(lambda: source.status().state == "lost", "lost")
    assert "rtsp://admin:***@" in source.status().message
    assert "geheim" not in str(source.status())
    camera.start()
    again = source.take(5)
    assert again is not None, source.status().message
    assert again.number > frame.number
    assert source.status().reconnects == 1


def test_a_stream_that_stands_still_is_lost_and_found_again(camera: RtspServer, source: CameraReader) -> None:
    assert source.take(5) is not None
    camera.stalled = True
    until(lambda: "stopped giving pictures" in source.status().message, "lost in words")
    camera.stalled = False
    assert source.take(5) is not None
