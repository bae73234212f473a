"""Which cameras answer."""

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


@dataclass(frozen=True)
class CameraInfo:
    index: int
    name: str
    """As the driver calls it; empty where it does not tell."""
    width: int
    height: int
    fps: float


def list_cameras(limit: int = 10) -> list[CameraInfo]:
    """Cameras below index `limit` that gave a picture, with the size and rate of the default settings.

    Those that do not answer within some seconds are left out; NONE_ANSWERS says what to do when none is left.
    """
    found: dict[int, CameraInfo] = {}
    threads = [
        # Daemons, because a driver may hold one for ever.
        threading.Thread(target=_probe, args=(index, name, found), name=f"probe {index}", daemon=True)
        for index, name in candidates(limit)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(OPEN_SECONDS)
    return [found[index] for index in sorted(found)]


def candidates(
    limit: int = 10, dev: Path = Path("/dev"), names: Path = Path("/sys/class/video4linux")
) -> list[tuple[int, str]]:
    """Index and name of what may be a camera. Linux lists its devices; elsewhere every index has to be tried."""
    if sys.platform != "linux":
        return [(index, "") for index in range(limit)]
    indices = sorted(int(node.name[5:]) for node in dev.glob("video*") if re.fullmatch(r"video\d+", node.name))
    return [(index, _name(names / f"video{index}" / "name")) for index in indices if index < limit]


def _name(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _probe(index: int, name: str, found: dict[int, CameraInfo]) -> None:
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
        found[index] = CameraInfo(index, name, picture.shape[1], picture.shape[0], fps)
