"""The interface of an output."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from core.state.journal_event import JournalEvent
from core.state.snapshot import Snapshot


class Output(Protocol):
    """Sends the state and the events of a station to one other system.

    All four methods are called on a thread that only this output uses, so each may block. Every blocking call needs a
    time-out, because the station waits only briefly for its outputs when it ends.

    If a method raises, `stop` is called, and after a delay a new output is created and started. An OSError or a
    GoodpartError means that the other system is unavailable: the event is delivered again later, so it may arrive
    twice. After any other exception the event is lost, since it would fail again.
    """

    def start(self) -> None:
        """Connect to the other system."""

    def publish(self, snapshot: Snapshot) -> None:
        """Send the state of the station. Called with the newest snapshot only; older ones are skipped."""

    def event(self, event: JournalEvent) -> None:
        """Deliver a row of the journal. Called with every row, in order."""

    def stop(self) -> None:
        """Close everything that is open. Also called if `start` raised."""


OutputFactory = Callable[[Any, Path], Output]
"""Creates an output from its table (an instance of its settings class) and the recipe's folder. Raises GoodpartError if
something that it needs is missing."""
