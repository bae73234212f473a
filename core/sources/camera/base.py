"""The interface of every source of pictures: the newest frame, and a status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core.samples import Frame
from core.state.source_status import SourceStatus


@dataclass(frozen=True)
class CameraSettings:
    """What is requested from a camera; its status shows what it delivers."""

    width: int = 1920
    height: int = 1080
    fps: float = 30.0
    loop: bool = True
    """Whether a video file or folder starts again at its end; otherwise the source ends."""
    seed: int = 0
    """Random seed of the simulated bench."""


class PictureSource(Protocol):
    """A camera, or files in its place. It has its own reader thread; every method may be called from any thread."""

    def start(self) -> None:
        """Start the reader thread. Never blocks; a missing device shows in the status and does not raise."""

    def stop(self) -> None:
        """End the reader thread and release the device, within a second. May be called twice."""

    def take(self, timeout: float) -> Frame | None:
        """Return the newest frame if it was not taken yet, or wait for one; None after `timeout` seconds."""

    def status(self) -> SourceStatus:
        """The current state, with the measured frame rate and the counts."""
