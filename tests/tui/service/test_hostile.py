"""What clients may do to the service: whatever it is, the bench goes on, nothing grows, nobody is answered with 5xx."""

from __future__ import annotations

import json
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from core.serialization.snapshot_json import VERSION
from core.sources.simulated.motor import RATE
from tests.bench.process import peak_megabytes
from tests.support.served import Served, curl, serving_both
from tui.service.limits import BODY_BYTES

User = Mapping[str, str]
GROWTH = 200
"""MB: the largest body that is allowed, three times."""


@pytest.fixture(scope="module")
def served(
    heard_once: Path, trained_once: Path, user: User, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Judges drawn parts and simulated motors."""
    with serving_both(tmp_path_factory.mktemp("hostile") / "pump", trained_once, heard_once, user) as one:
        yield one


@pytest.fixture(autouse=True)
def unaffected(served: Served) -> Iterator[None]:
    """The bench judges on, and the service does not swell."""
    before = peak_megabytes(served.process.pid)
    judged = served.get("/snapshot")[1]["snapshot"]["sound"]["counters"]["judged"]
    yield
    served.until(lambda now: now["sound"]["counters"]["judged"] > judged + 5)
    assert peak_megabytes(served.process.pid) < before + GROWTH


def address(served: Served) -> tuple[str, int]:
    host, _, port = served.url.removeprefix("http://").rpartition(":")
    return host, int(port)


def raw(served: Served, data: bytes, seconds: float = 10.0) -> bytes:
    """What comes back for bytes on the wire; ends when the service closes, or with the time."""
    with socket.create_connection(address(served), timeout=seconds) as line:
        line.sendall(data)
        got = b""
        try:
            while part := line.recv(65536):
                got += part
                if b"\r\n\r\n" in got and got.endswith(b"}"):
                    break
        except (TimeoutError, ConnectionResetError):
            pass
        return got


# Files.


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(side: int) -> bytes:
    """A small file that is a huge picture."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(side + 1)) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def wav(rate: int, channels: int, claimed: int, data: bytes) -> bytes:
    head = struct.pack("<HHIIHH", 1, channels, rate, min(rate * channels * 2, 2**32 - 1), (channels * 2) % 65536, 16)
    return b"RIFF" + struct.pack("<I", claimed) + b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack(
        "<I", claimed
    ) + data  # fmt: skip


FILES: dict[str, Callable[[], bytes]] = {
    "bomb.png": lambda: png_bomb(16_000),
    "claim.wav": lambda: wav(44100, 2, 1 << 30, bytes(10_000)),
    "claim-most.wav": lambda: wav(44100, 2, 0xFFFFFFFF, bytes(10_000)),
    "long.wav": lambda: wav(1000, 1, 0, bytes(2 * 1000 * 1000)),
    "wide.wav": lambda: wav(768_000, 1024, 0, bytes(4_000_000)),
    "no-rate.wav": lambda: wav(0, 0, 100, bytes(100)),
    "huge.bmp": lambda: (
        b"BM" + struct.pack("<IIIIiiHHIIIIII", 1 << 30, 0, 54, 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0)
    ),
    "huge.jpg": lambda: b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xd9",
    "huge.tif": lambda: (
        b"II*\0\x08\0\0\0\x02\0\0\x01\x04\0\x01\0\0\0\xff\xff\xff\x7f\x01\x01\x04\0\x01\0\0\0\xff\xff\xff\x7f"
    ),
    "torn.flac": lambda: b"fLaC\x00\x00\x00\x22" + b"\xff" * 34 + bytes(1000),
    "torn.ogg": lambda: b"OggS" + b"\xff" * 5000,
    "zeros.png": lambda: bytes(1_000_000),
    "name.wav": lambda: b"\x89PNG and then nothing",
}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_costs_its_sender_an_answer(served: Served, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FILES[name]())
    for path in ("judge", "submit"):
        status, said = curl("-F", f"data_file=@{tmp_path / name}", f"{served.url}/{path}")
        assert 400 <= status < 500, said
        assert "Traceback" not in json.dumps(said)
        assert said["error"].startswith(name)


def test_what_is_decoded_may_not_swallow_the_memory(served: Served, tmp_path: Path) -> None:
    """Sound that decodes to a thousand times its size is judged in the end, or refused for its length."""
    import numpy as np
    import soundfile

    soundfile.write(tmp_path / "quiet.flac", np.zeros(RATE * 250, np.int16), RATE)
    assert (tmp_path / "quiet.flac").stat().st_size < 200_000
    status, said = curl("-F", f"data_file=@{tmp_path / 'quiet.flac'}", f"{served.url}/judge")
    assert status == 200
    assert said["verdict"] != "OK"
    soundfile.write(tmp_path / "longer.flac", np.zeros(RATE * 400, np.int16), RATE)
    status, said = curl("-F", f"data_file=@{tmp_path / 'longer.flac'}", f"{served.url}/judge")
    assert (status, "longer than the limit of 300 s" in said["error"]) == (422, True)


# Requests.


def test_a_body_that_is_too_large_is_refused_with_an_answer(served: Served, tmp_path: Path) -> None:
    with (tmp_path / "large.wav").open("wb") as file:
        file.truncate(BODY_BYTES + 1000)
    # As curl does it: it asks first. And as a client that does not.
    for head in ("Expect: 100-continue", "Expect:"):
        status, said = curl("-H", head, "-F", f"data_file=@{tmp_path / 'large.wav'}", f"{served.url}/submit")
        assert (status, said) == (413, {"error": "the request is larger than 64 MB"})


def test_endless_chunks_end(served: Served) -> None:
    with socket.create_connection(address(served), timeout=20) as line:
        line.sendall(
            b"POST /submit HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        )
        piece = b"10000\r\n" + bytes(65536) + b"\r\n"
        until = time.monotonic() + 60
        with pytest.raises(OSError):
            while time.monotonic() < until:
                line.sendall(piece)


@pytest.mark.parametrize(
    "data",
    [
        b"POST /submit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1073741824\r\n\r\nand no more",
        b"POST /submit HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST /submit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\nhello",
        b"POST /submit HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 1_000_000,
        b"GET /" + b"%00/../" * 500 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /snapshots HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        bytes(range(256)) * 100,
    ],
    ids=["short", "negative", "two-lengths", "chunk", "header", "path", "upgrade", "tls", "noise"],
)
def test_what_is_no_request_is_refused_or_dropped(served: Served, data: bytes) -> None:
    answer = raw(served, data, 3.0)
    assert not answer or answer.split()[1].startswith(b"4"), answer[:200]
    assert b"Traceback" not in answer


def test_a_form_of_many_parts_is_refused(served: Served, tmp_path: Path) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="data_file"; filename="a.wav"\r\n\r\n\r\n'
    (tmp_path / "parts").write_bytes(part * 20_000 + b"--x--\r\n")
    head = ("-H", "Content-Type: multipart/form-data; boundary=x", "--data-binary", f"@{tmp_path / 'parts'}")
    status, said = curl(*head, f"{served.url}/submit")
    assert (status, "error" in said) == (400, True), said


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"density": 1' + "0" * 5000 + "}", '{"density": NaN}', "\x00", "null"]
)
def test_json_that_is_none_is_refused(served: Served, tmp_path: Path, body: str) -> None:
    (tmp_path / "body").write_text(body)
    for path in ("thresholds", "pause", "command/set_threshold"):
        head = ("-H", "Content-Type: application/json", "--data-binary", f"@{tmp_path / 'body'}")
        status, said = curl(*head, f"{served.url}/{path}")
        assert 400 <= status < 500, (path, said)


def test_slow_clients_hold_up_nobody_and_are_left_in_the_end(served: Served, tmp_path: Path) -> None:
    silent = [socket.create_connection(address(served)) for _ in range(100)]
    for line in silent[::2]:
        line.sendall(b"POST /submit HTTP/1.1\r\nHost: loc")
    began = time.monotonic()
    for _ in range(10):
        assert served.get("/snapshot")[0] == 200
    assert time.monotonic() - began < 10
    for line in silent:
        line.settimeout(30)
        assert line.recv(1000) in (b"", b"") or line.recv(1000) == b""
        line.close()


def test_a_viewer_that_talks_nonsense_is_left(served: Served) -> None:
    url = served.url.replace("http", "ws") + "/snapshots?changes=1"
    with connect(url) as line:
        for _ in range(50):
            line.send("x" * 1000)
        assert json.loads(line.recv())["goodpart"] == VERSION
    with connect(url) as line:
        line.send(b"bytes instead of words")
        assert json.loads(line.recv())["goodpart"] == VERSION
        line.send(b"\xff\xfe no UTF-8", text=True)
        with pytest.raises(ConnectionClosed):
            while True:
                line.recv(timeout=5)
    with connect(url) as line:
        line.send("y" * (2 << 20))
        with pytest.raises(Exception):  # noqa: B017 - closed in whatever way
            while True:
                line.recv(timeout=5)
