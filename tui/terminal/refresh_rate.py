"""The refresh rate of the screen: it falls by itself on a slow line, and rises again."""

from __future__ import annotations

_STEPS = (2.0, 1.0, 0.5, 0.2)
"""Rates in Hz below the wanted one."""
_BYTES_A_FRAME = 700
"""Bytes of one change of the dashboard, with a margin; if the line's speed is known, it limits the rate."""
_FIRST_SCREEN = 4000
"""Bytes of the first screen, which is always late on a slow line."""
_FALLS_AFTER = 3
"""Consecutive late frames after which the rate falls. A frame is late if it is not sent when the next one is due."""
_RISES_AFTER = 8.0
"""Seconds without a late frame after which the rate rises; doubled after every rise that did not last."""
_LONGEST_WAIT = 300.0
"""Seconds up to which that time is doubled."""


class RefreshRate:
    """Decides how often the screen may change."""

    def __init__(self, wanted: float, bytes_per_second: float | None = None) -> None:
        """`wanted` is in Hz; `bytes_per_second` is the line's speed, None if unknown."""
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
        """The current rate in Hz."""
        return self._rates[self._at]

    @property
    def period(self) -> float:
        """Seconds between two changes."""
        return 1.0 / self.rate

    @property
    def words(self) -> str:
        """Text for the footer, `slow line: 1 Hz`; empty at the wanted rate."""
        return f"slow line: {self.rate:g} Hz" if self.rate < self._wanted else ""

    def due(self, now: float, out: bool) -> None:
        """Adjust the rate when a frame is due at `now`; `out` is whether the terminal has all frames before it."""
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
