"""The clock of a station."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Holds one time per event of the station's loop, so that a replay can repeat the event at the same time."""

    now: float
    """Time of the present event, time.monotonic() in seconds."""

    def read(self) -> float:
        """Set `now` to the time of the present event and return it."""

    def wall(self) -> float:
        """Return the time of day in seconds since 1970."""


class SystemClock:
    """The clock of this machine."""

    def __init__(self) -> None:
        self.now = time.monotonic()

    def read(self) -> float:
        """Set `now` to time.monotonic() and return it."""
        self.now = time.monotonic()
        return self.now

    def wall(self) -> float:
        """Return time.time()."""
        return time.time()
