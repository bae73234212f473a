"""The line to the terminal: how far it has come with what was sent, and never waiting for it."""

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
"""Where is the cursor? Every terminal since the VT100 answers when it has come so far: the only news of the far end of
a line whose buffers (a pseudo-terminal, ssh, a modem) cannot be seen from here."""

_FIRST_ANSWER = 1.5
_LATE_ANSWER = 10.0
_QUEUED_IS_BUSY = 128
_FULL_FRAME = 1 << 16
_LEAST_FRAME = 40
_FRAME_SECONDS = 0.045
"""What a frame may take on its way where the line is slow: a key waits for the frame before and for its own."""


class FlowControl:
    """How much is under way. Frames are sent one at a time: the next one when the terminal has the last one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, speed: float | None = None) -> None:
        """`speed`, bytes a second, where the terminal's settings tell it."""
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
        """Bytes that the next frame may have: a slow line gets smaller frames, so that a key shows soon."""

    def queued(self, size: int) -> None:
        with self._lock:
            self._pending += size

    def written(self, size: int) -> None:
        with self._lock:
            self._pending -= size

    def answered(self) -> None:
        with self._lock:
            self._ever_answered = True
            self._answered_at = self._clock()
            self._answered = min(self._asked, self._answered + 1)

    def sending(self, size: int) -> bool:
        """A frame goes out now; gives whether to ask the terminal for an answer."""
        with self._lock:
            self._sent_at, self._sent_bytes, self._measured = self._clock(), size, False
            # A terminal that never answers is not asked for ever.
            ask = self._ever_answered or self._asked < 3
            self._asked += ask
            return ask

    def free(self, kernel_queue: int) -> bool:
        """Whether the terminal has everything; `kernel_queue` is what the operating system still holds."""
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
        """Seconds until an answer is no longer waited for."""
        if self._ever_answered:
            return _LATE_ANSWER
        return _FIRST_ANSWER if self._speed is None else self._on_its_way()

    def _on_its_way(self) -> float:
        """Seconds that what was sent takes, as far as the speed is known."""
        return 0.0 if self._speed is None else self._sent_bytes / self._speed

    @property
    def behind(self) -> bool:
        """Whether something that was sent has surely not arrived."""
        with self._lock:
            return self._pending > 0 or (self._ever_answered and self._answered < self._asked)

    @property
    def behind_here(self) -> bool:
        """Whether the operating system has not taken everything yet."""
        with self._lock:
            return self._pending > 0

    def _learn(self, seconds: float) -> None:
        # A far terminal takes long for every frame, a slow one for large ones: only the latter gets smaller frames.
        self._quickest = min(self._quickest, seconds)
        beyond = seconds - self._quickest
        if beyond > 2 * _FRAME_SECONDS:
            self.budget = _size_for(self._sent_bytes / beyond)
        elif beyond < _FRAME_SECONDS and self._sent_bytes >= 0.8 * self.budget:
            self.budget = min(self._largest, self.budget * 3 // 2)


def _size_for(speed: float) -> int:
    """Of a frame, for a line of so many bytes a second."""
    return min(_FULL_FRAME, max(_LEAST_FRAME, int(speed * _FRAME_SECONDS)))


_TOLD = {getattr(termios, f"B{baud}"): baud / 10 for baud in (300, 600, 1200, 2400, 4800, 9600, 19200, 38400)}


def serial_line_speed(fd: int) -> float | None:
    """Bytes a second of a slow serial line, from the terminal's settings; None where they tell nothing.

    A pseudo-terminal is born with 38400 baud, which means nothing; any other speed in it was put there by somebody who
    knows, such as ssh, which hands on that of the line in front of it.
    """
    try:
        speed = termios.tcgetattr(fd)[5]
        unknown = speed == termios.B38400 and os.ttyname(fd).startswith("/dev/pt")
    except (OSError, termios.error):
        return None
    return None if unknown else _TOLD.get(speed)


class PatientFile:
    """What the writer thread writes to. It never waits inside the operating system, so that it can be told to stop."""

    def __init__(self, fd: int, line: FlowControl) -> None:
        self._line = line
        self._fd = own_descriptor(fd)
        self._drop = threading.Event()
        self._deadline = float("inf")
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLOUT)

    def write(self, text: str) -> int:
        data = memoryview(text.encode("utf-8", "replace"))
        size = len(data)
        try:
            while data and not self._drop.is_set() and time.monotonic() < self._deadline:
                if self._poll.poll(50):
                    try:
                        # Small pieces: where the descriptor is shared, a write may wait for the line.
                        data = data[os.write(self._fd, data[:256]) :]
                    except BlockingIOError:
                        time.sleep(0.02)
        except OSError:
            # The terminal has gone (hung up). Whoever hangs up is told by SIGHUP; there is nobody to write to.
            self._drop.set()
        finally:
            self._line.written(size)
        return size

    def flush(self) -> None:
        """Nothing is kept back."""

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return True

    def discard(self) -> None:
        """Drop what waits."""
        self._drop.set()

    def resume(self, for_at_most: float = float("inf")) -> None:
        """Write again; whatever is not out after that many seconds is dropped."""
        self._deadline = time.monotonic() + for_at_most
        self._drop.clear()

    def kernel_queue(self) -> int:
        """Bytes in the operating system's output queue (always 0 of a pseudo-terminal)."""
        try:
            answer = fcntl.ioctl(self._fd, termios.TIOCOUTQ, b"\0\0\0\0")
        except OSError:
            return 0
        return int(struct.unpack("i", answer)[0])


def own_descriptor(fd: int) -> int:
    """The terminal opened anew, non-blocking: the flag would otherwise be set for the shell as well."""
    try:
        return os.open(os.ttyname(fd), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return os.dup(fd)
