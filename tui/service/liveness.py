"""Whether the station is alive, and whether what it says is worth anything."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.state.snapshot import Snapshot
from core.state.verdict import Sense
from tui.service.limits import UNKNOWN_LASTS


class Liveness:
    """`put` gets every snapshot, on the station's thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known = self._judged = self._told = float("-inf")
        self._numbers: dict[Sense, int] = {}

    def put(self, snapshot: Snapshot) -> None:
        now = self._told = self._clock()
        if snapshot.verdict.state != "UNKNOWN":
            self._known = now
        numbers = {sense: state.judged.number for sense, state in snapshot.senses.items() if state.judged}
        if not numbers.items() <= self._numbers.items():
            self._numbers |= numbers
            self._judged = now

    def trouble(self, snapshot: Snapshot) -> str:
        """Why it is not well, in words; empty when it is. A part that is being exchanged is no trouble."""
        now = self._clock()
        if snapshot.stopped:
            return snapshot.verdict.reason
        if now - self._told > UNKNOWN_LASTS:
            return "the station tells nothing any more"
        if snapshot.shot is not None:
            return single_trouble(snapshot)
        if now - self._known > UNKNOWN_LASTS:
            return snapshot.verdict.reason or "UNKNOWN"
        if now - self._judged > UNKNOWN_LASTS:
            return f"nothing has been judged for {now - self._judged:.0f} s"
        return ""


def single_trouble(snapshot: Snapshot) -> str:
    """Why no part could be judged in the single-shot mode, where it is no trouble that none is."""
    states = snapshot.senses.values()
    for source in (state.status for state in states):
        if source.state != "live":
            return source.message or f"{source.address}: {source.state}"
    if all(state.thresholds is None for state in states):
        return snapshot.verdict.reason
    return "paused: nothing is judged" if snapshot.paused else ""
