"""Frames, the link's states, a simulated board behind a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import itertools
import math
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.knobs import protocol
from core.knobs.keeper import KnobKeeper, Told
from core.knobs.link import Link, not_grabbable
from core.knobs.protocol import Answer, Damaged, Heartbeat, Lines, Noise, Placed, Reading, ToldVerdict, parse
from core.knobs.ranges import meaning
from core.knobs.simulated import SimulatedBoard, compiled_board
from core.knobs.twin import Board, Filter
from core.recipe import KnobTable
from core.snapshot import Knob, Thresholds

SCORES = st.floats(-1e300, 1e300) | st.sampled_from([math.nan, math.inf, -math.inf])
VECTORS = Path(__file__).parents[2] / "firmware" / "test" / "vectors.txt"
ROWS = [row.split("|") for row in VECTORS.read_text().splitlines() if not row.startswith("#")]


def line_of(text: str) -> bytes:
    return re.sub(r"\\x(..)", lambda found: chr(int(found[1], 16)), text).encode("latin-1")


@pytest.mark.parametrize(("kind", "text", "words"), ROWS)
def test_shared_vectors_mean_to_the_desk_what_they_mean_to_the_board(kind: str, text: str, words: str) -> None:
    line = line_of(text)
    frame, said = parse(line), words.split()
    if kind == "reading":
        assert isinstance(frame, Reading)
        assert [34 if frame.which == "density" else 39, round(frame.position)] == [int(said[0]), int(said[1])]
        assert [frame.sequence, frame.milliseconds, frame.millivolts] == [int(word) for word in said[2:]]
        assert protocol.format_reading(frame).encode() == line
    elif kind == "heartbeat":
        assert frame == Heartbeat(said[0], int(said[1]), said[2])
        assert protocol.format_heartbeat(frame).encode() == line
    elif kind == "part":
        assert frame == Placed(int(said[0]), int(said[1]))
        assert protocol.format_placed(frame).encode() == line
    elif kind == "answer":
        assert frame == Answer(int(said[0]))
        assert protocol.format_answer(frame).encode() == line
    elif kind == "verdict":
        assert frame == ToldVerdict(int(said[0]), said[1], said[2], said[3])
    elif kind == "legacy":
        assert frame == Reading("density" if said[0] == "34" else "reconstruction_error", float(said[1]))
        assert frame.legacy
    elif kind == "broken":
        # What has lost its head has lost its meaning, sealed or not.
        assert isinstance(frame, Damaged | Noise)
    else:
        assert isinstance(frame, Noise | Damaged)
    twin: list[str] = []
    board = Board(twin.append)
    board.receive(b"torn\r\n" + line + b"\r\n", 0)
    assert (board.state != "NO LINK") == (kind == "verdict")


@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    parse(data)
    link = Link("x")
    link.received(data + b"\n", 1.0)
    assert link.status.crc_errors + link.status.noise >= 0


@given(
    st.sampled_from(["density", "reconstruction_error"]),
    st.integers(0, 4095),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 65535),
)
def test_every_reading_parses_back(which: str, position: int, sequence: int, at: int, mv: int) -> None:
    value = float(position) if which == "density" else position / 10_000
    reading = Reading(which, value, sequence, at, mv)  # type: ignore[arg-type]
    assert parse(protocol.format_reading(reading).encode()) == reading


@given(st.integers(0, 2**32 - 1), st.sampled_from(["OK", "ANOMALY", "UNKNOWN"]), SCORES, SCORES)
def test_every_verdict_parses_back(sequence: int, state: str, density: float, error: float) -> None:
    frame = parse(protocol.format_verdict(sequence, state, density, error).encode())  # type: ignore[arg-type]
    assert isinstance(frame, ToldVerdict)
    assert (frame.sequence, frame.state) == (sequence, state)
    assert frame.density == "-" if not math.isfinite(density) else float(frame.density) == pytest.approx(density, 1e-4)


def test_a_line_without_an_end_takes_no_memory_and_the_next_one_is_read() -> None:
    lines = Lines()
    for _ in range(1000):
        assert list(lines.feed(b"x" * 1000)) == []
        assert len(lines._begun) <= protocol.LONGEST + 1
    assert list(lines.feed(b"\n_34#7#34_\n")) == [None, b"_34#7#34_"]


def sealed(which: str, value: float, sequence: int) -> bytes:
    return (protocol.format_reading(Reading(which, value, sequence, 0, 0)) + "\r\n").encode()  # type: ignore[arg-type]


def test_the_link_says_what_it_is() -> None:
    link = Link("/dev/x")
    link.closed("there is no such port")
    assert link.status.state == "absent"
    link.opened(0.0)
    assert link.status.state == "connecting"
    link.received(b"ets Jun  8 2016 rst:0x1\r\n_34#27", 0.1)
    assert (link.status.state, link.status.noise) == ("connecting", 1)
    link.received(b"65#34_\r\n", 0.2)
    assert link.status.state == "legacy"
    link.received(sealed("density", 2765, 1), 0.3)
    assert link.status.state == "live"
    link.received(sealed("density", 2765, 2).replace(b"2765", b"2665"), 0.4)
    assert (link.status.state, link.status.crc_errors) == ("live", 1)
    link.received(b"_34#1#34_\r\n", 0.5)
    assert link.status.density and link.status.density.value == 2765, "half a line of a board that seals its lines"
    assert link.status.crc_errors == 2
    link.tick(2.2)
    assert link.status.state == "live"
    link.tick(2.4)
    assert link.status.state == "stale"
    link.closed("the port has gone")
    assert link.status.state == "lost"
    link.opened(5.0)
    assert (link.status.state, link.status.reconnects) == ("connecting", 1)


def test_a_knob_is_grabbed_only_fresh_and_still() -> None:
    link = Link("x")
    link.opened(0.0)
    assert "nothing yet" in not_grabbable(link.status.density, 0.0)
    for at in (0.0, 0.5, 1.0):
        link.received(sealed("density", 2000, 1), at)
    assert not_grabbable(link.status.density, 1.1) == ""
    link.received(sealed("density", 2007, 2), 1.2)
    assert "moving" in not_grabbable(link.status.density, 2.1)
    assert not_grabbable(link.status.density, 2.3) == ""
    assert "stale" in not_grabbable(link.status.density, 3.3)
    # An old board wobbles; a turn is more than that.
    old = Link("x")
    old.opened(0.0)
    for at, value in enumerate((2765, 2780, 2750, 2765)):
        old.received(f"_34#{value}#34_\n_39#0.1632#39_\n".encode(), at * 0.5)
    assert not_grabbable(old.status.density, 1.6) == ""
    assert old.status.reconstruction_error and old.status.reconstruction_error.value == 0.1632


def test_what_a_knob_means() -> None:
    calibrated = Thresholds(-4.0, 0.006, "sum", -2.0, 0.002, 0.01, 0.0001)
    still = Knob(2765.0, 2765.0, 0.0, 0.0)
    assert meaning("image", "density", KnobTable("raw"), calibrated, still).threshold == 2765
    span = meaning("image", "density", KnobTable("span", (0.0, 4095.0)), calibrated, still)
    assert span.threshold == pytest.approx(2765)
    around = meaning("image", "density", KnobTable(), calibrated, Knob(0.0, 2047.5, 0.0, 0.0))
    assert around.threshold == pytest.approx(-4.0)
    assert around.span == pytest.approx((-6.0, -2.0))
    beyond = Knob(0.9, 9000.0, 0.0, 0.0)
    assert meaning("image", "reconstruction_error", KnobTable(), calibrated, beyond).threshold is None
    assert meaning("image", "reconstruction_error", KnobTable("raw"), calibrated, beyond).threshold == 0.9


def test_the_twins_filter_holds_still_and_takes_a_turn_at_once() -> None:
    import random

    noise, filtered = random.Random(1), Filter()

    def read(position: int) -> int:
        while not filtered.add(max(0, round(position + noise.gauss(0, 12)) + (400 if noise.random() < 0.02 else 0))):
            pass
        return filtered.value

    for _ in range(50):
        read(2765)
    values = [read(2765) for _ in range(1000)]
    assert sum(a != b for a, b in itertools.pairwise(values)) <= 1
    assert [read(100) for _ in range(3)][-1] == pytest.approx(100, abs=12)


def boards(cache: Path) -> list[list[str]]:
    program = compiled_board(cache)
    twin = [sys.executable, "-m", "core.knobs.twin"]
    return [twin, *([[str(program)]] if program else [])]


async def until(holds: Callable[[], bool], seconds: float) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    while not holds():
        assert loop.time() - began < seconds, "it did not come to pass"
        await asyncio.sleep(0.01)
    return loop.time() - began


@pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
async def test_turn_pull_and_put_back_over_a_real_pseudo_terminal(tmp_path: Path) -> None:
    for command in boards(tmp_path / "cache"):
        link = tmp_path / "knobs"
        options = ("--link", str(link), "--density", "1000", "--error", "500")
        told: list[Told] = [("OK", 3.25, 0.5)]
        ending = asyncio.Event()
        keeper = KnobKeeper(str(link), lambda: told[-1], lambda: None)  # noqa: B023
        task = asyncio.create_task(keeper.run(ending))
        await until(lambda: keeper.status.state == "absent", 2)  # noqa: B023
        assert "no such port" in keeper.status.message
        board = SimulatedBoard(command, *options)
        board.start_now()
        await until(lambda: keeper.status.state == "live", 4)  # noqa: B023
        await until(lambda: keeper.status.answered is not None, 2)  # noqa: B023
        process = board._process
        assert process and process.stdin and process.stdout
        heard = [process.stdout.readline().decode().strip() for _ in range(4)]
        assert heard[2:] == ["lamp OK", "relay on"]
        process.stdin.write(b"turn 34 3000\n")
        process.stdin.flush()

        def turned() -> bool:
            knob = keeper.status.density  # noqa: B023
            return knob is not None and abs(knob.value - 3000) < 15

        await until(turned, 1)
        told.append(("ANOMALY", -9.0, 0.9))
        board.stop()
        assert await until(lambda: keeper.status.state == "lost", 2) < 0.5  # noqa: B023
        board.start_now()
        assert await until(lambda: keeper.status.state == "live", 4) < 2.5  # noqa: B023
        assert keeper.status.reconnects == 1
        ending.set()
        await task
        board.stop()
        link.unlink(missing_ok=True)


@pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
async def test_a_flood_and_a_line_without_an_end_hold_up_nobody() -> None:
    import os
    import threading
    import tty

    master, slave = os.openpty()
    tty.setraw(slave)
    ending = asyncio.Event()
    keeper = KnobKeeper(os.ttyname(slave), lambda: ("OK", 1.0, 0.1), lambda: None)
    task = asyncio.create_task(keeper.run(ending))
    flood = b"x" * 1_000_000 + b"\r\n" + b"".join(sealed("density", n % 4096, n) for n in range(10_000))

    def pour() -> None:
        sent = 0
        while sent < len(flood):
            sent += os.write(master, flood[sent : sent + 4096])

    await until(lambda: "waiting" in keeper.status.message, 3)
    pouring = threading.Thread(target=pour, daemon=True)
    pouring.start()
    held: list[float] = []
    loop = asyncio.get_running_loop()
    while pouring.is_alive():
        before = loop.time()
        await asyncio.sleep(0.01)
        held.append(loop.time() - before)
        drain(master)
    await until(lambda: keeper.status.density is not None and keeper.status.density.sequence == 9_999, 10)
    assert keeper.status.state == "live"
    assert keeper.status.noise == 1
    assert sorted(held)[len(held) // 2] < 0.5
    ending.set()
    await task
    os.close(master)
    os.close(slave)


def drain(master: int) -> None:
    """Take what the desk tells the board, so that the line does not fill up."""
    import os
    import select

    while select.select([master], [], [], 0)[0]:
        os.read(master, 65536)
