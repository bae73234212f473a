"""The limits of the service, made small: who is beyond one is told so in JSON, and the others are answered."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from core.journal.store import Journal, read_newest
from core.recipes.recipe import Recipe
from tests.support.data import ROOT
from tests.support.parts import good_part, until
from tests.support.served import curl
from tests.tui.service.inside import Inside, inside

HEAD = b"GET /snapshot HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPGRADE = (
    b"GET /snapshots HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
FORM = b'--x\r\nContent-Disposition: form-data; name="data_file"; filename="a.png"\r\n\r\n'


@pytest.fixture
def here(trained: Recipe, caplog: pytest.LogCaptureFixture) -> Iterator[Inside]:
    """Whatever is done to it: the service itself logs no error."""
    with inside(trained) as one:
        yield one
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`small("tui.service.request_gate", REQUESTS=2)`"""

    def make(module: str, **limits: float) -> None:
        for name, value in limits.items():
            monkeypatch.setattr(f"{module}.{name}", value)

    return make


def whole_answer(line: socket.socket) -> tuple[int, bytes, bytes]:
    """Status, head and body of the next answer on a line."""
    got = b""
    while b"\r\n\r\n" not in got:
        part = line.recv(65536)
        assert part, got
        got += part
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(int(one.split(b":")[1]) for one in head.lower().split(b"\r\n") if one.startswith(b"content-length"))
    while len(body) < length:
        body += line.recv(65536)
    return int(head.split()[1]), head, body


def is_left(line: socket.socket, seconds: float = 15.0) -> bool:
    """Whether the service closes the line in time."""
    line.settimeout(seconds)
    try:
        return line.recv(100) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


# Slow clients.


@pytest.mark.parametrize(
    ("whole", "rest"),
    [(b"", b""), (b"", b"G"), (HEAD, b"G"), (HEAD * 2, b"GET / HTTP/1.1\r\nHost: loc"), (HEAD, HEAD[:-2])],
    ids=["nothing", "half a one", "one and a half", "two and a half", "a head without its end"],
)
def test_who_begins_a_request_and_does_not_go_on_is_left(
    here: Inside, small: Callable[..., None], whole: bytes, rest: bytes
) -> None:
    small("tui.service.connection", HEADER_SECONDS=1.0)
    with socket.create_connection(here.address, timeout=15) as line:
        for _ in range(whole.count(HEAD)):
            line.sendall(HEAD)
            assert whole_answer(line)[0] == 200
        line.sendall(rest)
        assert is_left(line)
    assert until(lambda: not here.server.server_state.connections)


def test_half_a_request_behind_a_whole_one_is_left(here: Inside, small: Callable[..., None]) -> None:
    small("tui.service.connection", HEADER_SECONDS=1.0)
    with socket.create_connection(here.address, timeout=15) as line:
        line.sendall(HEAD + b"G")
        assert whole_answer(line)[0] == 200
        line.sendall(b"E")  # ends uvicorn's own time
        assert is_left(line)


def test_who_drips_is_left(here: Inside, small: Callable[..., None]) -> None:
    small("tui.service.connection", HEADER_SECONDS=1.0)
    with socket.create_connection(here.address, timeout=15) as line:
        line.sendall(HEAD)
        assert whole_answer(line)[0] == 200
        with pytest.raises(OSError):
            for _ in range(150):
                line.sendall(b"G")
                time.sleep(0.1)


def test_who_takes_a_while_between_requests_or_for_a_body_is_answered(here: Inside, small: Callable[..., None]) -> None:
    small("tui.service.connection", HEADER_SECONDS=1.0)
    with socket.create_connection(here.address, timeout=15) as line:
        for _ in range(2):
            line.sendall(HEAD[:20])
            time.sleep(0.3)
            line.sendall(HEAD[20:])
            assert whole_answer(line)[0] == 200
            time.sleep(1.5)
        line.sendall(
            b"POST /pause HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n"
        )
        time.sleep(1.5)
        line.sendall(b'{"paused": true}')
        assert whole_answer(line)[0] == 200


@pytest.mark.skipif(sys.platform != "linux", reason="the operating system has no such time")
@pytest.mark.parametrize("viewer", [False, True])
def test_who_never_reads_is_left(small: Callable[..., None], trained: Recipe, viewer: bool) -> None:
    small("tui.service.server", READ_SECONDS=1.0)
    with inside(trained) as here, socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(here.address)
        if viewer:
            line.sendall(UPGRADE)
            assert until(lambda: here.service.hub.viewers == 1)
        else:
            line.sendall(HEAD * 200)
            assert until(lambda: len(here.server.server_state.connections) == 1)
        began = time.monotonic()
        while here.server.server_state.connections and time.monotonic() - began < 30:
            here.station.publish(here.station.now)
            time.sleep(0.01)
        assert not here.server.server_state.connections
        assert until(lambda: here.service.hub.viewers == 0)


# Many.


def test_too_many_requests_are_told_so_and_health_is_not(here: Inside, small: Callable[..., None]) -> None:
    small("tui.service.request_gate", REQUESTS=2)
    here.station.publish(here.station.now)
    begun = b"POST /pause HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n"
    with ExitStack() as lines:
        two = [lines.enter_context(socket.create_connection(here.address, timeout=15)) for _ in range(2)]
        for line in two:
            line.sendall(begun)
        assert until(lambda: here.served.get("/snapshot")[0] == 429)
        with socket.create_connection(here.address, timeout=15) as third:
            third.sendall(HEAD)
            status, head, body = whole_answer(third)
        assert (status, json.loads(body)) == (429, {"error": "2 requests are under way: try again later"})
        assert b"retry-after: 5" in head.lower()
        assert "well" in here.served.get("/health")[1]
        with pytest.raises(InvalidStatus) as refused:
            connect(here.served.url.replace("http", "ws") + "/snapshots")
        assert refused.value.response.status_code == 429
        for line in two:
            line.sendall(b'{"paused": true}')
            assert whole_answer(line)[0] == 200
    assert here.served.get("/snapshot")[0] == 200


@pytest.mark.parametrize("changes", ["", "?changes=1"])
def test_a_viewer_may_answer_with_bytes(here: Inside, changes: str) -> None:
    with connect(here.served.url.replace("http", "ws") + f"/snapshots{changes}") as viewer:
        for number in range(3):
            said = json.loads(viewer.recv(timeout=15))
            assert ("snapshot" in said) == (number == 0 or not changes)
            viewer.send(b"\xff\x00")
            here.station.publish(here.station.now)
        assert here.service.hub.viewers == 1
    assert until(lambda: here.service.hub.viewers == 0)


def test_viewers_count(here: Inside, small: Callable[..., None]) -> None:
    small("tui.service.request_gate", REQUESTS=1)
    with connect(here.served.url.replace("http", "ws") + "/snapshots") as viewer:
        assert viewer.recv()
        assert here.served.get("/snapshot")[0] == 429
    assert until(lambda: here.served.get("/snapshot")[0] == 200)


def test_silent_connections_make_room_for_new_ones(here: Inside, small: Callable[..., None]) -> None:
    small("tui.service.connection", CONNECTIONS=4)
    with ExitStack() as lines:
        busy = lines.enter_context(socket.create_connection(here.address, timeout=15))
        busy.sendall(
            b"POST /pause HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n"
        )
        assert until(lambda: len(here.server.server_state.connections) == 1)
        silent = [lines.enter_context(socket.create_connection(here.address, timeout=15)) for _ in range(20)]
        assert "well" in here.served.get("/health")[1]
        assert all(is_left(line) for line in silent[:16])
        assert len(here.server.server_state.connections) <= 4
        # Who waited for nothing but us is not sent away.
        busy.sendall(b'{"paused": true}')
        assert whole_answer(busy)[0] == 200


def test_where_all_are_at_work_a_new_connection_is_closed(here: Inside, small: Callable[..., None]) -> None:
    small("tui.service.connection", CONNECTIONS=2)
    with ExitStack() as viewers:
        two = [viewers.enter_context(connect(here.served.url.replace("http", "ws") + "/snapshots")) for _ in range(2)]
        with socket.create_connection(here.address, timeout=15) as third:
            assert is_left(third, 5.0)
        assert all(viewer.recv() for viewer in two)


def test_all_bodies_together_have_a_limit(here: Inside, small: Callable[..., None]) -> None:
    small("tui.service.request_gate", ALL_BYTES=1_000_000)
    head = b"POST /judge HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    half = head + b"Content-Length: 900000\r\n\r\n" + FORM + bytes(700_000)
    with ExitStack() as lines:
        first, second = (lines.enter_context(socket.create_connection(here.address, timeout=15)) for _ in range(2))
        first.sendall(half)
        time.sleep(0.5)
        second.sendall(half)
        second.sendall(bytes(900_000 - 700_000 - len(FORM)))
        status, answer_head, body = whole_answer(second)
        assert (status, json.loads(body)) == (429, {"error": "too much is being sent: try again later"})
        assert b"retry-after: 5" in answer_head.lower()
    # What has gone counts no more.
    assert until(lambda: here.service.workers.waiting == 0)
    with socket.create_connection(here.address, timeout=60) as third:
        third.sendall(half + bytes(900_000 - 700_000 - len(FORM) - 9) + b"\r\n--x--\r\n")
        assert whole_answer(third)[0] == 422


def test_so_many_read_the_journal_at_one_time(
    here: Inside, small: Callable[..., None], monkeypatch: pytest.MonkeyPatch, senders: ThreadPoolExecutor
) -> None:
    small("tui.service.routes.state", JOURNAL_READERS=1)
    journal = Journal(here.service.recipe.journal)
    journal.record("word", "OK", "said", at=5.0, value=float("nan"))
    journal.close()
    begun, go = threading.Event(), threading.Event()

    def slow(*asked: Any) -> Any:
        begun.set()
        assert go.wait(30)
        return read_newest(*asked)

    monkeypatch.setattr("tui.service.routes.state.read_newest", slow)
    first = senders.submit(here.served.get, "/journal?kind=word")
    assert begun.wait(30)
    status, said = here.served.get("/journal")
    assert (status, said) == (429, {"error": "1 others are reading the journal: try again later"})
    go.set()
    row = {"at": 5.0, "kind": "word", "verdict": "OK", "reason": "said", "data": {"value": "NaN"}}
    assert first.result(30) == (200, [row])
    assert here.served.get("/journal?kind=fault") == (200, [])


def test_a_journal_that_is_none_is_told_in_words(here: Inside) -> None:
    here.service.recipe.journal.write_text("no database " * 100)
    status, said = here.served.get("/journal")
    assert (status, "the journal cannot be read" in said["error"]) == (409, True)


# Judging.


class Jam:
    """The process that judges, stopped; files that are sent wait for it."""

    def __init__(self, here: Inside, file: Path) -> None:
        self._here, self._file = here, file
        assert self.send()[0] == 200  # it is there, and well
        (worker,) = here.service.workers._all
        self.pid = worker.process.pid
        os.kill(self.pid, signal.SIGSTOP)

    def send(self) -> tuple[int, Any]:
        return curl("-F", f"data_file=@{self._file}", f"{self._here.served.url}/judge")


@pytest.fixture
def jam(here: Inside, tmp_path: Path) -> Jam:
    cv2.imwrite(str(tmp_path / "part.png"), good_part(77))
    return Jam(here, tmp_path / "part.png")


@pytest.fixture
def senders() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def under_judgement(here: Inside) -> bool:
    return here.service.workers._free.empty()


def test_so_many_files_are_judged_at_one_time(
    here: Inside, jam: Jam, senders: ThreadPoolExecutor, small: Callable[..., None]
) -> None:
    small("tui.service.routes.judge", UPLOADS=1)
    first: Future[tuple[int, Any]] = senders.submit(jam.send)
    assert until(lambda: under_judgement(here))
    assert jam.send() == (429, {"error": "1 files are being judged: try again later"})
    os.kill(jam.pid, signal.SIGCONT)
    assert first.result(30)[0] == 200
    assert jam.send()[0] == 200


def test_a_file_that_waits_too_long_for_its_turn_is_told_so(
    here: Inside, jam: Jam, senders: ThreadPoolExecutor, small: Callable[..., None]
) -> None:
    small("core.inference.judge_pool", WAIT_SECONDS=0.5)
    first = senders.submit(jam.send)
    assert until(lambda: under_judgement(here))
    assert jam.send() == (429, {"error": "1 files are waiting to be judged: try again later"})
    os.kill(jam.pid, signal.SIGCONT)
    assert first.result(30)[0] == 200


def test_a_file_that_takes_too_long_costs_one_answer(here: Inside, jam: Jam, small: Callable[..., None]) -> None:
    small("core.inference.judge_pool", JUDGE_SECONDS=1.0)
    status, said = jam.send()
    assert (status, "it took longer than 1 s" in said["error"]) == (422, True)
    small("core.inference.judge_pool", JUDGE_SECONDS=20.0)
    assert jam.send()[0] == 200
    assert "goodpart_workers_ended_total 1.0" in here.served.get("/metrics")[1]
    assert until(lambda: not Path(f"/proc/{jam.pid}").exists())


def test_a_decoder_that_crashes_costs_one_answer(here: Inside, jam: Jam, senders: ThreadPoolExecutor) -> None:
    first = senders.submit(jam.send)
    assert until(lambda: under_judgement(here))
    others = [senders.submit(jam.send) for _ in range(2)]
    assert until(lambda: here.service.workers.waiting == 2)
    os.kill(jam.pid, signal.SIGKILL)
    status, said = first.result(30)
    assert (status, said) == (422, {"error": "part.png: the decoder could not read it (it crashed)"})
    assert [other.result(30)[0] for other in others] == [200, 200]
    assert "goodpart_workers_ended_total 1.0" in here.served.get("/metrics")[1]


HUNGRY = """
import io, sys
import numpy as np
from pathlib import Path
from core.inference.judge_worker import limit_memory, serve

def judge(file, name):
    return int(np.ones(int(name), np.uint8)[-1])

limit_memory()
serve(lambda: judge, sys.stdin, sys.stdout)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is limited on Linux alone")
def test_a_decoder_that_swallows_the_memory_costs_one_answer() -> None:
    """The judging process with its own limit, and files that take as many bytes as their name says."""
    jobs = [json.dumps({"file": "f", "name": str(size)}) for size in (1_000_000, 1_600_000_000, 1_000_000)]
    done = subprocess.run(
        [sys.executable, "-c", HUNGRY],
        input="\n".join(jobs) + "\n", cwd=ROOT, text=True, capture_output=True, check=True,
    )  # fmt: skip
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {},
        {"result": 1},
        {"error": "1600000000: takes too much memory to decode", "unreadable": True},
        {"result": 1},
    ]
