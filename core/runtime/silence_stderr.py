"""Silences libraries that write to standard error, which is where the screen is."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

_changing = threading.Lock()
_inside = 0
_real_stderr: int | None = None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Discard everything written to file descriptor 2. For calls that report errors by exceptions.

    Several threads may be inside at once, so that a driver that hangs blocks no other thread.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside, _real_stderr
    with _changing:
        if _inside == 0:
            with contextlib.suppress(OSError):  # there is no standard error
                _real_stderr = os.dup(2)
                devnull = os.open(os.devnull, os.O_WRONLY)
                os.dup2(devnull, 2)
                os.close(devnull)
        _inside += 1


def _leave() -> None:
    global _inside, _real_stderr
    with _changing:
        _inside -= 1
        if _inside == 0 and _real_stderr is not None:
            os.dup2(_real_stderr, 2)
            os.close(_real_stderr)
            _real_stderr = None
