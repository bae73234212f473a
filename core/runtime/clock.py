"""The clock of a station."""

from __future__ import annotations

import time


class Clock:
    """Holds one time per event of the station's loop, so that a replay can repeat the event at the same time."""

    def __init__(self) -> None:
        self.now = time.monotonic()
        """Time of the present event, time.monotonic()."""

    def read(self) -> float:
        """Set `now` to the present time and return it."""
        self.now = time.monotonic()
        return self.now
