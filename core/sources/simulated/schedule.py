"""When the simulated bench exchanges the part: at the same moment for camera and microphone."""

from __future__ import annotations

from typing import Literal

Clamped = Literal["any", "good", "defect"]
"""Which parts the simulated bench shows: all, or only good or only defective ones, as needed for teaching."""
PART_SECONDS = 5.0
"""Seconds per part."""
TEACHING_SECONDS = 0.5
"""Seconds per part while only one kind is shown: two pictures per second are stored, each of a different part."""
SHORTEST = 2.5
"""Seconds a part is shown at least, or half its usual time if that is shorter."""


def next_exchange(now: float, seconds: float = PART_SECONDS) -> float:
    """The time of the next exchange: the next multiple of `seconds` on the clock of `now` (time.monotonic()), or the
    one after it if the part would stay too short a time."""
    due = (now // seconds + 1) * seconds
    return due if due - now >= min(SHORTEST, seconds / 2) else due + seconds
