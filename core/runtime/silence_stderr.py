"""Libraries that write to standard error by themselves, where the screen is."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

_changing = threading.Lock()
_inside = 0
_kept: int | None = None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing reaches file descriptor 2 meanwhile. For calls that raise what goes wrong instead of writing it.

    Several threads may be inside at once: a driver that never comes back holds up nobody else.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside, _kept
    with _changing:
        if _inside == 0:
            with contextlib.suppress(OSError):  # there is no standard error
                _kept = os.dup(2)
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, 2)
                os.close(nowhere)
        _inside += 1


def _leave() -> None:
    global _inside, _kept
    with _changing:
        _inside -= 1
        if _inside == 0 and _kept is not None:
            os.dup2(_kept, 2)
            os.close(_kept)
            _kept = None
