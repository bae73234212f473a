"""Sound between who hears and who judges: kept in order, bounded, and never lost without saying so."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from core.samples import Sound, SoundBlock

KEPT_SECONDS = 10.0
TAKEN_SECONDS = 1.0


class RingBuffer:
    """One thread puts, another takes."""

    def __init__(self, seconds: float = KEPT_SECONDS) -> None:
        self._seconds = seconds
        self._change = threading.Condition()
        self._waiting: deque[SoundBlock] = deque()
        self._length = 0.0
        self._broken = True
        self._closed = False
        self._rate = 0
        self.heard = 0.0
        """Seconds that were put."""
        self.overruns = 0
        self.last_at: float | None = None

    def put(self, samples: Sound, rate: int, truth: str | None = None, *, lost: bool = False) -> None:
        """Keep what was heard. `lost` says that the device lost something before it."""
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
        """Nobody took for long: what is oldest goes, and what is left begins anew."""
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
        """Whether something was not taken yet."""
        return bool(self._waiting)

    def interrupt(self) -> None:
        """What comes next has nothing to do with what was put before."""
        with self._change:
            self._broken = True

    def take(self, timeout: float) -> SoundBlock | None:
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._closed, timeout)
            if not self._waiting:
                return None
            first = self._waiting.popleft()
            parts, length = [first.samples], len(first.samples)
            last = first
            while self._waiting and length < TAKEN_SECONDS * first.rate and _goes_on(first, self._waiting[0]):
                last = self._waiting.popleft()
                parts.append(last.samples)
                length += len(last.samples)
            self._length -= length / first.rate
            self._change.notify_all()
        samples = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return SoundBlock(samples, first.rate, last.at, first.broken, first.truth)

    def wait_for_room(self, ended: Callable[[], bool]) -> None:
        """Wait until what is kept has been taken, all but a second."""
        with self._change:
            while self._length > TAKEN_SECONDS and not self._closed and not ended():
                self._change.wait(0.2)

    def close(self) -> None:
        """Nobody shall wait any more."""
        with self._change:
            self._closed = True
            self._waiting.clear()
            self._change.notify_all()


def _goes_on(first: SoundBlock, following: SoundBlock) -> bool:
    return not following.broken and following.truth == first.truth
