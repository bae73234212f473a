"""The outputs of a station as one object."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from core.outputs.registry import open_output
from core.outputs.runner import OutputRunner
from core.state.journal_event import JournalEvent
from core.state.outputs import OutputState
from core.state.snapshot import Snapshot

FINISH_SECONDS = 1.0
"""How long an ending station waits for undelivered events."""
STOP_SECONDS = 0.5
"""How long it then waits for the last snapshot and for the outputs to stop."""


class Outputs:
    """Starts, feeds and stops an output for each table of the recipe.

    `publish`, `event` and `states` may be called from any thread and return at once.
    """

    def __init__(self, tables: Mapping[str, Any], folder: Path, complain: Callable[[str], None]) -> None:
        """Prepare an output for each table; nothing is opened before `start`.

        `tables` is `settings.outputs` of the recipe in `folder`. `complain` receives sentences for the operator, on any
        thread.
        """
        self._runners = [
            OutputRunner(name, partial(open_output, name, table, folder), complain) for name, table in tables.items()
        ]

    def start(self) -> None:
        """Start every output on its own thread."""
        for runner in self._runners:
            runner.start()

    def publish(self, snapshot: Snapshot) -> None:
        """Hand the newest snapshot to every output."""
        for runner in self._runners:
            runner.publish(snapshot)

    def event(self, event: JournalEvent) -> None:
        """Queue a row of the journal for every output."""
        for runner in self._runners:
            runner.event(event)

    def states(self) -> tuple[OutputState, ...]:
        """Return the state of each output."""
        return tuple(runner.state() for runner in self._runners)

    def finish(self) -> None:
        """Wait at most FINISH_SECONDS for undelivered events, then complain about the rest.

        The station calls it while the journal is still open, so that the complaint is recorded.
        """
        until = time.monotonic() + FINISH_SECONDS
        for runner in self._runners:
            runner.finish(until)

    def stop(self) -> None:
        """Deliver the last snapshot and stop, within STOP_SECONDS."""
        until = time.monotonic() + STOP_SECONDS
        for runner in self._runners:
            runner.end(until)
        for runner in self._runners:
            runner.join()
