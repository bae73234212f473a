"""Lists the serial ports and finds out which of them send the knobs' protocol."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass

from core.knobs.link import Link
from core.knobs.serial_port import PortLost, open_port
from core.state.knobs import KnobLink

LISTENING_SECONDS = 2.5
"""Seconds per port. A board sends every value once a second; opening the port may have reset it."""
NONE_THERE = "none: plug the board in, or bind its radio (rfcomm bind 0 ADDRESS)"


@dataclass(frozen=True)
class ListedPort:
    """A serial port and what was received from it."""

    name: str
    usb: str
    """`1a86:7523 USB Serial`; empty if it is not a USB port."""
    says: str
    """What it sends, or why it cannot be opened, as text for the technician."""
    speaks: bool
    """Whether it sends the knobs' protocol."""


async def _listen(name: str) -> KnobLink:
    loop = asyncio.get_running_loop()
    link, answered = Link(name), asyncio.Event()

    def received(data: bytes) -> None:
        link.received(data, loop.time())
        status = link.status
        if status.density and status.reconstruction_error and (status.firmware or status.state == "legacy"):
            answered.set()

    port = await open_port(name, received, lambda _: answered.set())
    link.opened(loop.time())
    try:
        await asyncio.wait_for(answered.wait(), LISTENING_SECONDS)
    except TimeoutError:
        pass
    finally:
        port.close()
        await asyncio.sleep(0)
    return link.status


async def _probe(name: str, usb: str) -> ListedPort:
    try:
        status = await _listen(name)
    except PortLost as error:
        return ListedPort(name, usb, str(error), False)
    if status.state == "live":
        return ListedPort(name, usb, f"knobs, firmware {status.firmware or 'unknown'}", True)
    if status.state == "legacy":
        return ListedPort(name, usb, "knobs, an old board without checksums", True)
    return ListedPort(name, usb, "sends data in an unknown format" if status.noise else "sends nothing", False)


async def _probe_all() -> list[ListedPort]:
    from serial.tools.list_ports import comports

    usb_of: dict[str, str] = {}
    for port in comports():
        usb = f"{port.vid:04x}:{port.pid:04x} {port.product or ''}".strip() if port.vid is not None else ""
        # A PC lists its plain ports (ttyS0..31) even if nothing is plugged in.
        if usb or port.hwid != "n/a" or os.name == "nt":
            usb_of[port.device] = usb
    # Ports that only the user knows: udev links, pseudo-terminals.
    for extra in filter(None, os.environ.get("GOODPART_PORTS", "").split(os.pathsep)):
        usb_of.setdefault(extra, "")
    return list(await asyncio.gather(*(_probe(name, usb) for name, usb in usb_of.items())))


def list_ports() -> list[ListedPort]:
    """All serial ports, and those named in GOODPART_PORTS; listens to all of them at once for at most 2.5 s."""
    return asyncio.run(_probe_all())
