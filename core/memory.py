"""Memory given back to the system as soon as it is free."""

from __future__ import annotations

import contextlib
import ctypes
import sys

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8  # of malloc.h
LARGE = 1 << 18


def give_back_early() -> None:
    """Pictures and layers of some MB come and go on several threads: glibc would keep what they used for each of them.
    Early in a process, before it has threads; where there is another C library nothing happens."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, LARGE)
