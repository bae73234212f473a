"""The serial port behind one small class: pyserial-asyncio and what must be known about it stay in this file.

Bluetooth's serial profile is a serial port too: /dev/rfcomm0, COM12.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, cast

from core.errors import GoodpartError

BAUD = 115_200
OPENING_SECONDS = 5.0
"""A radio port may take that long, or for ever."""
FULL = 4096
"""Bytes that may wait to be sent; more are dropped: the newest verdict comes again within a second."""


class PortLost(GoodpartError):  # noqa: N818 - a state of the world that passes
    """The port is not there, or went; its words become the link's."""


class SerialPort:
    """An open port. `received` gets what comes, `lost` is called once, in words, when it has gone by itself."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    def send(self, data: bytes) -> None:
        """Never waits, never raises: whether it arrived, the board's answer tells."""
        try:
            if self._transport.get_write_buffer_size() < FULL:
                self._transport.write(data)
        except OSError:
            self._transport.abort()

    def close(self) -> None:
        # Closing waits until everything is sent, which with a board that hangs is never.
        try:
            self._transport.abort()
        except OSError:
            return


class _Protocol(asyncio.Protocol):
    def __init__(self, received: Callable[[bytes], None], lost: Callable[[str], None]) -> None:
        self._received, self._lost = received, lost

    def data_received(self, data: bytes) -> None:
        self._received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost("the port has gone: unplugged, or out of reach")


async def open_port(
    name: str, received: Callable[[bytes], None], lost: Callable[[str], None], baud: int = BAUD
) -> SerialPort:
    """Raises PortLost, in words."""
    try:
        serial = await _opened(name, baud)
    except (OSError, ValueError) as error:
        raise PortLost(in_words(name, error)) from error
    try:
        from serial_asyncio import SerialTransport

        loop = asyncio.get_running_loop()
        transport = SerialTransport(loop, _Protocol(received, lost), serial)
    except (OSError, ValueError) as error:
        serial.close()
        raise PortLost(in_words(name, error)) from error
    return SerialPort(transport)


async def _opened(name: str, baud: int) -> Any:
    """Opened on a thread of its own: opening a radio port can block for ever, and a thread pool with it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def hand_over(serial: Any, error: BaseException | None) -> None:
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
            import serial as pyserial

            serial = pyserial.serial_for_url(name, baudrate=baud, timeout=0, write_timeout=0, exclusive=True)
            # What waited there was said before anybody listened.
            serial.reset_input_buffer()
        except (OSError, ValueError) as error:
            failed = error
        except Exception as error:  # noqa: BLE001 - drivers and termios raise what they like
            failed = OSError(f"{type(error).__name__}: {error}")
        try:
            loop.call_soon_threadsafe(hand_over, serial, failed)
        except RuntimeError:  # the station has ended
            if serial is not None:
                cast(Any, serial).close()

    threading.Thread(target=work, name="opening the knobs", daemon=True).start()
    try:
        return await asyncio.wait_for(done, OPENING_SECONDS)
    except TimeoutError:
        raise OSError("it does not open") from None


def in_words(name: str, error: Exception) -> str:
    import errno

    number = getattr(error, "errno", None)
    text = str(error)
    if number == errno.ENOENT or "FileNotFoundError" in text or ("could not open port" in text and "No such" in text):
        return "there is no such port: plug the board in (goodpart devices lists the ports)"
    if number == errno.EACCES or ("PermissionError" in text and "denied" in text and "COM" not in name):
        return "this user may not open the port: join the group dialout and log in again"
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in text or "denied" in text:
        return "somebody else has the port: is another station running?"
    return f"cannot be opened ({text.splitlines()[0] if text else type(error).__name__})"
