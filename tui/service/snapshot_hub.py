"""Shares the newest snapshot with many viewers, without making the station or another viewer wait."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from core.serialization.dataclass_json import to_json
from core.serialization.snapshot_json import VERSION, changes
from core.state.material import Preview
from core.state.snapshot import Snapshot

MOST_IN_A_ROW = 8
"""Length of the longest sequence that a slow viewer gets."""


class SnapshotHub:
    """Holds the newest snapshot. `put` is called on the station's thread, everything else on the server's loop."""

    def __init__(self, first: Snapshot) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self.newest = first
        self._encoded: tuple[Snapshot, dict[str, Any]] | None = None
        self._news = asyncio.Event()
        self._waking = False
        self.viewers = 0

    def serve_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Set the loop on which viewers wait."""
        self._loop = loop

    def put(self, snapshot: Snapshot) -> None:
        """Take a new snapshot and wake the waiting viewers."""
        self.newest = snapshot
        if self._loop is not None and not self._waking and not self._loop.is_closed():
            self._waking = True
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._waking = False
        self._news.set()
        self._news = asyncio.Event()

    async def newer_than(self, snapshot: Snapshot | None, seconds: float) -> Snapshot:
        """Return the newest snapshot as soon as it differs from `snapshot`; after `seconds` the same one again."""
        if self.newest is snapshot:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), seconds)
        return self.newest

    def as_json(self, snapshot: Snapshot) -> dict[str, Any]:
        """Return a snapshot as JSON, encoded once for all viewers; the caller must not change it."""
        if self._encoded is None or self._encoded[0] is not snapshot:
            self._encoded = snapshot, to_json(snapshot)
        return self._encoded[1]


class SnapshotFeed:
    """Makes the messages for one viewer: first the whole snapshot, then the changes; without pictures if it is slow."""

    def __init__(self, hub: SnapshotHub) -> None:
        self._hub = hub
        self._sent: dict[str, Any] | None = None

    def message(self, snapshot: Snapshot, slow: bool) -> dict[str, Any]:
        """Return the next message: the whole snapshot, or the changes since the last message."""
        data = to_json(without_large_fields(snapshot)) if slow else self._hub.as_json(snapshot)
        before, self._sent = self._sent, data
        clock = time.monotonic()
        if before is None:
            return {"goodpart": VERSION, "clock": clock, "snapshot": data}
        return {"clock": clock, "changes": changes(before, data)}


def without_large_fields(value: Any) -> Any:
    """Return a copy without pictures and long sequences of numbers, and with maps rounded, for a slow connection."""
    if isinstance(value, Preview):
        return None
    if isinstance(value, np.ndarray):
        return np.round(value)
    if isinstance(value, tuple):
        kept = tuple(part for part in map(without_large_fields, value) if part is not None)
        return kept if len(kept) <= MOST_IN_A_ROW else ()
    if not is_dataclass(value) or isinstance(value, type):
        return value
    parts = {field.name: getattr(value, field.name) for field in fields(value)}
    smaller = {name: without_large_fields(part) for name, part in parts.items()}
    return replace(value, **{name: part for name, part in smaller.items() if part is not parts[name]})
