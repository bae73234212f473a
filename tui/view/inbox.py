"""Snapshots on their way from the station's thread to the screens."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from textual.message import Message

from core.state.snapshot import Snapshot
from core.state.verdict import ImageJudgement, Sense, SoundJudgement

SILENT_AFTER = 2.0
"""Seconds without a snapshot after which the screen no longer trusts the last one."""


@dataclass(frozen=True)
class PlottedSample:
    """One judged sample, for the plots."""

    number: int
    at: float
    """time.monotonic() at which the screen received it."""
    density: float
    reconstruction_error: float
    anomalous: bool
    sense: Sense = "image"


class Inbox:
    """The station's thread puts snapshots in; the screen takes the newest one and every sample judged since its last
    call, so that the plots show a spike of a single sample even if the screen skipped that snapshot."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: Snapshot | None = None
        self._at = 0.0
        self._samples: deque[PlottedSample] = deque(maxlen=500)
        self._last_numbers: dict[Sense, int] = {}
        self._received = 0

    def put(self, snapshot: Snapshot, at: float) -> None:
        """Keep a snapshot that arrived `at` (time.monotonic()), and its newly judged samples for the plots."""
        with self._lock:
            self._newest, self._at = snapshot, at
            self._received += 1
            for sense, state in snapshot.senses.items():
                self._note(sense, state.judged, at)

    def _note(self, sense: Sense, judged: ImageJudgement | SoundJudgement | None, at: float) -> None:
        if judged is not None and judged.number != self._last_numbers.get(sense, 0):
            self._last_numbers[sense] = judged.number
            self._samples.append(
                PlottedSample(judged.number, at, judged.density, judged.reconstruction_error, judged.anomalous, sense)
            )

    def silent(self, now: float) -> float:
        """Return the seconds without a snapshot. Before the second snapshot `STARTING` seconds are allowed on top,
        because the station is still starting."""
        with self._lock:
            return max(0.0, now - self._at - (0.0 if self._received > 1 else STARTING))

    def newest(self) -> Snapshot | None:
        """Return the newest snapshot; None before the first."""
        with self._lock:
            return self._newest

    def take(self) -> tuple[Snapshot | None, tuple[PlottedSample, ...]]:
        """Return the newest snapshot (None before the first) and the samples since the last call."""
        with self._lock:
            samples = tuple(self._samples)
            self._samples.clear()
            return self._newest, samples


class NewSnapshot(Message):
    """Announces that the inbox holds something new."""

    def can_replace(self, message: Message) -> bool:
        """Return whether `message`, which is still queued, can be dropped in favour of this one."""
        return isinstance(message, NewSnapshot)


STARTING = 15.0
"""Seconds that a station takes to start on a slow machine, at most."""
