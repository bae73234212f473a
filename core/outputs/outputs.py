"""All outputs of a station."""

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
"""How long the end of the station waits for events that are not delivered."""
STOP_SECONDS = 0.5
"""And then for the last snapshot and for the outputs to stop."""


class Outputs:
    """Starts, feeds and stops an output for each table of the recipe.

    `publish`, `event` and `states` may be called from any thread and return at once.
    """

    def __init__(self, tables: Mapping[str, Any], folder: Path, complain: Callable[[str], None]) -> None:
        """`tables` is `settings.outputs` of the recipe in `folder`. Nothing is opened before `start`."""
        self._runners = [
            OutputRunner(name, partial(open_output, name, table, folder), complain) for name, table in tables.items()
        ]

    def start(self) -> None:
        for runner in self._runners:
            runner.start()

    def publish(self, snapshot: Snapshot) -> None:
        for runner in self._runners:
            runner.publish(snapshot)

    def event(self, event: JournalEvent) -> None:
        for runner in self._runners:
            runner.event(event)

    def states(self) -> tuple[OutputState, ...]:
        return tuple(runner.state() for runner in self._runners)

    def finish(self) -> None:
        """Wait for what is not delivered, FINISH_SECONDS at most, and complain about the rest: the journal is still
        open."""
        until = time.monotonic() + FINISH_SECONDS
        for runner in self._runners:
            runner.finish(until)

    def stop(self) -> None:
        """Deliver the last snapshot and stop, in STOP_SECONDS at most."""
        until = time.monotonic() + STOP_SECONDS
        for runner in self._runners:
            runner.end(until)
        for runner in self._runners:
            runner.join()
