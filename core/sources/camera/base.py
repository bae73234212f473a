"""What every source of pictures gives: frames, the newest first, and a status in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core.samples import Frame
from core.state.source_status import SourceStatus


@dataclass(frozen=True)
class CameraSettings:
    """What is asked of a camera; what it gives is in its status."""

    width: int = 1920
    height: int = 1080
    fps: float = 30.0
    loop: bool = True
    """A video file or folder starts again at its end; otherwise the source ends."""
    seed: int = 0
    """Of the simulated bench."""


class PictureSource(Protocol):
    """A camera or what stands for one. One reader thread of its own; every method may be called from any thread."""

    def start(self) -> None:
        """Start the reader thread. Never blocks and never raises for a missing device: that is a status."""

    def stop(self) -> None:
        """End the reader thread and release the device, within a second. May be called twice."""

    def take(self, timeout: float) -> Frame | None:
        """Wait for a frame that was not taken yet and give the newest; None after `timeout` seconds without one."""

    def status(self) -> SourceStatus: ...
