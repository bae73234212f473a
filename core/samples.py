"""What sources give and everything else works on: pictures, sound, anomaly maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
"""uint8 (height, width, 3), channels blue, green, red (the order OpenCV reads)."""


@dataclass(frozen=True)
class Frame:
    """One picture as it came from a source."""

    picture: Picture
    number: int
    """Counts from 1, without gaps, for every frame that the source read (also those which nobody took)."""
    at: float
    """time.monotonic() when it was read."""
    truth: str | None = None
    """Only from a simulated bench: `good` or the name of the fault that is shown."""


Sound = npt.NDArray[np.float32]
"""float32 (n,), one channel, full scale -1..1."""


@dataclass(frozen=True)
class SoundBlock:
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


MAP_SHAPE = (14, 14)


AnomalyMap = npt.NDArray[np.float32]
"""float32 (14, 14): how far each cell of the picture is from the good class; higher is more anomalous,
0 is usual, about 3 and more is suspicious."""
