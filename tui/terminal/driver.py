"""The terminal driver: Textual's driver with flow control. It restores the terminal when the app ends."""

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
"""The sequence that turns off every mode that Textual's driver turns on."""


_KEEP_TITLE = "\x1b[22;2t"
_OLD_TITLE = "\x1b]2;\x07\x1b[23;2t"
_POINTER = "\x1b]22;"
"""The start of the sequence that sets the mouse pointer; it is never sent, because the mouse is not used."""
_YOUNGER = re.compile(r"\x1b\[([<>]|\?(2026|2048|2004|1004|1049)\D)")
"""Sequences that terminals before xterm do not know and partly print: keyboard protocols, queries, other screens."""


class TerminalDriver(LinuxDriver):
    """Textual's driver with flow control."""

    def __init__(self, app: App[Any], **settings: Any) -> None:
        super().__init__(app, **settings)
        self._kind: TerminalKind = getattr(app, "kind", TerminalKind())
        output = _output_descriptor()
        self.told_speed = serial_line_speed(output)
        """Bytes per second according to the terminal's settings; None if unknown."""
        self.line = FlowControl(speed=self.told_speed)
        self.strays = StrayOutput()
        self._patient = PatientFile(output, self.line)
        self._file = cast(Any, self._patient)
        self.on_cleared: Callable[[], None] | None = None
        self.on_answer: Callable[[], None] | None = None
        """Called on the input's thread if the terminal confirms that it received the last frame."""
        self.restored = False
        self._title: str | None = None

    def start_application_mode(self) -> None:
        """Take over the terminal, and collect the stray output of libraries."""
        self.restored = False
        self._patient.resume()
        self.strays.hold()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._kind.simple and self._kind.attributes:
            self._keep_flow_control()
        if self.on_cleared is not None:
            self.on_cleared()

    def _keep_flow_control(self) -> None:
        """Keep XON/XOFF: a terminal on a serial line sends XOFF if it cannot keep up, which Textual would read as a
        key."""
        with suppress(termios.error):
            flags = self.attrs_before[tty.IFLAG] & (termios.IXON | termios.IXOFF) if self.attrs_before else 0
            attributes = termios.tcgetattr(self.fileno)
            attributes[tty.IFLAG] |= flags
            termios.tcsetattr(self.fileno, termios.TCSANOW, attributes)

    def title(self, text: str) -> None:
        """Set the window's title if the terminal has one; the old title comes back at the end."""
        if not self._kind.titled or text == self._title:
            return
        if self._title is None:
            self.write(_KEEP_TITLE)
        self._title = text
        printable = "".join(c for c in spelled(text, "ascii") if c.isprintable())
        self.write(f"\x1b]2;{printable}\x07")

    def write(self, data: str) -> None:
        """Queue data for the terminal, except sequences that it does not know."""
        if data.startswith(_POINTER) or (self._kind.simple and _YOUNGER.match(data)):
            return
        self.line.queued(byte_length(data))
        super().write(data)

    def send_frame(self, frame: str) -> None:
        """Queue a frame, with a request for confirmation if the terminal answers such requests."""
        self.write(frame + ASK if self.line.sending(byte_length(frame)) else frame)

    def free(self) -> bool:
        """Return whether the terminal has received everything."""
        return self.line.free(self._patient.kernel_queue())

    def process_message(self, message: Message) -> None:
        """Take a cursor position as the confirmation of a frame; pass on every other message."""
        if isinstance(message, CursorPosition):
            self.line.answered()
            if self.on_answer is not None:
                self.on_answer()
        else:
            super().process_message(message)

    def stop_application_mode(self) -> None:
        """Restore the terminal, and drop the output that has not reached it."""
        self._drop_what_waits()
        self._patient.resume(for_at_most=1.0)
        self.write("\x1b[0m" if self._kind.simple else "\x1b[?2026l\x1b[0m")
        self.write(self.leave_title())
        self._title = None
        if self._kind.simple:
            # Such a terminal has no alternate screen to leave.
            self.write("\x1b[H\x1b[2J")
        super().stop_application_mode()
        self.strays.release()
        self.restored = True

    def leave_title(self) -> str:
        """Return the sequence that brings back the window's old title; empty if the title was not changed."""
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
            # A terminal that is gone cannot be flushed and need not be.
            with suppress(termios.error):
                termios.tcflush(self._patient.fileno(), termios.TCOFLUSH)


def _output_descriptor() -> int:
    """Return stderr, to which Textual writes, or stdout if only that is a terminal."""
    for stream in (sys.__stderr__, sys.__stdout__):
        if stream is not None and stream.isatty():
            return stream.fileno()
    return 2


@contextmanager
def terminal_left_as_found(end: Callable[[int], bool], driver: Callable[[], object]) -> Iterator[None]:
    """Run the app inside this context: SIGTERM and SIGHUP end it in good order, and the terminal is restored however
    it ends.

    `end(code)` asks the running app to exit and returns whether there is one; `driver()` returns its driver.
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
        # An event loop that hangs would never exit.
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
    # A terminal that is gone needs no restoring.
    with suppress(OSError, termios.error):
        if attributes is not None:
            termios.tcsetattr(0, termios.TCSANOW, attributes)
        os.write(terminal, (title + LEAVE).encode())
