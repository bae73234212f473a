"""A network camera on loopback: serves MJPEG over HTTP, and misbehaves if a test asks for it."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

import cv2
import numpy as np

Mode = Literal[
    "stream",
    "half",
    "stall",
    "drip",
    "garbage",
    "silent",
    "wrong",
    "bare",
    "damaged",
    "snapshot",
    "cut",
    "page",
    "none",
]

NONCE = "dcd98b7102dd2f0e8b11d0f600bfb0c0"


def jpeg(level: int, width: int = 160, height: int = 120) -> bytes:
    """Return a grey picture as JPEG; its level, 0..253, identifies it."""
    picture = np.full((height, width, 3), level, np.uint8)
    # Some texture, so that there is enough entropy coded data to cut off.
    picture[:, ::2] = level + 2
    return cv2.imencode(".jpg", picture)[1].tobytes()


class MjpegServer:
    """`mode` may change at any time; running streams follow it at their next frame."""

    def __init__(self, frames: list[bytes] | None = None, fps: float = 100.0) -> None:
        self.frames = frames or [jpeg(level) for level in range(20, 220, 10)]
        self.fps = fps
        self.mode: Mode = "stream"
        self.login = ""
        """The required user:password; empty if none is required."""
        self.digest = False
        """Whether the login is a digest (RFC 2617), as with most cameras."""
        self.requests = 0
        self.sent = 0
        self.port = 0
        self._server: ThreadingHTTPServer | None = None
        self._connections: set[socket.socket] = set()

    @property
    def address(self) -> str:
        """The address of the stream."""
        return f"http://127.0.0.1:{self.port}/video"

    def start(self) -> None:
        """Listen on a free port; after a stop on the same port as before."""
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def setup(self) -> None:
                camera._connections.add(self.request)
                super().setup()

            def finish(self) -> None:
                with suppress(OSError):
                    super().finish()
                camera._connections.discard(self.request)

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                with suppress(OSError):
                    camera._answer(self)

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_: object) -> None:
                pass  # the client disconnected during an answer

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Close the port and all connections, as if the camera was unplugged."""
        server, self._server = self._server, None
        if server is None:
            return
        server.shutdown()
        server.server_close()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        self.requests += 1
        mode = self.mode
        if mode == "silent":
            self._hold("silent")
        elif self.login and not self._may_enter(request):
            request.send_response(401)
            challenge = f'Digest realm="camera", qop="auth", nonce="{NONCE}"' if self.digest else 'Basic realm="camera"'
            request.send_header("WWW-Authenticate", challenge)
            request.end_headers()
        elif mode == "none":
            request.send_error(404)
        elif mode == "page":
            self._whole(request, "text/html", b"<html>log in</html>")
        elif mode == "snapshot":
            self._whole(request, "image/jpeg", self._frame())
        elif mode == "cut":
            frame = self._frame()
            self._whole(request, "image/jpeg", frame[: len(frame) // 2], promised=len(frame))
        else:
            request.send_response(200)
            request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            request.end_headers()
            self._stream(request)

    def _may_enter(self, request: BaseHTTPRequestHandler) -> bool:
        given = request.headers.get("Authorization") or ""
        if not self.digest:
            return given == "Basic " + base64.b64encode(self.login.encode()).decode()
        fields = dict(re.findall(r'(\w+)="?([^",]+)', given))
        user, _, password = self.login.partition(":")
        first, second = _md5(f"{user}:camera:{password}"), _md5(f"GET:{request.path}")
        right = _md5(":".join([first, NONCE, fields.get("nc", ""), fields.get("cnonce", ""), "auth", second]))
        return fields.get("response") == right

    def _whole(self, request: BaseHTTPRequestHandler, kind: str, body: bytes, promised: int | None = None) -> None:
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(promised or len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _frame(self) -> bytes:
        self.sent += 1
        return self.frames[(self.sent - 1) % len(self.frames)]

    def _stream(self, request: BaseHTTPRequestHandler) -> None:
        out = request.wfile
        due = time.monotonic()
        while self._server is not None:
            mode = self.mode
            if mode == "half":
                frame = self._frame()
                self._part(out, frame[: len(frame) // 2], len(frame))
                return
            if mode == "stall":
                self._hold("stall")
                continue
            if mode == "drip":
                out.write(b".")
            elif mode == "garbage":
                out.write(os.urandom(65536))
            elif mode == "wrong":
                # Another boundary than announced, a wrong length, and half a frame before every complete one.
                frame = self._frame()
                out.write(
                    b"--other\r\nContent-Type: image/jpeg\r\nContent-Length: 7\r\n\r\n" + frame[: len(frame) // 2]
                )
                out.write(b"\r\n--other\r\nContent-Length: 99999999\r\n\r\n" + frame + b"\r\n")
            elif mode == "bare":
                out.write(self._frame())
            elif mode == "damaged":
                frame = self._frame()
                self._part(out, frame[:2] + b"\xff\xda\x00\x02" + frame[-200:], len(frame))
            else:
                frame = self._frame()
                self._part(out, frame, len(frame))
            due = max(due + 1 / self.fps, time.monotonic() - 0.1)
            time.sleep(max(0.0, due - time.monotonic()))

    @staticmethod
    def _part(out: object, frame: bytes, length: int) -> None:
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n".encode()
        out.write(head + frame + b"\r\n")  # type: ignore[attr-defined]

    def _hold(self, mode: Mode) -> None:
        while self.mode == mode and self._server is not None:
            time.sleep(0.02)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


@contextmanager
def serving(fps: float = 100.0, frames: list[bytes] | None = None) -> Iterator[MjpegServer]:
    """Start a camera on a free port and stop it at the end."""
    server = MjpegServer(frames, fps)
    server.start()
    try:
        yield server
    finally:
        server.stop()
