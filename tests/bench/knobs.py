"""What the knobs cost: `python -m tests.bench.knobs`.

Prints the milliseconds from a line written to a pseudo-terminal until its handler has it (median and worst), the
memory of the link over 24 hours of a board's traffic fed at once, and the seconds of one core for 10 000 lines.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
import tty

import psutil

from core.knobs.link import Link
from core.knobs.port import open_port
from core.knobs.protocol import Heartbeat, Reading, format_heartbeat, format_reading
from core.snapshot import Which

LINES = 500
DAY = 24 * 3600
BARS = {"line ms": 5.0, "growth MB": 2.0}


async def latencies() -> list[float]:
    """Milliseconds from write to handler, line by line."""
    master, slave = os.openpty()
    tty.setraw(slave)
    loop = asyncio.get_running_loop()
    came: asyncio.Queue[float] = asyncio.Queue()
    port = await open_port(os.ttyname(slave), lambda _: came.put_nowait(loop.time()), lambda _: None)
    found = []
    for sequence in range(LINES):
        written = loop.time()
        os.write(master, line("density", sequence))
        found.append(1000 * (await asyncio.wait_for(came.get(), 2.0) - written))
        await asyncio.sleep(0.005)
    port.close()
    await asyncio.sleep(0)
    os.close(master)
    os.close(slave)
    return found


def line(which: Which, sequence: int) -> bytes:
    value = float(sequence % 4096) if which == "density" else sequence % 4096 / 10_000
    return f"{format_reading(Reading(which, value, sequence, sequence, 1))}\r\n".encode()


def day(link: Link) -> tuple[float, float]:
    """Megabytes that a day's traffic adds after its first hour, and seconds of one core for 10 000 lines."""
    process, after_an_hour = psutil.Process(), 0.0
    began = time.process_time()
    for second in range(DAY):
        beat = f"{format_heartbeat(Heartbeat('1.0.0', second, 'poweron'))}\r\n".encode()
        noise = b"rst:0x1 (POWERON_RESET)\r\n" if second % 100 == 0 else b""
        link.received(noise + line("density", second) + line("reconstruction_error", second) + beat, float(second))
        if second == 3600:
            after_an_hour = process.memory_info().rss
    spent = time.process_time() - began
    return (process.memory_info().rss - after_an_hour) / 1e6, spent / (3 * DAY) * 10_000


def main() -> int:
    times = asyncio.run(latencies())
    median = statistics.median(times)
    print(f"line to handler: median {median:.2f} ms (bar {BARS['line ms']:g}), worst {max(times):.2f} ms")
    link = Link("bench")
    link.opened(0.0)
    growth, ten_thousand = day(link)
    print(
        f"24 h of traffic: {growth:+.2f} MB (bar {BARS['growth MB']:g}), 10 000 lines in {ten_thousand:.2f} s of a core"
    )
    if link.status.crc_errors or link.status.state != "live":
        print("the link did not stay live", file=sys.stderr)
        return 1
    return int(median > BARS["line ms"] or growth > BARS["growth MB"])


if __name__ == "__main__":
    sys.exit(main())
