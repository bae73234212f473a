"""What an output is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from core.state.journal_event import JournalEvent
from core.state.snapshot import Snapshot


class Output(Protocol):
    """Tells one other system about the station.

    All four methods are called on one thread that belongs to this output alone, so each may wait. A time-out belongs
    on everything that waits: the end of the station waits for a moment only.

    If a method raises, `stop` is called, and after a while a new output is made and started. An OSError or a
    GoodpartError says that the other system is away or in trouble: the event is delivered again then, so it may arrive
    twice. After any other exception the event counts as lost, since it would fail again.
    """

    def start(self) -> None:
        """Connect."""

    def publish(self, snapshot: Snapshot) -> None:
        """Show the state of the station. Called with the newest snapshot only; older ones are passed over."""

    def event(self, event: JournalEvent) -> None:
        """Deliver a row of the journal. Called with every row, in order."""

    def stop(self) -> None:
        """Close whatever is open. Also called after a `start` that raised."""


OutputFactory = Callable[[Any, Path], Output]
"""Makes an output from its table (an instance of its settings class) and the recipe's folder. Raises GoodpartError if
something that it needs is missing."""
