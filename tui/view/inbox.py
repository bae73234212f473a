"""Snapshots on their way from the station's thread to the screens."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from textual.message import Message

from core.state.snapshot import Snapshot
from core.state.verdict import ImageJudgement, Sense, SoundJudgement

SILENT_AFTER = 2.0
"""Seconds without a snapshot after which the screen no longer believes the last one."""


@dataclass(frozen=True)
class PlottedSample:
    """One judged sample, for the plots."""

    number: int
    at: float
    """time.monotonic() when the screen learnt of it."""
    density: float
    reconstruction_error: float
    anomalous: bool
    sense: Sense = "image"


class Inbox:
    """The station's thread puts snapshots in; the screen takes the newest, and every judged sample since it last
    looked, so that a spike of one sample is seen although snapshots in between were skipped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: Snapshot | None = None
        self._at = 0.0
        self._samples: deque[PlottedSample] = deque(maxlen=500)
        self._last_numbers: dict[Sense, int] = {}
        self._heard = 0

    def put(self, snapshot: Snapshot, at: float) -> None:
        with self._lock:
            self._newest, self._at = snapshot, at
            self._heard += 1
            for sense, state in snapshot.senses.items():
                self._note(sense, state.judged, at)

    def _note(self, sense: Sense, judged: ImageJudgement | SoundJudgement | None, at: float) -> None:
        if judged is not None and judged.number != self._last_numbers.get(sense, 0):
            self._last_numbers[sense] = judged.number
            self._samples.append(
                PlottedSample(judged.number, at, judged.density, judged.reconstruction_error, judged.anomalous, sense)
            )

    def silent(self, now: float) -> float:
        """Seconds without news. What is there before the station has started may stand for longer."""
        with self._lock:
            return max(0.0, now - self._at - (0.0 if self._heard > 1 else STARTING))

    def newest(self) -> Snapshot | None:
        with self._lock:
            return self._newest

    def take(self) -> tuple[Snapshot | None, tuple[PlottedSample, ...]]:
        """The newest snapshot (None when there is none yet) and the samples since the last call."""
        with self._lock:
            samples = tuple(self._samples)
            self._samples.clear()
            return self._newest, samples


class NewSnapshot(Message):
    """The inbox has something. A newer one replaces the one still queued."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, NewSnapshot)


STARTING = 15.0
"""Seconds that a station may take to start on a slow machine."""
