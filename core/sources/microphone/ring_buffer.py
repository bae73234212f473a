"""The buffer between the recording and the judging thread: in order, bounded, every loss is counted."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from core.samples import Sound, SoundBlock

KEPT_SECONDS = 10.0
"""Seconds of sound that the buffer holds."""
TAKEN_SECONDS = 1.0
"""Seconds of sound that one `take` returns at most, rounded up to whole blocks."""


class RingBuffer:
    """One thread puts sound, another takes it."""

    def __init__(self, seconds: float = KEPT_SECONDS) -> None:
        self._seconds = seconds
        self._change = threading.Condition()
        self._waiting: deque[SoundBlock] = deque()
        self._length = 0.0
        self._broken = True
        self._closed = False
        self._rate = 0
        self.heard = 0.0
        """Seconds of sound that were put."""
        self.overruns = 0
        self.last_at: float | None = None

    def put(self, samples: Sound, rate: int, truth: str | None = None, *, lost: bool = False) -> None:
        """Append samples, float32 (n,). `lost`: the device lost sound before them. Does nothing after `close`."""
        now = time.monotonic()
        with self._change:
            self.overruns += lost
            self._broken |= lost
            if self._closed or not len(samples):
                return
            broken = self._broken or rate != self._rate
            self._broken, self._rate = False, rate
            self._waiting.append(SoundBlock(samples, rate, now, broken, truth))
            self._length += len(samples) / rate
            self.heard += len(samples) / rate
            self.last_at = now
            if self._length > self._seconds:
                self.overruns += 1
                self._drop_half()
            self._change.notify_all()

    def _drop_half(self) -> None:
        """Drop the oldest half, because nothing was taken for long; the rest starts with a `broken` block."""
        while self._length > self._seconds / 2:
            oldest = self._waiting.popleft()
            self._length -= len(oldest.samples) / oldest.rate
        if self._waiting:
            first = self._waiting.popleft()
            self._waiting.appendleft(SoundBlock(first.samples, first.rate, first.at, True, first.truth))
        else:
            self._broken = True

    @property
    def waiting(self) -> bool:
        """Whether there is sound that was not taken yet."""
        return bool(self._waiting)

    def interrupt(self) -> None:
        """Mark the next samples as `broken`: they do not continue the earlier ones."""
        with self._change:
            self._broken = True

    def take(self, timeout: float) -> SoundBlock | None:
        """Return the oldest sound, joined to about a second if it is continuous; None after `timeout` seconds."""
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._closed, timeout)
            if not self._waiting:
                return None
            first = self._waiting.popleft()
            parts, length = [first.samples], len(first.samples)
            last = first
            while self._waiting and length < TAKEN_SECONDS * first.rate and _continues(first, self._waiting[0]):
                last = self._waiting.popleft()
                parts.append(last.samples)
                length += len(last.samples)
            self._length -= length / first.rate
            self._change.notify_all()
        samples = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return SoundBlock(samples, first.rate, last.at, first.broken, first.truth)

    def wait_for_room(self, ended: Callable[[], bool]) -> None:
        """Wait until at most one second of sound is left, the buffer is closed or `ended` returns True."""
        with self._change:
            while self._length > TAKEN_SECONDS and not self._closed and not ended():
                self._change.wait(0.2)

    def close(self) -> None:
        """Drop all sound and end every wait."""
        with self._change:
            self._closed = True
            self._waiting.clear()
            self._change.notify_all()


def _continues(first: SoundBlock, following: SoundBlock) -> bool:
    return not following.broken and following.truth == first.truth
