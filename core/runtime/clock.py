"""The time of what a station is doing."""

from __future__ import annotations

import time


class Clock:
    """Read once for each thing that the station's loop does, so that a replay can do it at the same time again."""

    def __init__(self) -> None:
        self.now = time.monotonic()

    def read(self) -> float:
        self.now = time.monotonic()
        return self.now
