"""Runs a program in a real pseudo-terminal and reads it at any speed, like a technician's terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pyte

ROOT = Path(__file__).resolve().parents[2]


class TerminalRig:
    """A program in a terminal.

    `baud` is the speed in the terminal's settings; `drain` is the number of bytes read per second, None for as many as
    there are; `answers` is whether the terminal reports the cursor's position on request, as nearly all do.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        size: tuple[int, int] = (80, 24),
        drain: float | None = None,
        answers: bool = True,
        term: str = "xterm-256color",
        baud: int | None = None,
        tells_size: bool = True,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.drain, self.answers = drain, answers
        self.screen = pyte.Screen(*size)
        self._parser = pyte.ByteStream(self.screen)
        self.received = bytearray()
        self._debt = time.monotonic()
        self.master, slave = pty.openpty()
        self.slave_name = os.ttyname(slave)
        if tells_size:
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        if baud is not None:
            settings = termios.tcgetattr(slave)
            settings[4] = settings[5] = getattr(termios, f"B{baud}")
            termios.tcsetattr(slave, termios.TCSANOW, settings)
        self.before = termios.tcgetattr(slave)
        self.started = time.monotonic()
        environment = {**os.environ, "TERM": term, "PYTHONPATH": str(ROOT)}
        for name in ("NO_COLOR", "COLORTERM", "LC_ALL", "LC_CTYPE", "STY"):
            environment.pop(name, None)
        environment.update({"LANG": "C.UTF-8"} | dict({"COLORTERM": "truecolor"} if variables is None else variables))
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self.slave: int | None = slave

    def __enter__(self) -> TerminalRig:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(5)
        os.close(self.master)
        if self.slave is not None:
            os.close(self.slave)

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Read the program's output for `seconds`, or until a condition is met; returns whether it was met."""
        end = time.monotonic() + seconds
        while not until():
            now = time.monotonic()
            if now >= end:
                return False
            if self.drain is not None and now < self._debt:
                time.sleep(min(0.02, self._debt - now))
                continue
            if not select.select([self.master], [], [], 0.02)[0]:
                # Idle time does not count towards the speed; time in which this process was delayed does.
                self._debt = max(self._debt, time.monotonic())
                continue
            try:
                data = os.read(self.master, 65536 if self.drain is None else 16)
            except OSError:
                # The program has closed the terminal.
                return until()
            self._debt = now if self.drain is None else self._debt + len(data) / self.drain
            self._take(data)
        return True

    def rest(self) -> None:
        """Read the remaining output of a program that has ended."""
        while select.select([self.master], [], [], 0)[0]:
            try:
                self._take(os.read(self.master, 65536))
            except OSError:
                return

    def _take(self, data: bytes) -> None:
        searched_from = max(0, len(self.received) - 3)
        self.received += data
        if self.answers:
            for _ in range(self.received.count(b"\x1b[6n", searched_from)):
                os.write(self.master, b"\x1b[1;1R")
        # pyte knows neither private modes with `$` nor the kitty protocol, but only the drawn text is needed of it.
        self._parser.feed(data)

    def type(self, keys: str) -> None:
        """Send keys to the program."""
        os.write(self.master, keys.encode())

    def resize(self, width: int, height: int) -> None:
        """Set the size of the terminal in cells; the program gets SIGWINCH."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.screen.resize(height, width)

    def text(self) -> str:
        """Return the text on the screen."""
        return "\n".join(self.screen.display)

    def shows(self, words: str) -> Callable[[], bool]:
        """Return a function that returns whether the text is on the screen."""
        return lambda: words in self.text()

    def ended(self) -> bool:
        """Return whether the program has ended."""
        return self.process.poll() is not None

    def settings(self) -> list[object]:
        """Return the terminal's modes."""
        assert self.slave is not None
        return list(termios.tcgetattr(self.slave))
