"""What the knobs cost: `python -m tests.bench.knobs`.

Prints the milliseconds from a line written to a pseudo-terminal until its handler has it (median and worst), how long
10 000 lines a second hold up the station's loop and what they take of one core, and the memory and files that 24 hours
of a board's traffic and 500 unplugged boards leave behind.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import select
import statistics
import sys
import threading
import time
import tty
from collections.abc import Callable, Iterable, Iterator

import psutil

from core.knobs.connection import KnobConnection
from core.knobs.protocol import Heartbeat, Reading, format_heartbeat, format_reading
from core.knobs.serial_port import open_port
from core.state.verdict import Which

LINES = 500
DAY = 24 * 3600
RESETS, TORN = range(0, DAY, 100), range(500, DAY, 1000)
FLOOD_SECONDS = 5
LAST = 4_000_000_000
"""The sequence number of the last line."""
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


def day() -> Iterator[bytes]:
    """A board's lines of every second of a day, with boot text and a torn line now and then."""
    for second in range(DAY):
        beat = f"{format_heartbeat(Heartbeat('1.0.0', second, 'poweron'))}\r\n".encode()
        noise = b"rst:0x1 (POWERON_RESET)\r\n" if second in RESETS else b""
        torn = line("density", second)[7:] if second in TORN else b""
        yield noise + torn + line("density", second) + line("reconstruction_error", second) + beat


def flood() -> Iterator[bytes]:
    """10 000 lines a second, a hundredth of a second's at a time."""
    began = time.monotonic()
    for hundredth in range(100 * FLOOD_SECONDS):
        time.sleep(max(0.0, began + hundredth / 100 - time.monotonic()))
        yield b"".join(line("density", 100 * hundredth + n) for n in range(100))


async def through_the_keeper(
    pieces: Iterable[bytes], look: Callable[[int], None]
) -> tuple[KnobConnection, list[float]]:
    """A board that pours `pieces` and reads what it is told. Gives the keeper, and the seconds for which the loop was
    held up; `look` is called with the number of every piece that was written."""
    master, slave = os.openpty()
    tty.setraw(slave)
    ending, poured = asyncio.Event(), threading.Event()
    keeper = KnobConnection(os.ttyname(slave), lambda: ("OK", 1.0, 0.1), lambda: None)
    task = asyncio.create_task(keeper.run(ending))
    while "waiting" not in keeper.status.message:
        await asyncio.sleep(0.01)

    def pour() -> None:
        for number, piece in enumerate(itertools.chain(pieces, [line("density", LAST)])):
            while piece:
                piece = piece[os.write(master, piece) :]
            while select.select([master], [], [], 0)[0]:
                os.read(master, 65536)
            look(number)
        poured.set()

    threading.Thread(target=pour, daemon=True).start()
    held: list[float] = []
    while not (poured.is_set() and keeper.status.density and keeper.status.density.sequence == LAST):
        before = time.monotonic()
        await asyncio.sleep(0.01)
        held.append(time.monotonic() - before - 0.01)
    ending.set()
    await task
    os.close(master)
    os.close(slave)
    return keeper, held


async def put_back(times: int) -> None:
    """Opened, and pulled."""
    for _ in range(times):
        master, slave = os.openpty()
        gone = asyncio.Event()
        await open_port(os.ttyname(slave), lambda _: None, lambda _, gone=gone: gone.set())
        os.close(slave)
        os.close(master)
        await gone.wait()


def main() -> int:
    process = psutil.Process()
    times = asyncio.run(latencies())
    median = statistics.median(times)
    print(f"line to handler: median {median:.2f} ms (bar {BARS['line ms']:g}), worst {max(times):.2f} ms")

    spent = process.cpu_times()
    keeper, held = asyncio.run(through_the_keeper(flood(), lambda _: None))
    now = process.cpu_times()
    share = (now.user + now.system - spent.user - spent.system) / FLOOD_SECONDS
    print(
        f"10 000 lines a second: the loop held up {1000 * statistics.median(held):.1f} ms median, "
        f"{1000 * max(held):.0f} ms at worst; {100 * share:.0f} % of a core, writing them included"
    )
    whole = keeper.status.crc_errors == 0 and keeper.status.noise == 0

    memory: dict[int, float] = {}

    def look(number: int) -> None:
        if number in (3600, DAY):
            memory[number] = process.memory_info().rss / 1e6

    keeper, _ = asyncio.run(through_the_keeper(day(), look))
    growth = memory[DAY] - memory[3600]
    print(
        f"24 h of traffic through port, link and keeper: {growth:+.2f} MB after the first hour "
        f"(bar {BARS['growth MB']:g}), {keeper.status.crc_errors} torn lines, {keeper.status.noise} of noise"
    )
    whole &= (keeper.status.crc_errors, keeper.status.noise) == (len(TORN), len(RESETS))

    asyncio.run(put_back(10))
    files = process.num_fds()
    before = process.memory_info().rss
    asyncio.run(put_back(500))
    grown = (process.memory_info().rss - before) / 1e6
    files = process.num_fds() - files
    print(f"500 times unplugged: {grown:+.2f} MB, {files:+d} open files, {threading.active_count()} thread")
    if not whole:
        print("lines were lost or misread", file=sys.stderr)
        return 1
    return int(median > BARS["line ms"] or max(growth, grown) > BARS["growth MB"] or files > 0)


if __name__ == "__main__":
    sys.exit(main())
