"""What the address of a camera means, and what of it may be shown."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import GoodpartError
from core.sources.camera.base import CameraSettings
from core.sources.camera_address import address_without_password, kind_of, open_source, shows_stills


def test_every_kind_of_address_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"x")
    (tmp_path / "a.jpg").write_bytes(b"x")
    assert kind_of("0") == "camera"
    assert kind_of(" 12 ") == "camera"
    assert kind_of("/dev/video7") == "camera"
    assert kind_of("simulated") == "simulated"
    assert kind_of("rtsp://10.0.0.5/stream") == "rtsp"
    assert kind_of("HTTP://camera.local:8080/video") == "http"
    assert kind_of("https://camera.local/") == "http"
    assert kind_of(str(tmp_path)) == "folder"
    assert kind_of(str(tmp_path / "a.jpg")) == "folder"
    assert kind_of(str(tmp_path / "a.mp4")) == "video"


@pytest.mark.parametrize("address", ["", "-1", "no/such/file.mp4", "webcam", "ftp://host/x", "http://", "rtsp://h:x/"])
def test_an_address_that_is_nothing_is_refused_with_what_can_be_written(address: str) -> None:
    with pytest.raises(GoodpartError, match=r"rtsp://|malformed"):
        open_source(address, CameraSettings())


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("rtsp://admin:geheim@10.0.0.5:554/h264", "rtsp://admin:***@10.0.0.5:554/h264"),
        ("rtsp://admin:p@ss/w:rd@10.0.0.5/h264", "rtsp://admin:***@10.0.0.5/h264"),
        ("http://viewer@camera/video", "http://viewer@camera/video"),
        ("http://c/cgi?user=a&pwd=geheim&x=1", "http://c/cgi?user=a&pwd=***&x=1"),
        ("0", "0"),
        ("/films/a:b@c.mp4", "/films/a:b@c.mp4"),
    ],
)
def test_passwords_are_not_shown(address: str, safe: str) -> None:
    assert address_without_password(address) == safe


def test_a_refused_address_does_not_show_its_password() -> None:
    with pytest.raises(GoodpartError) as refused:
        open_source("ftp://admin:geheim@host/", CameraSettings())
    assert "geheim" not in str(refused.value)


def test_only_pictures_in_files_may_repeat_for_ever(tmp_path: Path) -> None:
    assert shows_stills(str(tmp_path))
    assert not shows_stills("0")
    assert not shows_stills("rtsp://camera/stream")


def test_the_simulated_bench_is_a_source_like_the_others() -> None:
    pytest.importorskip("core.sources.simulated.camera", reason="the simulated bench is not there")
    bench = open_source("simulated", CameraSettings(width=320, height=240))
    bench.start()
    frame = bench.take(5)
    bench.stop()
    assert frame is not None
    assert frame.truth


def test_telling_addresses_apart_needs_neither_opencv_nor_numpy_of_its_own() -> None:
    code = "import sys, core.sources.camera_address as o; o.kind_of('0'); print('cv2' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
