"""When the simulated bench exchanges the part: camera and microphone see and hear it at the same moment."""

from __future__ import annotations

from typing import Literal

Clamped = Literal["any", "good", "defect"]
"""What is clamped on the simulated bench: parts as they come, or of one kind, as whoever teaches would do it."""
PART_SECONDS = 5.0
TEACHING_SECONDS = 0.5
"""A part of one kind stays so long: two pictures a second are stored, each of another part."""
SHORTEST = 2.5


def next_exchange(now: float, seconds: float = PART_SECONDS) -> float:
    """The next multiple of `seconds` on the clock `now` is from (time.monotonic()); a part that is put in just before
    stays for one more."""
    due = (now // seconds + 1) * seconds
    return due if due - now >= min(SHORTEST, seconds / 2) else due + seconds
