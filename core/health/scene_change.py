"""Whether the picture moves, or the part was exchanged."""

from __future__ import annotations

from collections import deque
from statistics import median

import numpy as np
import numpy.typing as npt

from core.runtime.opencv import cv2
from core.samples import Picture


class SceneChange:
    """Tells a part that is being exchanged from a part that lies still, so that voting starts anew with each part."""

    FLOOR, CEILING = 1.5, 4.0
    """Grey levels. Sensor noise, 1 % flicker and vibration of some pixels stay below the floor; different parts
    differ by more than the ceiling, unless they are flat and alike."""

    def __init__(self) -> None:
        self._last: npt.NDArray[np.float32] | None = None
        self._marked: npt.NDArray[np.float32] | None = None
        self._levels: deque[float] = deque(maxlen=15)

    def changed(self, grey: Picture) -> bool:
        """Whether the scene is another one than that of the last call. The first always is. `grey` is a
        `grey_for_health`.

        Compared are thumbnails of 32 x 32 without their means (light that flickers is not motion); a bench that
        shakes all the time raises the level, up to the ceiling.
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
        """From now on `changed` compares with the last picture as well: nothing goes so slowly that it is not seen."""
        self._marked = self._last

    def unmark(self) -> None:
        self._marked = None
