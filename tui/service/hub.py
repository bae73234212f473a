"""The newest snapshot for many viewers: each takes it when it can, none waits for another, nor the station for any."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import replace
from typing import Any

import numpy as np

from core.snapshot import Snapshot
from core.wire import VERSION, changes, to_json


class Hub:
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


class Teller:
    """What one viewer is told: everything first, then what has changed, to a slow one without pictures."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._told: dict[str, Any] | None = None

    def message(self, snapshot: Snapshot, slow: bool) -> dict[str, Any]:
        said = to_json(sparing(snapshot)) if slow else self._hub.as_json(snapshot)
        before, self._told = self._told, said
        clock = time.monotonic()
        if before is None:
            return {"goodpart": VERSION, "clock": clock, "snapshot": said}
        return {"clock": clock, "changes": changes(before, said)}


def sparing(snapshot: Snapshot) -> Snapshot:
    """Without what a slow line has no room for: the picture and the spectrum; the map in whole numbers."""
    image, sound = snapshot.image, snapshot.sound
    return replace(
        snapshot,
        preview=None,
        image=image and replace(image, map=np.round(image.map)),
        sound=sound and replace(sound, spectrum=()),
    )
