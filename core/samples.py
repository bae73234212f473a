"""The data types that sources produce and detectors use: pictures, sound, anomaly maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
"""uint8 (height, width, 3), channels blue, green, red (the order OpenCV reads)."""


@dataclass(frozen=True)
class Frame:
    """One picture from a source."""

    picture: Picture
    number: int
    """Counts every frame that the source reads, from 1 and without gaps, including frames that are never used."""
    at: float
    """time.monotonic() when it was read."""
    truth: str | None = None
    """`good` or the name of the fault in the picture; only from the simulated bench."""


Sound = npt.NDArray[np.float32]
"""float32 (n,), one channel, full scale -1..1."""


@dataclass(frozen=True)
class SoundBlock:
    """The sound since the previous block, without a gap inside."""

    samples: Sound
    rate: int
    """Samples per second, as the device delivers them; it can only change in a block that is `broken`."""
    at: float
    """time.monotonic() when the last sample arrived."""
    broken: bool = False
    """True if sound was lost before this block (an overrun, a device that was disconnected, a file that restarts), so
    that it does not continue the earlier sound. Also True for the first block."""
    truth: str | None = None
    """`good` or the name of the fault in the sound; only from the simulated motor."""


MAP_SHAPE = (14, 14)
"""Rows and columns of an anomaly map."""


AnomalyMap = npt.NDArray[np.float32]
"""float32 (14, 14): how far each cell of the picture is from the good class. Higher is more anomalous: 0 is typical,
about 3 and more is suspicious."""
