"""Decides whether the station is well: it runs, and its verdicts are useful."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.state.snapshot import Snapshot
from core.state.verdict import Sense
from tui.service.limits import UNKNOWN_LASTS


class Liveness:
    """Watches the snapshots of a station; `put` is called on the station's thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known = self._judged = self._received = float("-inf")
        self._numbers: dict[Sense, int] = {}

    def put(self, snapshot: Snapshot) -> None:
        """Note the time of a snapshot, and whether it has a verdict and newly judged samples."""
        now = self._received = self._clock()
        if snapshot.verdict.state != "UNKNOWN":
            self._known = now
        numbers = {sense: state.judged.number for sense, state in snapshot.senses.items() if state.judged}
        if not numbers.items() <= self._numbers.items():
            self._numbers |= numbers
            self._judged = now

    def trouble(self, snapshot: Snapshot) -> str:
        """Return why the station is not well; empty if it is. The exchange of a part is no trouble."""
        now = self._clock()
        if snapshot.stopped:
            return snapshot.verdict.reason
        if now - self._received > UNKNOWN_LASTS:
            return "the station does not send snapshots any more"
        if snapshot.shot is not None:
            return single_trouble(snapshot)
        if now - self._known > UNKNOWN_LASTS:
            return snapshot.verdict.reason or "UNKNOWN"
        if now - self._judged > UNKNOWN_LASTS:
            return f"nothing has been judged for {now - self._judged:.0f} s"
        return ""


def single_trouble(snapshot: Snapshot) -> str:
    """Return why no part could be judged in single-shot mode, in which waiting for a part is no trouble."""
    states = snapshot.senses.values()
    for source in (state.status for state in states):
        if source.state != "live":
            return source.message or f"{source.address}: {source.state}"
    if all(state.thresholds is None for state in states):
        return snapshot.verdict.reason
    return "paused: nothing is judged" if snapshot.paused else ""
