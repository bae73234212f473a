"""Collects what libraries print while the dashboard is shown, such as LiteRT's banner or libjpeg's warning about every
torn frame. It would land in the middle of the dashboard and scroll it."""

from __future__ import annotations

import os
import sys
import threading
from collections import deque

_KEPT = 50
"""Lines that are kept."""


class StrayOutput:
    """Between `hold` and `release`, standard output and error go into a pipe if they lead to a terminal. The last
    lines are kept to explain a crash."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=_KEPT)
        self._kept: dict[int, int] = {}

    def hold(self) -> None:
        """Redirect standard output and error into the pipe; a second call changes nothing."""
        terminals = [fd for fd in (1, 2) if fd not in self._kept and os.isatty(fd)]
        if not terminals:
            return
        _flush()
        reader, writer = os.pipe()
        for fd in terminals:
            self._kept[fd] = os.dup(fd)
            os.dup2(writer, fd)
        os.close(writer)
        threading.Thread(target=self._read, args=(reader,), name="strays", daemon=True).start()

    def release(self) -> None:
        """Put standard output and error back."""
        _flush()
        for fd, kept in self._kept.items():
            os.dup2(kept, fd)
            os.close(kept)
        self._kept.clear()

    def _read(self, reader: int) -> None:
        # Ends when every copy of the other end is closed; a training process may have inherited one.
        with open(reader, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                self.lines.append(line.rstrip("\n"))


def _flush() -> None:
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            stream.flush()
