"""Notifies systemd (sd_notify) that the service is ready, alive or stopping; does nothing without systemd."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress


class SystemdNotifier:
    """Sends the notifications. The judging loop calls `alive`: a timer would still run if the loop hangs."""

    def __init__(self) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET", "")
        watched = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = os.environ.get("WATCHDOG_USEC", "") if watched else ""
        self._every = int(microseconds) / 4e6 if microseconds.isdecimal() else 0.0
        self._last = 0.0

    def tell(self, message: str) -> None:
        """Send a message such as READY=1; errors are ignored."""
        if not self._address:
            return
        # An address that begins with "@" is in the abstract namespace.
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as to:
            to.sendto(message.encode(), address)

    def alive(self) -> None:
        """Feed the watchdog, four times per watchdog period at most."""
        now = time.monotonic()
        if self._every and now - self._last >= self._every:
            self._last = now
            self.tell("WATCHDOG=1")
