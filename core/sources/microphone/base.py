"""The interface of every source of sound: all recorded samples in order, and a status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core.samples import SoundBlock
from core.state.source_status import MicrophoneStatus


@dataclass(frozen=True)
class SoundSettings:
    """What is requested from a microphone; its status shows what it delivers."""

    rate: int | None = None
    """Samples per second; None uses the device's own rate."""
    channel: int | None = None
    """Index from 0; None uses the mean of all channels."""
    loop: bool = True
    """Whether a file starts again at its end; otherwise the source ends."""
    fast: bool = False
    """Whether a file or the simulated motor runs as fast as it is taken instead of in real time."""
    seed: int = 0
    """Random seed of the simulated motor."""


class SoundSource(Protocol):
    """A microphone, or a file in its place. Every method may be called from any thread."""

    def start(self) -> None:
        """Start listening. Never blocks; a missing device shows in the status and does not raise."""

    def stop(self) -> None:
        """Stop listening and release the device, within a second. May be called twice."""

    def take(self, timeout: float) -> SoundBlock | None:
        """Wait for sound and return all that was not taken yet, at most about one second; None after `timeout` seconds
        without sound. No loss is hidden: if the buffer was full, the overrun is counted and the next block is
        `broken`."""

    def status(self) -> MicrophoneStatus:
        """The current state, with the device, its rate and the counts."""
