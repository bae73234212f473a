"""What systemd wants to be told (sd_notify): ready, alive, stopping. Elsewhere nothing."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress


class SystemdNotifier:
    """`alive` is called by the judging loop; a timer would go on when it hangs."""

    def __init__(self) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET", "")
        watched = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = os.environ.get("WATCHDOG_USEC", "") if watched else ""
        self._every = int(microseconds) / 4e6 if microseconds.isdecimal() else 0.0
        self._told = 0.0

    def tell(self, words: str) -> None:
        if not self._address:
            return
        # "@" is an abstract address.
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as to:
            to.sendto(words.encode(), address)

    def alive(self) -> None:
        now = time.monotonic()
        if self._every and now - self._told >= self._every:
            self._told = now
            self.tell("WATCHDOG=1")
