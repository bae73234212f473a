"""How often the screen may change on this line: the refresh rate falls by itself on a slow one, and rises again."""

from __future__ import annotations

_STEPS = (2.0, 1.0, 0.5, 0.2)
"""Hz below the rate that was asked for."""
_BYTES_A_FRAME = 700
"""What a second's changes of the dashboard take, with room; a known speed gives the highest rate that it carries."""
_FIRST_SCREEN = 4000
"""Bytes of the first screen, which is always late on a slow line."""
_FALLS_AFTER = 3
"""Frames that were not out when the next one was due."""
_RISES_AFTER = 8.0
"""Seconds in which all were; doubled with every rise that did not last."""
_LONGEST_WAIT = 300.0


class RefreshRate:
    def __init__(self, wanted: float, bytes_per_second: float | None = None) -> None:
        """`wanted` in Hz; `bytes_per_second` where the line tells its speed."""
        rates = [wanted, *(rate for rate in _STEPS if rate < wanted)]
        if bytes_per_second is not None:
            rates = [rate for rate in rates if rate * _BYTES_A_FRAME <= bytes_per_second] or rates[-1:]
        self._grace = 0.0 if bytes_per_second is None else _FIRST_SCREEN / bytes_per_second
        self._since: float | None = None
        self._rates = rates
        self._wanted = wanted
        self._at = 0
        self._late = 0
        self._good_since: float | None = None
        self._wait = _RISES_AFTER
        self._rose_at = float("-inf")

    @property
    def rate(self) -> float:
        """Hz."""
        return self._rates[self._at]

    @property
    def period(self) -> float:
        return 1.0 / self.rate

    @property
    def words(self) -> str:
        """`slow line: 1 Hz`; empty at the rate that was asked for."""
        return f"slow line: {self.rate:g} Hz" if self.rate < self._wanted else ""

    def due(self, now: float, out: bool) -> None:
        """A frame is due; `out` is whether all before it has arrived."""
        if out:
            self._late = 0
            if self._good_since is None:
                self._good_since = now
            elif self._at and now - self._good_since >= self._wait:
                self._at -= 1
                self._rose_at, self._good_since = now, now
            return
        if self._since is None:
            self._since = now
        if now - self._since < self._grace:
            return
        self._late += 1
        self._good_since = None
        if self._late >= _FALLS_AFTER and self._at + 1 < len(self._rates):
            self._wait = min(_LONGEST_WAIT, 2 * self._wait) if now - self._rose_at < 2 * self._wait else _RISES_AFTER
            self._at += 1
            self._late = 0
