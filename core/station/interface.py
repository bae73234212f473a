"""The interface of a station for screens, the line mode and the service: snapshots out, commands in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from core.commands import Command
from core.state.snapshot import Snapshot


class StationInterface(Protocol):
    """Every method may be called from any thread and returns at once."""

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Call `callback` on the station's thread with every snapshot; returns the function that ends it."""

    def snapshot(self) -> Snapshot:
        """Return the newest snapshot."""

    def do(self, command: Command) -> None:
        """Send a command. Never raises: the next snapshot shows the outcome, or why the command failed (`fault`,
        `training.message`)."""

    def start(self) -> None:
        """Begin to judge."""

    def stop(self, timeout: float = 2.0) -> None:
        """End judging. The only method that may block, for at most `timeout` seconds."""
