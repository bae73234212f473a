"""Runs a station without a screen, for JSON lines (`--headless`) and for the line mode."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Protocol, TextIO

from core.serialization.verdict_json import as_json, part_as_json
from core.state.parts import Part
from core.state.snapshot import Snapshot

if TYPE_CHECKING:
    from core.errors import GoodpartError
    from core.station.interface import StationInterface

    class Refusing(StationInterface, Protocol):
        """A station that reports a recipe whose model cannot be used."""

        @property
        def refused(self) -> GoodpartError | None:
            """The fault of the model; None if it can be used."""
            ...


MOST_WAITING = 200
"""Snapshots that wait for a slow reader; beyond that the oldest are dropped, and the station is never delayed."""
GIVE_UP_SECONDS = 3.0
"""Seconds after a signal until the process ends by force."""


def run_headless(station: Refusing, seconds: float | None) -> int:
    """Print a JSON object per verdict until `seconds` are over; return the exit code. Raises GoodpartError if the model
    of the recipe cannot be used, instead of printing UNKNOWN for ever."""
    code = run_without_screen(station, seconds, write_json_lines, ended=lambda: station.refused is not None)
    if station.refused:
        raise station.refused
    return code


def run_without_screen(
    station: StationInterface,
    seconds: float | None,
    show: Callable[[Iterator[Snapshot], TextIO], None],
    *,
    ended: Callable[[], bool],
) -> int:
    """Run the station until `seconds` are over, `ended()` is true or SIGTERM, SIGINT or SIGHUP arrives; return the exit
    code. `show` prints the snapshots on the calling thread."""
    waiting: queue.Queue[Snapshot] = queue.Queue(MOST_WAITING)
    by = 0

    def give_up() -> None:
        station.stop()
        os._exit(128 + by)

    def end(number: int, _frame: FrameType | None) -> None:
        nonlocal by
        by = number
        # If the reader of the output has stopped reading, the main thread blocks in a write for ever.
        forced = threading.Timer(GIVE_UP_SECONDS, give_up)
        forced.daemon = True
        forced.start()

    def put(snapshot: Snapshot) -> None:
        if waiting.full():
            waiting.get_nowait()
        waiting.put_nowait(snapshot)

    def snapshots() -> Iterator[Snapshot]:
        until = time.monotonic() + (seconds or 1e12)
        while not by and time.monotonic() < until and not ended():
            try:
                snapshot = waiting.get(timeout=0.1)
            except queue.Empty:
                continue
            if snapshot.stopped:
                return
            yield snapshot

    for number in (signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(number, end)
    station.subscribe(put)
    station.start()
    try:
        show(snapshots(), sys.stdout)
    finally:
        station.stop()
    return 130 if by == signal.SIGINT else 0


def write_json_lines(snapshots: Iterator[Snapshot], out: TextIO) -> None:
    """Write one JSON object per judged sample and one per counted part. If nothing can be judged, write one at the
    change and one per second."""
    judged: list[int] | None = None
    written_at = 0.0
    part: Part | None = None
    for snapshot in snapshots:
        if snapshot.part is not None and snapshot.part is not part:
            part = snapshot.part
            out.write(json.dumps(part_as_json(part)) + "\n")
            out.flush()
        numbers = [state.judged.number if state.judged else 0 for state in snapshot.senses.values()]
        if numbers == judged and (any(numbers) or snapshot.at - written_at < 1.0):
            continue
        if still_starting(snapshot):
            continue
        judged, written_at = numbers, snapshot.at
        out.write(json.dumps(as_json(snapshot)) + "\n")
        out.flush()


def still_starting(snapshot: Snapshot) -> bool:
    """Return whether models are still being loaded and devices opened, so that there is nothing to report."""
    return any(state.status.state == "opening" and state.model is None for state in snapshot.senses.values())
