"""Finds the cameras of this machine that give a picture."""

from __future__ import annotations

import re
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from core.sources.camera.base import CameraSettings
from core.sources.camera.opencv_camera import open_camera
from core.sources.camera.reader import SourceLost

NONE_ANSWERS = (
    "no camera answers: plug one in, check `ls -l /dev/video*` and that you are in the group video"
    if sys.platform == "linux"
    else "no camera answers: plug one in, and check that programs may use it"
)
OPEN_SECONDS = 4.0
"""Seconds to wait for each camera."""


@dataclass(frozen=True)
class CameraInfo:
    """A camera that gave a picture."""

    index: int
    name: str
    """The driver's name for it; empty if unknown."""
    width: int
    """Of the picture, in pixels."""
    height: int
    fps: float
    """According to the driver; 0 if unknown."""


def list_cameras(limit: int = 10) -> list[CameraInfo]:
    """Cameras below index `limit` that gave a picture, opened with the default settings.

    A camera that does not answer within 4 s is left out. If the list is empty, NONE_ANSWERS explains what to do.
    """
    cameras: dict[int, CameraInfo] = {}
    threads = [
        # Daemon threads, because a driver may block for ever.
        threading.Thread(target=_probe, args=(index, name, cameras), name=f"probe {index}", daemon=True)
        for index, name in candidates(limit)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(OPEN_SECONDS)
    return [cameras[index] for index in sorted(cameras)]


def candidates(
    limit: int = 10, dev: Path = Path("/dev"), names: Path = Path("/sys/class/video4linux")
) -> list[tuple[int, str]]:
    """Index and name of each possible camera. Linux lists its devices; elsewhere every index is tried."""
    if sys.platform != "linux":
        return [(index, "") for index in range(limit)]
    indices = sorted(int(node.name[5:]) for node in dev.glob("video*") if re.fullmatch(r"video\d+", node.name))
    return [(index, _name(names / f"video{index}" / "name")) for index in indices if index < limit]


def _name(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _probe(index: int, name: str, cameras: dict[int, CameraInfo]) -> None:
    try:
        device = open_camera(index, CameraSettings())
    except SourceLost:
        return
    try:
        device.grab()
        picture = device.retrieve()
        fps = device.fps
    except SourceLost:
        return
    finally:
        device.close()
    if picture is not None:
        cameras[index] = CameraInfo(index, name, picture.shape[1], picture.shape[0], fps)
