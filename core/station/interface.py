"""What a screen, the line mode and the service need of a station: its snapshots, and a way to give it commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from core.commands import Command
from core.state.snapshot import Snapshot


class StationInterface(Protocol):
    """Every method may be called from any thread and returns at once."""

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Call `callback` on the station's thread with every snapshot; returns the function that ends it."""

    def snapshot(self) -> Snapshot: ...

    def do(self, command: Command) -> None:
        """Never raises: the next snapshot shows the outcome, or why there is none (`fault`, `training.message`)."""

    def start(self) -> None: ...

    def stop(self, timeout: float = 2.0) -> None:
        """The one call that may wait, for `timeout` seconds at most."""
