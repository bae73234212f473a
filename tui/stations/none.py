"""A station for the app while no recipe is open."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.commands import Command
from core.state.snapshot import Snapshot
from core.state.verdict import Verdict


class NoStation:
    """A core.station.interface.StationInterface with one constant snapshot; commands do nothing."""

    def __init__(self) -> None:
        verdict = Verdict("UNKNOWN", "no recipe is open")
        self._snapshot = Snapshot(number=0, at=time.time(), recipe="", verdict=verdict)

    def subscribe(self, _callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Return a function that does nothing: no snapshot follows."""
        return lambda: None

    def snapshot(self) -> Snapshot:
        """Return the snapshot without a recipe."""
        return self._snapshot

    def do(self, command: Command) -> None:
        """Do nothing."""

    def start(self) -> None:
        """Do nothing."""

    def stop(self, timeout: float = 2.0) -> None:
        """Do nothing."""
