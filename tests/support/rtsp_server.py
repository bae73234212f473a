"""A small rtsp:// camera on loopback: JPEG over RTP (RFC 2435), inside the RTSP connection (RFC 2326, 10.12)."""

from __future__ import annotations

import base64
import socket
import struct
import threading
import time
from contextlib import suppress

SESSION = "12345678"


class RtspServer:
    """A camera that serves its frames in a loop."""

    def __init__(self, frames: list[bytes], fps: float = 50.0, login: str = "") -> None:
        """`frames` are baseline JPEG files of the same size (a multiple of 8), 4:2:0; `login` is the required
        user:password."""
        self._frames = [_parts(frame) for frame in frames]
        self._interval = 1 / fps
        self._login = login
        self._listener: socket.socket | None = None
        self._connections: list[socket.socket] = []
        self.port = 0
        self.stalled = False
        """While True, the camera keeps the connection but sends no pictures."""

    def start(self) -> None:
        """Listen on a free port; after a stop on the same port as before."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self._listener = listener
        self.port = listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def stop(self) -> None:
        """Close the port and all connections."""
        listener, self._listener = self._listener, None
        if listener is not None:
            # Wakes accept(), which close() alone does not.
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._connections.clear()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection = listener.accept()[0]
                self._connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError):
            stream = connection.makefile("rb")
            while line := stream.readline().decode():
                method, url, _ = line.split()
                headers = {}
                while (field := stream.readline().decode().strip()) != "":
                    name, _, value = field.partition(":")
                    headers[name.lower()] = value.strip()
                self._answer(connection, method, url, headers)

    def _answer(self, connection: socket.socket, method: str, url: str, headers: dict[str, str]) -> None:
        asked = "Basic " + base64.b64encode(self._login.encode()).decode()
        more, body, code = "", "", "200 OK"
        if self._login and method != "OPTIONS" and headers.get("authorization") != asked:
            code, more = "401 Unauthorized", 'WWW-Authenticate: Basic realm="camera"\r\n'
        elif method == "OPTIONS":
            more = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
        elif method == "DESCRIBE":
            body = (
                "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
                "m=video 0 RTP/AVP 26\r\na=framerate:50\r\na=control:track0\r\n"
            )
            more = f"Content-Base: {url}/\r\nContent-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
        elif method == "SETUP":
            more = f"Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: {SESSION}\r\n"
        elif method == "PLAY":
            more = f"Session: {SESSION}\r\n"
        connection.sendall(f"RTSP/1.0 {code}\r\nCSeq: {headers['cseq']}\r\n{more}\r\n{body}".encode())
        if method == "PLAY":
            threading.Thread(target=self._play, args=(connection,), daemon=True).start()

    def _play(self, connection: socket.socket) -> None:
        sequence = 0
        begin = time.monotonic()
        with suppress(OSError):
            for number in range(1_000_000):
                while self.stalled:
                    time.sleep(0.01)
                width, height, tables, scan = self._frames[number % len(self._frames)]
                clock = int(number * self._interval * 90_000)
                for offset in range(0, len(scan), 1200):
                    chunk = scan[offset : offset + 1200]
                    last = offset + len(chunk) == len(scan)
                    header = struct.pack(">BBHII", 0x80, 26 | (0x80 if last else 0), sequence & 0xFFFF, clock, 1)
                    jpeg = struct.pack(">IBBBB", offset, 1, 255, width // 8, height // 8)
                    if offset == 0:
                        jpeg += struct.pack(">BBH", 0, 0, len(tables)) + tables
                    packet = header + jpeg + chunk
                    connection.sendall(b"$\0" + len(packet).to_bytes(2) + packet)
                    sequence += 1
                time.sleep(max(0.0, begin + (number + 1) * self._interval - time.monotonic()))


def _parts(frame: bytes) -> tuple[int, int, bytes, bytes]:
    """Return width, height, quantization tables and entropy coded data of a JPEG file."""
    offset, tables, width, height = 2, b"", 0, 0
    while True:
        marker, length = frame[offset + 1], int.from_bytes(frame[offset + 2 : offset + 4])
        body = frame[offset + 4 : offset + 2 + length]
        offset += 2 + length
        if marker == 0xDB:
            tables += b"".join(body[start + 1 : start + 65] for start in range(0, len(body), 65))
        elif marker == 0xC0:
            height, width = struct.unpack(">HH", body[1:5])
        elif marker == 0xDA:
            return width, height, tables, frame[offset:-2]
