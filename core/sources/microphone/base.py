"""What every source of sound gives: all that was heard, in order, and a status in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core.samples import SoundBlock
from core.state.source_status import MicrophoneStatus


@dataclass(frozen=True)
class SoundSettings:
    """What is asked of a microphone; what it gives is in its status."""

    rate: int | None = None
    """Samples a second; None takes the device's own."""
    channel: int | None = None
    """Counts from 0; None is the mean of all."""
    loop: bool = True
    """A file starts again at its end; otherwise the source ends."""
    fast: bool = False
    """A file, or the simulated motor, comes as fast as it is taken instead of in real time."""
    seed: int = 0
    """Of the simulated motor."""


class SoundSource(Protocol):
    """A microphone or what stands for one. Every method may be called from any thread."""

    def start(self) -> None:
        """Start listening. Never blocks and never raises for a missing device: that is a status."""

    def stop(self) -> None:
        """Stop listening and release the device, within a second. May be called twice."""

    def take(self, timeout: float) -> SoundBlock | None:
        """Wait until something was heard and give all of it, at most about a second; None after `timeout` seconds
        without any. Nothing is passed over: when the buffer ran full, the next stretch is `broken` and the overrun
        is counted."""

    def status(self) -> MicrophoneStatus: ...
