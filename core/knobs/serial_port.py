"""The serial port behind one small class: only this file uses pyserial-asyncio and works around its faults.

Bluetooth's serial profile is a serial port too: /dev/rfcomm0, COM12.
"""

from __future__ import annotations

import asyncio
import errno
import re
import threading
from collections.abc import Callable

import serial as pyserial
from serial_asyncio import SerialTransport

from core.errors import GoodpartError

BAUD = 115_200
OPENING_SECONDS = 5.0
"""Seconds to wait for a port to open; a radio port may take that long, or for ever."""
FULL = 4096
"""Bytes that may wait to be sent; more are dropped, because the newest verdict is sent again within a second."""
STUCK = "the port does not open: is the board in reach?"


class PortLost(GoodpartError):  # noqa: N818 - a state of the world that passes
    """The port is missing or was lost; the text becomes the link's message."""


class SerialPort:
    """An open port; made by `open_port`."""

    def __init__(self, transport: _Transport, protocol: _Protocol) -> None:
        self._transport = transport
        self._protocol = protocol

    def send(self, data: bytes) -> None:
        """Send without waiting; never raises. Only the board's answer shows that the data arrived."""
        if self._transport.get_write_buffer_size() < FULL:
            self._transport.write(data)

    def close(self) -> None:
        """Close without waiting. May be called twice, and after the port was lost."""
        self._protocol.wanted = False
        self._transport.abort()


class _Transport(SerialTransport):  # type: ignore[misc]
    """Works around pyserial-asyncio, which may close a port twice, prints a traceback if a write fails, and sends
    everything before it closes: with a board that hangs, this blocks the whole event loop for ever."""

    def abort(self) -> None:
        if not self._closing:
            self._serial.flush = self._serial.reset_output_buffer
            self._abort(None)

    def _close(self, *_args: object, **_named: object) -> None:  # the library passes the error by name
        self.abort()

    def _fatal_error(self, _exc: BaseException, _message: str = "") -> None:
        self.abort()


class _Protocol(asyncio.Protocol):
    def __init__(self, received: Callable[[bytes], None], lost: Callable[[str], None]) -> None:
        self._received, self._lost = received, lost
        self.wanted = True

    def data_received(self, data: bytes) -> None:
        if self.wanted:
            self._received(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        if self.wanted:
            self._lost("the port has gone: unplugged, or out of reach")


async def open_port(
    name: str, received: Callable[[bytes], None], lost: Callable[[str], None], baud: int = BAUD
) -> SerialPort:
    """Open the port `name`. `received` gets the data that arrives; `lost` is called at most once, with the reason, if
    the port is lost later. Raises PortLost with the reason if it does not open."""
    try:
        serial = await _opened(name, baud)
    except (OSError, ValueError) as error:
        raise PortLost(port_error_text(name, error)) from error
    protocol = _Protocol(received, lost)
    try:
        transport = _Transport(asyncio.get_running_loop(), protocol, serial)
    except (OSError, ValueError) as error:
        serial.close()
        raise PortLost(port_error_text(name, error)) from error
    return SerialPort(transport, protocol)


_opening: set[str] = set()
"""Ports that a thread is opening; if opening blocks for ever, the next attempt starts no second thread."""


async def _opened(name: str, baud: int) -> pyserial.Serial:
    """Open the port on its own thread: opening a radio port can block for ever, which would use up a thread pool."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[pyserial.Serial] = loop.create_future()

    def hand_over(serial: pyserial.Serial | None, error: BaseException | None) -> None:
        if done.done():  # the wait has timed out
            if serial is not None:
                serial.close()
        elif error is not None:
            done.set_exception(error)
        else:
            done.set_result(serial)

    def work() -> None:
        serial, failure = None, None
        try:
            serial = pyserial.Serial(name, baudrate=baud, timeout=0, write_timeout=0, exclusive=True)
            # Data that waits in the buffer is older than this connection.
            serial.reset_input_buffer()
        except (OSError, ValueError) as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - drivers and termios raise what they like
            failure = OSError(f"{type(error).__name__}: {error}")
        _opening.discard(name)
        try:
            loop.call_soon_threadsafe(hand_over, serial, failure)
        except RuntimeError:  # the station has ended
            if serial is not None:
                serial.close()

    if name in _opening:
        raise PortLost(STUCK)
    _opening.add(name)
    threading.Thread(target=work, name="opening the knobs", daemon=True).start()
    try:
        return await asyncio.wait_for(done, OPENING_SECONDS)
    except TimeoutError:
        raise PortLost(STUCK) from None


def port_error_text(name: str, error: Exception) -> str:
    """Why the port cannot be opened and what to do, as text for the technician."""
    number = getattr(error, "errno", None)
    text = str(error)
    # The error number of termios is only in the text.
    configuring = re.search(r"[Cc]onfigure port: \((\d+)", text)
    if configuring:
        number = int(configuring[1])
    if number in (errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO) or "FileNotFoundError" in text:
        return "there is no such port: plug the board in (goodpart devices lists the ports)"
    if number in (errno.EISDIR, errno.ENOTTY):
        return "this is not a serial port: goodpart devices lists them"
    if number in (errno.EACCES, errno.EPERM):
        return "this user may not open the port: join the group dialout and log in again"
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in text or "denied" in text:
        return "another program uses the port: is another station running?"
    if number == errno.EIO:
        return "the port does not answer: is the board plugged in?"
    return f"the port {name} cannot be opened ({text.splitlines()[0] if text else type(error).__name__})"
