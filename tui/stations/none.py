"""A station where no recipe is open."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import cast

from core.state.snapshot import Snapshot
from core.state.verdict import Verdict
from core.station.interface import StationInterface


class NoStation:
    """What a station is where no recipe is open: nothing is known, and commands do nothing."""

    def __init__(self) -> None:
        verdict = Verdict("UNKNOWN", "no recipe is open")
        self._snapshot = Snapshot(number=0, at=time.time(), recipe="", verdict=verdict)

    def snapshot(self) -> Snapshot:
        return self._snapshot

    def __getattr__(self, command: str) -> Callable[..., None]:
        return lambda *_, **__: None


def no_station() -> StationInterface:
    return cast(StationInterface, NoStation())
