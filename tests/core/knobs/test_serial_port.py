"""The port and its keeper: real pseudo-terminals, boards that hang, flood, go and come back."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import os
import select
import stat
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.knobs import connection as keeping
from core.knobs import serial_port as ports
from core.knobs.connection import BoardVerdict, KnobConnection
from core.knobs.firmware_twin import EVERY_MS
from core.knobs.protocol import Reading, ToldVerdict, format_reading, format_verdict, parse
from core.knobs.serial_port import FULL, PortLost, open_port, port_error_text
from core.knobs.simulated import SimulatedBoard, command_of_board, compiled_board
from core.state.verdict import State

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")


@pytest.fixture
def pty() -> Iterator[tuple[int, str]]:
    """The board's end, and the name of the desk's."""
    master, slave = os.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    for end in (master, slave):
        with contextlib.suppress(OSError):  # a test has pulled it
            os.close(end)


def ignore(_: object) -> None:
    return


def sealed(density: int, sequence: int) -> bytes:
    return f"{format_reading(Reading('density', density, sequence, 0, 0))}\r\n".encode()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("folder", "not a serial port"),
        ("folder/file", "not a serial port"),
        ("/dev/null", "not a serial port"),
        ("missing", "plug the board in"),
        ("folder/file/below", "plug the board in"),
        ("", "plug the board in"),
        ("nul\0", "cannot be opened"),
    ],
)
async def test_what_is_no_port_is_told_in_words(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").touch()
    with pytest.raises(PortLost, match=words):
        await open_port(name and str(tmp_path / name), ignore, ignore)


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.EACCES, "dialout"), (errno.EBUSY, "another station"), (errno.EIO, "plugged in"), (errno.ENODEV, "no such")],
)
def test_why_a_port_does_not_open_is_told_in_words(number: int, words: str) -> None:
    assert words in port_error_text("/dev/ttyUSB0", OSError(number, os.strerror(number)))


async def test_of_two_stations_on_one_port_the_second_waits_for_the_first(pty: tuple[int, str]) -> None:
    _, name = pty
    first = await open_port(name, ignore, ignore)
    keeper = KnobConnection(name, lambda: ("OK", 1.0, 0.1), lambda: None)
    ending = asyncio.Event()
    task = asyncio.create_task(keeper.run(ending))
    await until(lambda: keeper.status.state == "absent", 15)
    assert "another station" in keeper.status.message
    first.close()
    await until(lambda: "waiting" in keeper.status.message, 15)
    ending.set()
    await task


async def test_a_board_that_never_reads_holds_up_nobody_and_gets_whole_lines(pty: tuple[int, str]) -> None:
    master, name = pty
    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    lost: list[str] = []
    port = await open_port(name, ignore, lost.append)
    for sequence in range(2000):
        port.send(f"{format_verdict(sequence, 'ANOMALY', -1234.5, 0.0051)}\r\n".encode())
        await asyncio.sleep(0)
    assert port._transport.get_write_buffer_size() < FULL + 100
    read = b""
    while select.select([master], [], [], 0)[0]:
        read += os.read(master, 4096)
        await asyncio.sleep(0.01)
    lines = [parse(line) for line in read.split(b"\r\n")[:-1]]
    told = [line.sequence for line in lines if isinstance(line, ToldVerdict)]
    assert len(told) == len(lines) > 50 and told == sorted(told), "dropped are whole lines, never halves"
    # Full again, and pulled: reading and writing both see it, it is told once, and nothing is printed.
    for _ in range(2000):
        port.send(b"x" * 40)
        await asyncio.sleep(0)
    os.close(master)
    await until(lambda: bool(lost), 1)
    port.send(b"x")
    port.close()
    port.close()
    await asyncio.sleep(0.05)
    assert (len(lost), complaints) == (1, [])


async def test_a_port_that_is_closed_is_not_lost(pty: tuple[int, str]) -> None:
    lost: list[str] = []
    port = await open_port(pty[1], ignore, lost.append)
    port.close()
    port.close()
    await asyncio.sleep(0.05)
    assert lost == []


async def test_a_port_that_never_opens_takes_one_thread_and_not_one_an_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    free, closed, attempts = threading.Event(), threading.Event(), []

    class Radio:
        def __init__(self, *_: object, **__: object) -> None:
            attempts.append(threading.current_thread())
            free.wait(10)

        def reset_input_buffer(self) -> None:
            return

        close = closed.set

    monkeypatch.setattr(ports.pyserial, "Serial", Radio)
    monkeypatch.setattr(ports, "OPENING_SECONDS", 0.05)
    for _ in range(5):
        with pytest.raises(PortLost, match="does not open"):
            await open_port("/dev/rfcomm9", ignore, ignore)
    assert len(attempts) == 1
    free.set()
    await until(closed.is_set, 2)  # nobody waits for it any more
    monkeypatch.setattr(ports, "OPENING_SECONDS", 5.0)
    await until(lambda: not ports._opening, 2)


class Wire:
    """A port that notes what is sent, and when."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.sent: list[tuple[float, str]] = []

    def send(self, data: bytes) -> None:
        frame = parse(data.strip())
        assert isinstance(frame, ToldVerdict)
        self.sent.append((self.now(), frame.state))


def test_verdicts_go_back_at_most_ten_times_and_at_least_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(keeping.time, "monotonic", lambda: clock[0])
    state: list[State] = ["OK"]
    scores = [0.0]
    keeper = KnobConnection("x", lambda: (state[-1], scores[0], 0.5), lambda: None)
    wire = Wire(lambda: clock[0])
    keeper._port = wire  # type: ignore[assignment]

    def run(seconds: float, every: float, changing: bool) -> list[float]:
        wire.sent.clear()
        end = clock[0] + seconds
        while clock[0] < end:
            clock[0] += every
            scores[0] += changing
            keeper.tell()
        return [at for at, _ in wire.sent]

    # A camera of 50 pictures a second, each with other scores.
    busy = run(10.0, 0.02, True)
    assert 80 <= len(busy) <= 100
    assert min(b - a for a, b in itertools.pairwise(busy)) >= 0.1
    # Nothing changes, the keeper's own tick alone.
    idle = run(10.0, keeping.TICK_SECONDS, False)
    assert 10 <= len(idle) <= 15
    assert max(b - a for a, b in itertools.pairwise(idle)) <= 1.0
    # A change is not held back until the next second.
    state.append("ANOMALY")
    changed = clock[0]
    run(0.25, keeping.TICK_SECONDS, False)
    assert wire.sent[0][1] == "ANOMALY" and wire.sent[0][0] - changed <= 0.25


def test_a_board_is_live_two_seconds_after_it_was_put_back_however_long_it_was_away() -> None:
    assert keeping.LONGEST_WAIT + EVERY_MS / 1000 < 2


def test_without_a_compiler_and_with_a_broken_one_the_board_is_the_twin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = [sys.executable, "-m", "core.knobs.firmware_twin"]
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    assert command_of_board(tmp_path) == twin
    broken = tools / "c++"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    assert command_of_board(tmp_path) == twin
    assert not list(tmp_path.glob("board-*"))


def test_the_simulated_board_ends_with_a_station_that_was_killed(tmp_path: Path) -> None:
    for number, command in enumerate(boards(tmp_path / "cache")):
        link = tmp_path / f"knobs{number}"
        words = (
            "import sys, os\nfrom core.knobs.simulated import SimulatedBoard\n"
            f"board = SimulatedBoard({command!r}, '--link', {str(link)!r})\nboard.start_now()\nos.kill(os.getpid(), 9)"
        )
        done = subprocess.run([sys.executable, "-c", words], cwd=Path(__file__).parents[3], check=False)
        assert done.returncode == -9
        end = time.monotonic() + 5
        while link.is_symlink():  # the board takes it away when it ends
            assert time.monotonic() < end
            time.sleep(0.02)


def boards(cache: Path) -> list[list[str]]:
    program = compiled_board(cache)
    twin = [sys.executable, "-m", "core.knobs.firmware_twin"]
    return [twin, *([[str(program)]] if program else [])]


def listen(board: SimulatedBoard) -> list[str]:
    """What the board's lamp and relay do, as they do it."""
    said: list[str] = []
    process = board._process
    assert process is not None and process.stdout is not None
    stream = process.stdout
    threading.Thread(target=lambda: said.extend(line.decode().strip() for line in iter(stream.readline, b""))).start()
    return said


async def until(holds: Callable[[], bool], seconds: float) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    while not holds():
        assert loop.time() - began < seconds, "it did not come to pass"
        await asyncio.sleep(0.01)
    return loop.time() - began


async def test_turn_pull_and_put_back_over_a_real_pseudo_terminal(tmp_path: Path) -> None:
    for command in boards(tmp_path / "cache"):
        link = tmp_path / "knobs"
        options = ("--link", str(link), "--density", "1000", "--error", "500")
        told: list[BoardVerdict] = [("OK", 3.25, 0.5)]
        ending = asyncio.Event()
        keeper = KnobConnection(str(link), lambda: told[-1], lambda: None)  # noqa: B023
        task = asyncio.create_task(keeper.run(ending))
        await until(lambda: keeper.status.state == "absent", 15)  # noqa: B023
        assert "no such port" in keeper.status.message
        board = SimulatedBoard(command, *options)
        board.start_now()
        said = listen(board)
        await until(lambda: keeper.status.state == "live", 15)  # noqa: B023
        await until(lambda: keeper.status.answered is not None, 15)  # noqa: B023
        await until(lambda: said[-2:] == ["lamp OK", "relay on"], 15)  # noqa: B023
        process = board._process
        assert process and process.stdin
        process.stdin.write(b"turn 34 3000\n")
        process.stdin.flush()

        def turned() -> bool:
            knob = keeper.status.density  # noqa: B023
            return knob is not None and abs(knob.value - 3000) < 15

        await until(turned, 15)
        told.append(("ANOMALY", -9.0, 0.9))
        await until(lambda: said[-2:] == ["lamp ANOMALY", "relay off"], 15)  # noqa: B023
        board.stop()
        assert await until(lambda: keeper.status.state == "lost", 2) < 0.5  # noqa: B023
        await asyncio.sleep(1.5)  # by now the keeper waits its longest between two attempts
        board.start_now()
        assert await until(lambda: keeper.status.state == "live", 15) < 2  # noqa: B023
        assert keeper.status.reconnects == 1
        ending.set()
        await task
        board.stop()
        link.unlink(missing_ok=True)


async def test_a_flood_and_a_line_without_an_end_hold_up_nobody() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    ending = asyncio.Event()
    keeper = KnobConnection(os.ttyname(slave), lambda: ("OK", 1.0, 0.1), lambda: None)
    task = asyncio.create_task(keeper.run(ending))
    flood = b"x" * 1_000_000 + b"\r\n" + b"".join(sealed(n % 4096, n) for n in range(10_000))

    def pour() -> None:
        sent = 0
        while sent < len(flood):
            sent += os.write(master, flood[sent : sent + 4096])

    await until(lambda: "waiting" in keeper.status.message, 15)
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
    while select.select([master], [], [], 0)[0]:
        os.read(master, 65536)
