"""goodpart knobs: what the board sends, as plain lines."""

from __future__ import annotations

import argparse
import asyncio

from core.knobs.connection import KnobConnection
from core.state.knobs import KnobLink


def run(options: argparse.Namespace) -> int:
    """Exit code 0 when the board spoke, 1 when it did not."""
    return asyncio.run(show(options.port, options.seconds))


async def show(port: str, seconds: float | None) -> int:
    ending, lines, last, spoke = asyncio.Event(), asyncio.Queue[str](), "", False

    def changed() -> None:
        nonlocal last, spoke
        spoke = spoke or keeper.status.state in ("live", "legacy")
        line = link_words(keeper.status)
        if line != last:
            last = line
            lines.put_nowait(line)

    async def write() -> None:
        while True:
            print(await lines.get(), flush=True)

    # The board is told that nobody judges.
    keeper = KnobConnection(port, lambda: ("UNKNOWN", None, None), changed)
    if seconds is not None:
        asyncio.get_running_loop().call_later(seconds, ending.set)
    keeping, writing = asyncio.create_task(keeper.run(ending)), asyncio.create_task(write())
    await asyncio.wait((keeping, writing), return_when=asyncio.FIRST_COMPLETED)
    ending.set()
    await keeping
    if writing.done():  # nobody reads what is written
        writing.result()
    writing.cancel()
    return 0 if spoke else 1


def link_words(link: KnobLink) -> str:
    if link.state not in ("live", "legacy"):
        return f"{link.state}: {link.message or link.port}"
    density, error = link.density, link.reconstruction_error
    words = [
        link.state,
        f"density {f'{density.value:g}' if density else '-'}",
        f"error {f'{error.value:g}' if error else '-'}",
    ]
    words += [f"firmware {link.firmware}"] if link.firmware else []
    words += [f"{link.crc_errors} CRC errors"] if link.crc_errors else []
    return "  ".join(words)
