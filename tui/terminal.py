"""The terminal: Textual's driver on a line that tells how far it is, and everything left as it was found."""

from __future__ import annotations

import os
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.events import CursorPosition
from textual.message import Message

from tui.line import ASK, Line, PatientFile, own_descriptor
from tui.strays import Strays

LEAVE = "\x1b[?2026l\x1b[<u\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?1049l\x1b[?25h\x1b[?1004l"
"""Out of everything that Textual's driver turns on."""


class TerminalDriver(LinuxDriver):
    """Textual's driver, with a line that tells how far it is."""

    def __init__(self, app: App[Any], **settings: Any) -> None:
        super().__init__(app, **settings)
        self.line = Line()
        self.strays = Strays()
        self._patient = PatientFile(_output_descriptor(), self.line)
        self._file = cast(Any, self._patient)
        self.on_cleared: Callable[[], None] | None = None
        self.restored = False

    def start_application_mode(self) -> None:
        self.restored = False
        self._patient.resume()
        self.strays.hold()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.on_cleared is not None:
            self.on_cleared()

    def write(self, data: str) -> None:
        self.line.queued(len(data.encode("utf-8", "replace")))
        super().write(data)

    def send_frame(self, frame: str) -> None:
        self.write(frame + ASK if self.line.sending(len(frame)) else frame)

    def free(self) -> bool:
        return self.line.free(self._patient.kernel_queue())

    def process_message(self, message: Message) -> None:
        if isinstance(message, CursorPosition):
            self.line.answered()
        else:
            super().process_message(message)

    def stop_application_mode(self) -> None:
        """Leave the terminal as it was, without waiting for what is still on its way to it."""
        self._drop_what_waits()
        self._patient.resume(for_at_most=1.0)
        self.write("\x1b[?2026l\x1b[0m")
        super().stop_application_mode()
        self.strays.release()
        self.restored = True

    def _get_terminal_size(self) -> tuple[int, int]:
        try:
            width, height = os.get_terminal_size(self._patient.fileno())
        except OSError:
            return super()._get_terminal_size()
        return width or 80, height or 24

    def _drop_what_waits(self) -> None:
        behind = self.line.behind or self._patient.kernel_queue() > 0
        self._patient.discard()
        thread = self._writer_thread
        end = time.monotonic() + 0.4
        while thread is not None and (thread._queue.qsize() or self.line.behind_here) and time.monotonic() < end:
            time.sleep(0.005)
        if behind:
            # A terminal that has gone cannot be flushed, nor needs to be.
            with suppress(termios.error):
                termios.tcflush(self._patient.fileno(), termios.TCOFLUSH)


def _output_descriptor() -> int:
    """Textual writes to stderr; when that is redirected, the terminal may still be at stdout."""
    for stream in (sys.__stderr__, sys.__stdout__):
        if stream is not None and stream.isatty():
            return stream.fileno()
    return 2


@contextmanager
def terminal_left_as_found(end: Callable[[int], bool], driver: Callable[[], object]) -> Iterator[None]:
    """Around the app: SIGTERM and SIGHUP end it in good order, and however it ends, the terminal is as before.

    `end(code)` asks the running app to exit and tells whether there is one; `driver()` gives its driver.
    """
    terminal = own_descriptor(_output_descriptor())
    before = _attributes()

    def put_back() -> None:
        used = driver()
        if isinstance(used, TerminalDriver) and not used.restored:
            used.strays.release()
            _restore(terminal, before)

    def give_up(code: int) -> None:
        put_back()
        os._exit(code)

    def on_signal(signum: int, _frame: FrameType | None) -> None:
        code = 128 + signum
        if not end(code):
            raise SystemExit(code)
        # A loop that hangs would never hear of it.
        forced = threading.Timer(3.0, give_up, [code])
        forced.daemon = True
        forced.start()

    signals = (signal.SIGTERM, signal.SIGHUP)
    previous = [signal.signal(signum, on_signal) for signum in signals]
    try:
        yield
    finally:
        put_back()
        os.close(terminal)
        for signum, handler in zip(signals, previous, strict=True):
            signal.signal(signum, handler)


def _attributes() -> list[Any] | None:
    try:
        return termios.tcgetattr(0)
    except termios.error:
        return None


def _restore(terminal: int, attributes: list[Any] | None) -> None:
    # A terminal that has gone needs nothing.
    with suppress(OSError, termios.error):
        if attributes is not None:
            termios.tcsetattr(0, termios.TCSANOW, attributes)
        os.write(terminal, LEAVE.encode())
