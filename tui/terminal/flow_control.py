"""Flow control: how much of the output the terminal has received, without ever blocking on it."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import termios
import threading
import time
from collections.abc import Callable

ASK = "\x1b[6n"
"""The query for the cursor position (DSR). Every terminal since the VT100 answers as soon as it has processed all
output before it: the only sign from the far end of a line whose buffers (a pseudo-terminal, ssh, a modem) are not
visible from here."""

_FIRST_ANSWER = 1.5
_LATE_ANSWER = 10.0
_QUEUED_IS_BUSY = 128
_FULL_FRAME = 1 << 16
_LEAST_FRAME = 40
_FRAME_SECONDS = 0.045
"""Seconds that a frame may take on a slow line: the answer to a key waits for the frame before it and for its own."""


class FlowControl:
    """Counts the output under way. Frames are sent one at a time: the next one when the terminal has the last one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, speed: float | None = None) -> None:
        """`speed` is the line's speed in bytes per second; None if unknown."""
        self._clock = clock
        self._speed = speed
        self._lock = threading.Lock()
        self._pending = 0
        self._asked = 0
        self._answered = 0
        self._ever_answered = False
        self._sent_at = 0.0
        self._sent_bytes = 0
        self._answered_at = 0.0
        self._measured = True
        self._quickest = float("inf")
        self._largest = _FULL_FRAME if speed is None else _size_for(speed)
        self.budget = self._largest
        """Bytes that the next frame may have: a slow line gets smaller frames, so that keys are answered soon."""

    def queued(self, size: int) -> None:
        """Count `size` bytes that wait for the writer thread."""
        with self._lock:
            self._pending += size

    def written(self, size: int) -> None:
        """Count `size` bytes that the operating system has accepted, or that were dropped."""
        with self._lock:
            self._pending -= size

    def answered(self) -> None:
        """Count an answer of the terminal."""
        with self._lock:
            self._ever_answered = True
            self._answered_at = self._clock()
            self._answered = min(self._asked, self._answered + 1)

    def sending(self, size: int) -> bool:
        """Count a frame of `size` bytes that is about to be sent; return whether to append `ASK` to it."""
        with self._lock:
            self._sent_at, self._sent_bytes, self._measured = self._clock(), size, False
            # A terminal that never answers is asked three times only.
            ask = self._ever_answered or self._asked < 3
            self._asked += ask
            return ask

    def free(self, kernel_queue: int) -> bool:
        """Return whether the terminal has everything; `kernel_queue` is the bytes that the operating system still
        holds."""
        now = self._clock()
        with self._lock:
            waited = now - self._sent_at
            if self._pending > 0 or kernel_queue > _QUEUED_IS_BUSY:
                return False
            if self._answered < self._asked:
                if waited < self._patience():
                    return False
                self._answered = self._asked
                self._measured = True
            if not self._ever_answered and waited < self._on_its_way():
                return False
            if not self._measured:
                self._measured = True
                if self._ever_answered:
                    self._learn(self._answered_at - self._sent_at)
            return True

    def _patience(self) -> float:
        """Return the seconds to wait for an answer."""
        if self._ever_answered:
            return _LATE_ANSWER
        return _FIRST_ANSWER if self._speed is None else self._on_its_way()

    def _on_its_way(self) -> float:
        """Return the seconds that the last frame takes on the line; 0 if the speed is unknown."""
        return 0.0 if self._speed is None else self._sent_bytes / self._speed

    @property
    def behind(self) -> bool:
        """Whether a part of the output has certainly not arrived."""
        with self._lock:
            return self._pending > 0 or (self._ever_answered and self._answered < self._asked)

    @property
    def behind_here(self) -> bool:
        """Whether the operating system has not accepted everything yet."""
        with self._lock:
            return self._pending > 0

    def _learn(self, seconds: float) -> None:
        # A distant terminal is late for every frame, a slow one for large frames: only the latter gets smaller frames.
        self._quickest = min(self._quickest, seconds)
        beyond = seconds - self._quickest
        if beyond > 2 * _FRAME_SECONDS:
            self.budget = _size_for(self._sent_bytes / beyond)
        elif beyond < _FRAME_SECONDS and self._sent_bytes >= 0.8 * self.budget:
            self.budget = min(self._largest, self.budget * 3 // 2)


def _size_for(speed: float) -> int:
    """Return the bytes of a frame for a line of `speed` bytes per second."""
    return min(_FULL_FRAME, max(_LEAST_FRAME, int(speed * _FRAME_SECONDS)))


_SLOW_BAUDS = (300, 600, 1200, 2400, 4800, 9600, 19200, 38400)
_BYTES_PER_SECOND = {getattr(termios, f"B{baud}"): baud / 10 for baud in _SLOW_BAUDS}


def serial_line_speed(fd: int) -> float | None:
    """Return the bytes per second of a slow serial line, from the terminal's settings; None if unknown.

    A pseudo-terminal starts with 38400 baud, which means nothing. Any other speed was set on purpose, for example by
    ssh, which passes on the speed of the line in front of it.
    """
    try:
        speed = termios.tcgetattr(fd)[5]
        unknown = speed == termios.B38400 and os.ttyname(fd).startswith("/dev/pt")
    except (OSError, termios.error):
        return None
    return None if unknown else _BYTES_PER_SECOND.get(speed)


class PatientFile:
    """The file that the writer thread writes to. It never blocks inside the operating system, so that writing can be
    stopped."""

    def __init__(self, fd: int, line: FlowControl) -> None:
        self._line = line
        self._fd = own_descriptor(fd)
        self._drop = threading.Event()
        self._deadline = float("inf")
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLOUT)

    def write(self, text: str) -> int:
        """Write a text, or drop the rest of it after `discard`, a deadline or a hang-up; return its size in bytes."""
        data = memoryview(text.encode("utf-8", "replace"))
        size = len(data)
        try:
            while data and not self._drop.is_set() and time.monotonic() < self._deadline:
                if self._poll.poll(50):
                    try:
                        # Small pieces, because a write can block if the descriptor is shared.
                        data = data[os.write(self._fd, data[:256]) :]
                    except BlockingIOError:
                        time.sleep(0.02)
        except OSError:
            # The terminal hung up; SIGHUP ends the program.
            self._drop.set()
        finally:
            self._line.written(size)
        return size

    def flush(self) -> None:
        """Do nothing: `write` buffers nothing."""

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._fd

    def isatty(self) -> bool:
        """Return True."""
        return True

    def discard(self) -> None:
        """Drop all output until `resume`."""
        self._drop.set()

    def resume(self, for_at_most: float = float("inf")) -> None:
        """Write again; drop what is not written after `for_at_most` seconds."""
        self._deadline = time.monotonic() + for_at_most
        self._drop.clear()

    def kernel_queue(self) -> int:
        """Return the bytes in the operating system's output queue (always 0 for a pseudo-terminal)."""
        try:
            answer = fcntl.ioctl(self._fd, termios.TIOCOUTQ, b"\0\0\0\0")
        except OSError:
            return 0
        return int(struct.unpack("i", answer)[0])


def own_descriptor(fd: int) -> int:
    """Return a new non-blocking descriptor of the terminal: a flag set on `fd` would also apply to the shell."""
    try:
        return os.open(os.ttyname(fd), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return os.dup(fd)
