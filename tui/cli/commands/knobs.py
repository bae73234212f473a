"""goodpart knobs: prints what the knob board sends."""

from __future__ import annotations

import argparse
import asyncio

from core.knobs.connection import KnobConnection
from core.state.knobs import KnobLink


def run(options: argparse.Namespace) -> int:
    """Print what the board sends until the time is over; return 0 if it sent anything valid, else 1."""
    return asyncio.run(show(options.port, options.seconds))


async def show(port: str, seconds: float | None) -> int:
    """Print a line per change until `seconds` are over (None: for ever); return the exit code."""
    ending, lines, last, answered = asyncio.Event(), asyncio.Queue[str](), "", False

    def changed() -> None:
        nonlocal last, answered
        answered = answered or connection.status.state in ("live", "legacy")
        line = link_words(connection.status)
        if line != last:
            last = line
            lines.put_nowait(line)

    async def write() -> None:
        while True:
            print(await lines.get(), flush=True)

    # The board gets the verdict UNKNOWN, because nothing is judged.
    connection = KnobConnection(port, lambda: ("UNKNOWN", None, None), changed)
    if seconds is not None:
        asyncio.get_running_loop().call_later(seconds, ending.set)
    keeping, writing = asyncio.create_task(connection.run(ending)), asyncio.create_task(write())
    await asyncio.wait((keeping, writing), return_when=asyncio.FIRST_COMPLETED)
    ending.set()
    await keeping
    if writing.done():  # the reader of our output has closed its end
        writing.result()
    writing.cancel()
    return 0 if answered else 1


def link_words(link: KnobLink) -> str:
    """Return the state of the board's link, its knobs and its errors as one line."""
    if link.state not in ("live", "legacy"):
        return f"{link.state}: {link.message or link.port}"
    density, error = link.density, link.reconstruction_error
    parts = [
        link.state,
        f"density {f'{density.value:g}' if density else '-'}",
        f"error {f'{error.value:g}' if error else '-'}",
    ]
    parts += [f"firmware {link.firmware}"] if link.firmware else []
    parts += [f"{link.crc_errors} CRC errors"] if link.crc_errors else []
    return "  ".join(parts)
