"""The newest snapshot for many viewers: each takes it when it can, none waits for another, nor the station for any."""

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


class SnapshotHub:
    """`put` is called on the station's thread, everything else on the loop that serves."""

    def __init__(self, first: Snapshot) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self.newest = first
        self._encoded: tuple[Snapshot, dict[str, Any]] | None = None
        self._news = asyncio.Event()
        self._waking = False
        self.viewers = 0

    def serve_on(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def put(self, snapshot: Snapshot) -> None:
        self.newest = snapshot
        if self._loop is not None and not self._waking and not self._loop.is_closed():
            self._waking = True
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._waking = False
        self._news.set()
        self._news = asyncio.Event()

    async def newer_than(self, snapshot: Snapshot | None, seconds: float) -> Snapshot:
        """The newest, as soon as it is another; the same again when there is none for so long."""
        if self.newest is snapshot:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), seconds)
        return self.newest

    def as_json(self, snapshot: Snapshot) -> dict[str, Any]:
        """Made once for all viewers; not to be changed."""
        if self._encoded is None or self._encoded[0] is not snapshot:
            self._encoded = snapshot, to_json(snapshot)
        return self._encoded[1]


class SnapshotFeed:
    """What one viewer is told: everything first, then what has changed, to a slow one without pictures."""

    def __init__(self, hub: SnapshotHub) -> None:
        self._hub = hub
        self._told: dict[str, Any] | None = None

    def message(self, snapshot: Snapshot, slow: bool) -> dict[str, Any]:
        said = to_json(without_large_fields(snapshot)) if slow else self._hub.as_json(snapshot)
        before, self._told = self._told, said
        clock = time.monotonic()
        if before is None:
            return {"goodpart": VERSION, "clock": clock, "snapshot": said}
        return {"clock": clock, "changes": changes(before, said)}


def without_large_fields(value: Any) -> Any:
    """Without what a slow line has no room for: pictures and long rows of numbers; maps in whole numbers."""
    if isinstance(value, Preview):
        return None
    if isinstance(value, np.ndarray):
        return np.round(value)
    if isinstance(value, tuple):
        kept = tuple(part for part in map(without_large_fields, value) if part is not None)
        return kept if len(kept) <= MOST_IN_A_ROW else ()
    if not is_dataclass(value) or isinstance(value, type):
        return value
    said = {field.name: getattr(value, field.name) for field in fields(value)}
    spared = {name: without_large_fields(part) for name, part in said.items()}
    return replace(value, **{name: part for name, part in spared.items() if part is not said[name]})
