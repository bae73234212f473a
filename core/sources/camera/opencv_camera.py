"""Cameras that OpenCV opens: those of this machine (V4L2, MSMF) and rtsp:// streams."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from core.features.image.picture import to_picture
from core.runtime.opencv import cv2
from core.samples import Picture
from core.sources.camera.base import CameraSettings
from core.sources.camera.reader import SourceLost

STREAM_TIMEOUT_MS = 4000


class Capture:
    """A Device over a cv2.VideoCapture, which sets the frame rate."""

    interval: float | None = None
    decode_all = False
    ended = ""
    note = ""

    def __init__(self, capture: Any, lost: str) -> None:
        """`lost` is the message if it stops giving frames."""
        self._capture = capture
        self._lost = lost

    def grab(self) -> bool:
        """Wait for the next frame; always True. Raises SourceLost."""
        if not self._capture.grab():
            raise SourceLost(self._lost)
        return True

    def retrieve(self) -> Picture | None:
        """Decode the grabbed frame; None if it is damaged."""
        return retrieved(self._capture)

    @property
    def fps(self) -> float:
        """Frames per second according to the driver; 0 if unknown."""
        return max(0.0, float(self._capture.get(cv2.CAP_PROP_FPS)))

    def close(self) -> None:
        """Release the camera."""
        self._capture.release()


def retrieved(capture: Any) -> Picture | None:
    """Decode the frame that a cv2.VideoCapture has grabbed to uint8 (height, width, 3), BGR; None if it is damaged."""
    try:
        ok, picture = capture.retrieve()
    except cv2.error:
        return None
    return to_picture(picture) if ok and picture is not None and picture.size else None


def open_camera(which: int | str, settings: CameraSettings) -> Capture:
    """Open a camera by index or /dev/video path with the requested size and rate. Raises SourceLost."""
    api = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_MSMF}.get(sys.platform, cv2.CAP_ANY)
    capture = cv2.VideoCapture(which, api)
    if not capture.isOpened():
        capture.release()
        raise SourceLost(_why_closed(which))
    # Set the format first: most USB cameras deliver large pictures at full rate only as MJPG.
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height)
    capture.set(cv2.CAP_PROP_FPS, settings.fps)
    return Capture(capture, f"camera {which} stopped giving pictures: is it still plugged in?")


def _why_closed(which: int | str) -> str:
    absent = f"camera {which} does not answer: is it plugged in? goodpart devices lists them"
    if sys.platform != "linux":
        return absent
    node = Path(f"/dev/video{which}" if isinstance(which, int) else which)
    if not node.exists():
        return absent
    if not os.access(node, os.R_OK | os.W_OK):
        return f"camera {which} may not be opened: {node} is for the group video, of which you are no member"
    return f"camera {which} does not open: does another program use it, or is {node} no camera?"


def open_rtsp(address: str, shown: str) -> Capture:
    """Open a network camera's rtsp:// stream. `shown` is the address without its password. Raises SourceLost."""
    options = [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
        STREAM_TIMEOUT_MS,
        cv2.CAP_PROP_READ_TIMEOUT_MSEC,
        STREAM_TIMEOUT_MS,
        cv2.CAP_PROP_N_THREADS,
        1,
    ]
    capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, options)
    if not capture.isOpened():
        capture.release()
        raise SourceLost(f"{shown} does not answer: is the camera on, and are path, user and password right?")
    return Capture(capture, f"{shown} stopped giving pictures")
