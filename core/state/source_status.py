"""How a source is. Without NumPy, because the first paint waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SourceState = Literal["opening", "live", "lost", "ended", "stopped"]


@dataclass(frozen=True)
class SourceStatus:
    """What the screen shows of a source. A new object for every change, never mutated."""

    state: SourceState
    address: str
    message: str = ""
    """In words, when the state is not `live`: what is wrong, what is being done, what the technician can do."""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    """Measured over about the last second."""
    frames: int = 0
    """Frames read."""
    dropped: int = 0
    """Frames that nobody took because a newer one came (the newest wins)."""
    reconnects: int = 0
    last_at: float | None = None
    """time.monotonic() of the last frame."""


@dataclass(frozen=True)
class MicrophoneStatus:
    """What the screen shows of a source of sound. A new object for every change, never mutated."""

    state: SourceState
    address: str
    message: str = ""
    """In words, when the state is not `live`: what is wrong, what is being done, what the technician can do."""
    note: str = ""
    """In words, while it is live: what makes its sound one that cannot be trusted, as a channel that is dead."""
    device: str = ""
    """What the device calls itself."""
    rate: int = 0
    channels: int = 0
    seconds: float = 0.0
    """Of sound heard."""
    overruns: int = 0
    """Times that sound was lost because nobody took it, or the device said so."""
    reconnects: int = 0
    last_at: float | None = None
    """time.monotonic() of the last sample."""
