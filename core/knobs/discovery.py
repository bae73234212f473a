"""Which serial ports there are, and which of them speaks the knobs' protocol."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass

from core.knobs.link import Link
from core.knobs.serial_port import PortLost, open_port
from core.state.knobs import KnobLink

LISTENING_SECONDS = 2.5
"""A board tells everything once a second; opening the port may have reset it."""
NONE_THERE = "none: plug the board in, or bind its radio (rfcomm bind 0 ADDRESS)"


@dataclass(frozen=True)
class ListedPort:
    name: str
    usb: str
    """`1a86:7523 USB Serial`, or empty where it is none."""
    says: str
    """What it speaks, in words."""
    speaks: bool


async def _listen(name: str) -> KnobLink:
    loop = asyncio.get_running_loop()
    link, answered = Link(name), asyncio.Event()

    def received(data: bytes) -> None:
        link.received(data, loop.time())
        said = link.status
        if said.density and said.reconstruction_error and (said.firmware or said.state == "legacy"):
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


async def _listed(name: str, usb: str) -> ListedPort:
    try:
        status = await _listen(name)
    except PortLost as lost:
        return ListedPort(name, usb, str(lost), False)
    if status.state == "live":
        return ListedPort(name, usb, f"knobs, firmware {status.firmware or 'unknown'}", True)
    if status.state == "legacy":
        return ListedPort(name, usb, "knobs, an old board without check sums", True)
    return ListedPort(name, usb, "says something else" if status.noise else "says nothing", False)


async def _all() -> list[ListedPort]:
    from serial.tools.list_ports import comports

    found: dict[str, str] = {}
    for port in comports():
        usb = f"{port.vid:04x}:{port.pid:04x} {port.product or ''}".strip() if port.vid is not None else ""
        # The plain ports of a PC (ttyS0..31) are there whether something is plugged in or not.
        if usb or port.hwid != "n/a" or os.name == "nt":
            found[port.device] = usb
    # Others that the caller knows of: links of udev, pseudo-terminals.
    for extra in filter(None, os.environ.get("GOODPART_PORTS", "").split(os.pathsep)):
        found.setdefault(extra, "")
    return list(await asyncio.gather(*(_listed(name, usb) for name, usb in found.items())))


def list_ports() -> list[ListedPort]:
    return asyncio.run(_all())
