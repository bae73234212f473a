"""Cameras that are absent, busy or silent, and nothing on the terminal but our own words."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from core.sources.camera import opencv_camera as camera_module
from core.sources.camera.base import CameraSettings
from core.sources.camera.discovery import NONE_ANSWERS, candidates, list_cameras
from core.sources.camera.opencv_camera import open_rtsp
from core.sources.camera.reader import Backoff, CameraReader
from core.sources.camera_address import open_source
from tests.core.sources.test_camera_reader import until

linux = pytest.mark.skipif(sys.platform != "linux", reason="V4L2 devices are files on Linux only")


def test_a_camera_that_is_not_there_is_lost_in_words() -> None:
    source = open_source("9", CameraSettings())
    source.start()
    until(lambda: source.status().state == "lost", "lost")
    words = "camera 9 does not answer: is it plugged in? goodpart devices lists them; trying again"
    assert source.status().message == words
    assert source.take(0.01) is None
    source.stop()
    assert source.status().state == "stopped"


@linux
def test_a_device_that_is_no_camera_is_lost_in_words() -> None:
    source = CameraReader("/dev/null", partial(camera_module.open_camera, "/dev/null", CameraSettings()))
    source.start()
    until(lambda: source.status().state == "lost", "lost")
    assert "does not open: does another program use it" in source.status().message
    source.stop()


def test_nothing_is_written_to_the_terminal_when_cameras_and_streams_fail(tmp_path: Path) -> None:
    (tmp_path / "torn.mp4").write_bytes(b"\x00\x00\x00\x20ftypisom" + bytes(400))
    code = f"""
from core.sources.camera_address import open_source
from core.sources.camera.base import CameraSettings
import time
for address in ("9", {str(tmp_path / "torn.mp4")!r}, "rtsp://127.0.0.1:9/x"):
    source = open_source(address, CameraSettings())
    source.start()
    while source.status().state != "lost":
        time.sleep(0.01)
    source.stop()
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert answer.stdout == ""
    assert answer.stderr == ""


def test_an_rtsp_camera_that_refuses_is_lost_without_showing_its_password() -> None:
    source = open_source("rtsp://admin:geheim@127.0.0.1:9/stream", CameraSettings())
    source.start()
    until(lambda: source.status().state == "lost", "lost")
    assert source.status().message.startswith("rtsp://admin:***@127.0.0.1:9/stream does not answer")
    assert "geheim" not in str(source.status())
    source.stop()


def test_an_rtsp_camera_that_accepts_and_says_nothing_neither_holds_stop_nor_lasts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(camera_module, "STREAM_TIMEOUT_MS", 600)
    with socket.create_server(("127.0.0.1", 0)) as server:
        connected = threading.Event()
        held: list[socket.socket] = []

        def accept() -> None:
            held.append(server.accept()[0])
            connected.set()

        threading.Thread(target=accept, daemon=True).start()
        address = f"rtsp://127.0.0.1:{server.getsockname()[1]}/stream"
        source = CameraReader(address, partial(open_rtsp, address, address), Backoff(0.1))
        source.start()
        assert connected.wait(5)
        source.stop()
        assert source.status().state == "stopped"
        reader = next((t for t in threading.enumerate() if t.name == f"reader {address}"), None)
        if reader is not None:
            reader.join(5)
            assert not reader.is_alive(), "opening gives up by itself"
        held[0].close()


def test_devices_are_found_by_what_the_system_lists(tmp_path: Path) -> None:
    dev, names = tmp_path / "dev", tmp_path / "names"
    dev.mkdir()
    for node in ("video10", "video2", "video0", "video-dec0", "null"):
        (dev / node).touch()
    (names / "video2").mkdir(parents=True)
    (names / "video2" / "name").write_text("HD Webcam: HD Webcam\n")
    if sys.platform == "linux":
        assert candidates(10, dev, names) == [(0, ""), (2, "HD Webcam: HD Webcam")]
    else:
        assert [index for index, _ in candidates(3, dev, names)] == [0, 1, 2]


def test_without_cameras_the_list_is_empty_and_there_are_words_for_it() -> None:
    if candidates():
        pytest.skip("this machine has cameras")
    assert list_cameras() == []
    assert "plug one in" in NONE_ANSWERS
