"""The serial port behind one small class: pyserial-asyncio and what must be known about it stay in this file.

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
"""A radio port may take that long, or for ever."""
FULL = 4096
"""Bytes that may wait to be sent; more are dropped: the newest verdict comes again within a second."""
STUCK = "the port does not open: is the board in reach?"


class PortLost(GoodpartError):  # noqa: N818 - a state of the world that passes
    """The port is not there, or went; its words become the link's."""


class SerialPort:
    """An open port. `received` gets what comes, `lost` is called once, in words, when it has gone by itself."""

    def __init__(self, transport: _Transport, protocol: _Protocol) -> None:
        self._transport = transport
        self._protocol = protocol

    def send(self, data: bytes) -> None:
        """Never waits, never raises: whether it arrived, the board's answer tells."""
        if self._transport.get_write_buffer_size() < FULL:
            self._transport.write(data)

    def close(self) -> None:
        """May be called twice, and after the port has gone."""
        self._protocol.wanted = False
        self._transport.abort()


class _Transport(SerialTransport):  # type: ignore[misc]
    """pyserial-asyncio's, which may end a port twice, prints a traceback when a write finds it gone, and waits until
    everything is sent before it closes: with a board that hangs, for ever and with the whole loop."""

    def abort(self) -> None:
        if not self._closing:
            self._serial.flush = self._serial.reset_output_buffer
            self._abort(None)

    def _close(self, exc: BaseException | None = None) -> None:
        self.abort()

    def _fatal_error(self, exc: BaseException, message: str = "") -> None:
        self.abort()


class _Protocol(asyncio.Protocol):
    def __init__(self, received: Callable[[bytes], None], lost: Callable[[str], None]) -> None:
        self._received, self._lost = received, lost
        self.wanted = True

    def data_received(self, data: bytes) -> None:
        if self.wanted:
            self._received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.wanted:
            self._lost("the port has gone: unplugged, or out of reach")


async def open_port(
    name: str, received: Callable[[bytes], None], lost: Callable[[str], None], baud: int = BAUD
) -> SerialPort:
    """Raises PortLost, in words."""
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
"""What a thread is at: where opening blocks for ever, the next attempt makes no second one."""


async def _opened(name: str, baud: int) -> pyserial.Serial:
    """Opened on a thread of its own: opening a radio port can block for ever, and a thread pool with it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[pyserial.Serial] = loop.create_future()

    def hand_over(serial: pyserial.Serial | None, error: BaseException | None) -> None:
        if done.done():  # nobody waits any more
            if serial is not None:
                serial.close()
        elif error is not None:
            done.set_exception(error)
        else:
            done.set_result(serial)

    def work() -> None:
        serial, failed = None, None
        try:
            serial = pyserial.Serial(name, baudrate=baud, timeout=0, write_timeout=0, exclusive=True)
            # What waited there was said before anybody listened.
            serial.reset_input_buffer()
        except (OSError, ValueError) as error:
            failed = error
        except Exception as error:  # noqa: BLE001 - drivers and termios raise what they like
            failed = OSError(f"{type(error).__name__}: {error}")
        _opening.discard(name)
        try:
            loop.call_soon_threadsafe(hand_over, serial, failed)
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
    number = getattr(error, "errno", None)
    text = str(error)
    # termios tells its number in the text alone.
    configuring = re.search(r"[Cc]onfigure port: \((\d+)", text)
    if configuring:
        number = int(configuring[1])
    if number in (errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO) or "FileNotFoundError" in text:
        return "there is no such port: plug the board in (goodpart devices lists the ports)"
    if number in (errno.EISDIR, errno.ENOTTY):
        return "that is no serial port: goodpart devices lists them"
    if number in (errno.EACCES, errno.EPERM):
        return "this user may not open the port: join the group dialout and log in again"
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in text or "denied" in text:
        return "somebody else has the port: is another station running?"
    if number == errno.EIO:
        return "nothing answers at the port: is the board plugged in?"
    return f"the port {name} cannot be opened ({text.splitlines()[0] if text else type(error).__name__})"
