"""The status of a source. Free of NumPy, because the first paint imports it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SourceState = Literal["opening", "live", "lost", "ended", "stopped"]


@dataclass(frozen=True)
class SourceStatus:
    """The status of a camera. Every change makes a new object."""

    state: SourceState
    address: str
    message: str = ""
    """What is wrong, what goodpart does about it and what the technician can do; empty while the state is `live`."""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    """Frames per second, measured over about the last second."""
    frames: int = 0
    """Number of frames read."""
    dropped: int = 0
    """Number of frames that a newer one replaced before they were used."""
    reconnects: int = 0
    last_at: float | None = None
    """time.monotonic() of the last frame."""


@dataclass(frozen=True)
class MicrophoneStatus:
    """The status of a microphone. Every change makes a new object."""

    state: SourceState
    address: str
    message: str = ""
    """What is wrong, what goodpart does about it and what the technician can do; empty while the state is `live`."""
    note: str = ""
    """Why the sound of a live microphone cannot be trusted, for example a dead channel; empty if it can."""
    device: str = ""
    """The device's own name."""
    rate: int = 0
    """Samples per second."""
    channels: int = 0
    seconds: float = 0.0
    """Length of all sound received."""
    overruns: int = 0
    """Number of times that sound was lost, because it was not read in time or the device reported a loss."""
    reconnects: int = 0
    last_at: float | None = None
    """time.monotonic() of the last sample."""
