"""The terminal: Textual's driver on a line that tells how far it is, and everything left as it was found."""

from __future__ import annotations

import os
import re
import signal
import sys
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.events import CursorPosition
from textual.message import Message

from tui.terminal.capabilities import TerminalKind
from tui.terminal.cell_buffer import byte_length
from tui.terminal.flow_control import ASK, FlowControl, PatientFile, own_descriptor, serial_line_speed
from tui.terminal.glyphs import spelled
from tui.terminal.stray_output import StrayOutput

LEAVE = "\x1b[?2026l\x1b[<u\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?1049l\x1b[?25h\x1b[?1004l"
"""Out of everything that Textual's driver turns on."""


_KEEP_TITLE = "\x1b[22;2t"
_OLD_TITLE = "\x1b]2;\x07\x1b[23;2t"
_POINTER = "\x1b]22;"
"""The shape of the mouse's pointer: no mouse is asked for."""
_YOUNGER = re.compile(r"\x1b\[([<>]|\?(2026|2048|2004|1004|1049)\D)")
"""What terminals before xterm do not know, and some of them print: keyboard protocols, questions, other screens."""


class TerminalDriver(LinuxDriver):
    """Textual's driver, with a line that tells how far it is."""

    def __init__(self, app: App[Any], **settings: Any) -> None:
        super().__init__(app, **settings)
        self._kind: TerminalKind = getattr(app, "kind", TerminalKind())
        output = _output_descriptor()
        self.told_speed = serial_line_speed(output)
        """Bytes a second, where the terminal's settings tell them."""
        self.line = FlowControl(speed=self.told_speed)
        self.strays = StrayOutput()
        self._patient = PatientFile(output, self.line)
        self._file = cast(Any, self._patient)
        self.on_cleared: Callable[[], None] | None = None
        self.on_answer: Callable[[], None] | None = None
        """The terminal has what was sent; called on the input's thread."""
        self.restored = False
        self._title: str | None = None

    def start_application_mode(self) -> None:
        self.restored = False
        self._patient.resume()
        self.strays.hold()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._kind.simple and self._kind.attributes:
            self._keep_flow_control()
        if self.on_cleared is not None:
            self.on_cleared()

    def _keep_flow_control(self) -> None:
        """A terminal on a serial line says by XOFF that it cannot follow; Textual would take it for a key."""
        with suppress(termios.error):
            flags = self.attrs_before[tty.IFLAG] & (termios.IXON | termios.IXOFF) if self.attrs_before else 0
            now = termios.tcgetattr(self.fileno)
            now[tty.IFLAG] |= flags
            termios.tcsetattr(self.fileno, termios.TCSANOW, now)

    def title(self, text: str) -> None:
        """The window's title, where there is one; what it was before comes back at the end."""
        if not self._kind.titled or text == self._title:
            return
        if self._title is None:
            self.write(_KEEP_TITLE)
        self._title = text
        printable = "".join(c for c in spelled(text, "ascii") if c.isprintable())
        self.write(f"\x1b]2;{printable}\x07")

    def write(self, data: str) -> None:
        if data.startswith(_POINTER) or (self._kind.simple and _YOUNGER.match(data)):
            return
        self.line.queued(byte_length(data))
        super().write(data)

    def send_frame(self, frame: str) -> None:
        self.write(frame + ASK if self.line.sending(byte_length(frame)) else frame)

    def free(self) -> bool:
        return self.line.free(self._patient.kernel_queue())

    def process_message(self, message: Message) -> None:
        if isinstance(message, CursorPosition):
            self.line.answered()
            if self.on_answer is not None:
                self.on_answer()
        else:
            super().process_message(message)

    def stop_application_mode(self) -> None:
        """Leave the terminal as it was, without waiting for what is still on its way to it."""
        self._drop_what_waits()
        self._patient.resume(for_at_most=1.0)
        self.write("\x1b[0m" if self._kind.simple else "\x1b[?2026l\x1b[0m")
        self.write(self.leave_title())
        self._title = None
        if self._kind.simple:
            # There is no other screen to go back to.
            self.write("\x1b[H\x1b[2J")
        super().stop_application_mode()
        self.strays.release()
        self.restored = True

    def leave_title(self) -> str:
        """The sequence after which the window has its old title again, or, where titles are not kept, none."""
        return "" if self._title is None else _OLD_TITLE

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
            _restore(terminal, before, used.leave_title())

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


def _restore(terminal: int, attributes: list[Any] | None, title: str) -> None:
    # A terminal that has gone needs nothing.
    with suppress(OSError, termios.error):
        if attributes is not None:
            termios.tcsetattr(0, termios.TCSANOW, attributes)
        os.write(terminal, (title + LEAVE).encode())
