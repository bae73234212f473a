"""What every source of sound gives: all that was heard, in order, and a status in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.state.source_status import MicrophoneStatus as MicrophoneStatus
from core.state.source_status import SourceState as SourceState

Sound = npt.NDArray[np.float32]
"""float32 (n,), one channel, full scale -1..1."""


@dataclass(frozen=True)
class Stretch:
    """What was heard since the last one, without a gap inside."""

    samples: Sound
    rate: int
    """Samples a second, the device's own: stays the same until a stretch that is `broken`."""
    at: float
    """time.monotonic() when its last sample was heard."""
    broken: bool = False
    """Sound was lost before it (an overrun, a device that went and came back, a file that starts again): what was
    heard earlier has nothing to do with it. The first stretch is."""
    truth: str | None = None
    """Only from the simulated motor: `good` or the name of the fault that is heard."""


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

    def take(self, timeout: float) -> Stretch | None:
        """Wait until something was heard and give all of it, at most about a second; None after `timeout` seconds
        without any. Nothing is passed over: when the buffer ran full, the next stretch is `broken` and the overrun
        is counted."""

    def status(self) -> MicrophoneStatus: ...
