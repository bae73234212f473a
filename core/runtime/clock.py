"""The time of what a station is doing."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Read once for each thing that the station's loop does, so that a replay can do it at the same time again."""

    now: float
    """time.monotonic() when it was read last."""

    def read(self) -> float:
        """time.monotonic()"""

    def wall(self) -> float:
        """time.time()"""


class SystemClock:
    """The clock of this machine."""

    def __init__(self) -> None:
        self.now = time.monotonic()

    def read(self) -> float:
        self.now = time.monotonic()
        return self.now

    def wall(self) -> float:
        return time.time()
