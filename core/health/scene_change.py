"""Detects that the picture moves or that the part was exchanged."""

from __future__ import annotations

from collections import deque
from statistics import median

import numpy as np
import numpy.typing as npt

from core.runtime.opencv import cv2
from core.samples import Picture


class SceneChange:
    """Distinguishes a part that is being exchanged from one that does not move, so that voting restarts per part."""

    FLOOR, CEILING = 1.5, 4.0
    """Grey levels. Sensor noise, 1 % flicker and a vibration of a few pixels stay below the floor. Different parts
    differ by more than the ceiling, unless they are flat and look alike."""

    def __init__(self) -> None:
        self._last: npt.NDArray[np.float32] | None = None
        self._marked: npt.NDArray[np.float32] | None = None
        self._levels: deque[float] = deque(maxlen=15)

    def changed(self, grey: Picture) -> bool:
        """Whether the scene differs from that of the last call; True for the first call. `grey` is the result of
        `grey_for_health`.

        The comparison uses thumbnails of 32 x 32 pixels without their means, so that flickering light is not motion.
        Constant vibration raises the limit, up to CEILING.
        """
        small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
        small -= small.mean()
        last, self._last = self._last, small
        if last is None:
            return True
        difference = float(np.abs(small - last).mean())
        level = 3 * median(self._levels) if self._levels else 0.0
        self._levels.append(difference)
        limit = min(max(level, self.FLOOR), self.CEILING)
        if self._marked is not None and float(np.abs(small - self._marked).mean()) > limit:
            return True
        return difference > limit

    def mark(self) -> None:
        """Make `changed` compare with the current picture too, so that it also detects slow changes."""
        self._marked = self._last

    def unmark(self) -> None:
        """Make `changed` compare with the previous picture only."""
        self._marked = None
