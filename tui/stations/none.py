"""A station for the time when no recipe is open."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.commands import Command
from core.state.snapshot import Snapshot
from core.state.verdict import Verdict


class NoStation:
    """A core.station.interface.StationInterface without news: commands do nothing."""

    def __init__(self) -> None:
        verdict = Verdict("UNKNOWN", "no recipe is open")
        self._snapshot = Snapshot(number=0, at=time.time(), recipe="", verdict=verdict)

    def subscribe(self, _callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        return lambda: None

    def snapshot(self) -> Snapshot:
        return self._snapshot

    def do(self, command: Command) -> None: ...

    def start(self) -> None: ...

    def stop(self, timeout: float = 2.0) -> None: ...
