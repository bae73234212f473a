"""Cameras over http:// and https://: a stream of JPEG pictures (MJPEG), or a snapshot address that is polled."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
import urllib.error
import urllib.request
from email.message import Message
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import numpy as np

from core.features.image.picture import to_picture
from core.runtime.opencv import cv2
from core.samples import Picture
from core.sources.camera.base import CameraSettings
from core.sources.camera.jpeg_scanner import MOST_BYTES, JpegScanner
from core.sources.camera.reader import Device, SourceLost

TIMEOUT = 4.0
"""Seconds without a byte, or without a picture."""
_BROKEN = (OSError, http.client.HTTPException, ValueError)


def open_http(address: str, shown: str, settings: CameraSettings, timeout: float = TIMEOUT) -> Device:
    """Open the stream or snapshot at an address. `shown` is the address without its password. Raises SourceLost."""
    client = _Client(address, shown, timeout)
    answer = client.get()
    content_type = answer.headers.get_content_type()
    if content_type.startswith("image/"):
        return JpegSnapshot(client, answer, 1 / settings.fps)
    if content_type.startswith("text/html") or content_type.endswith("json"):
        answer.close()
        raise SourceLost(
            f"{shown} answers with {content_type}, not with pictures: look up the address of its MJPEG stream"
        )
    return MotionJpeg(answer, shown, timeout)


class _Client:
    def __init__(self, address: str, shown: str, timeout: float) -> None:
        parts = urlsplit(address)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        host = parts.netloc.rpartition("@")[2]
        self._address = urlunsplit(parts._replace(netloc=host, path=parts.path or "/"))
        # The camera is on the local network, which a proxy would not reach.
        self._direct = urllib.request.ProxyHandler({})
        self._opener = urllib.request.build_opener(self._direct)
        self.shown = shown
        self._timeout = timeout

    def get(self) -> Any:
        """Request the address once; returns the open response. Raises SourceLost."""
        try:
            return self._open()
        except _BROKEN as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            raise SourceLost(f"{self.shown} {_error_text(error, self._timeout)}") from error

    def _open(self) -> Any:
        try:
            return self._opener.open(self._address, timeout=self._timeout)
        except urllib.error.HTTPError as error:
            if error.code != 401 or not self._user:
                raise
            error.close()
            self._opener = urllib.request.build_opener(self._direct, self._login(error.headers))
            return self._opener.open(self._address, timeout=self._timeout)

    def _login(self, headers: Message) -> urllib.request.BaseHandler:
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, self._address, self._user, self._password)
        # Only the handler for the camera's own challenge: urllib fails if both are installed.
        challenge = " ".join(headers.get_all("WWW-Authenticate", []))
        if "digest" in challenge.lower():
            return urllib.request.HTTPDigestAuthHandler(passwords)
        return urllib.request.HTTPBasicAuthHandler(passwords)


def _error_text(error: Exception, timeout: float) -> str:
    if isinstance(error, urllib.error.HTTPError):
        if error.code == 401:
            return "does not let us in: write the address as http://user:password@host/path"
        return f"answers {error.code} ({error.reason}): is the path right?"
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return f"does not answer within {timeout:.0f} s: is the camera on?"
    if isinstance(cause, socket.gaierror):
        return "does not answer: the name of its host is not known here"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "shows a certificate that this machine does not trust: use http:// or install the certificate"
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause) or type(cause).__name__
    return f"does not answer ({reason.lower()}): is the camera on and the address right?"


class MotionJpeg:
    """A Device over an endless response; pictures are found by their JPEG markers, not by the multipart boundary."""

    interval: float | None = None
    decode_all = False
    ended = ""

    def __init__(self, answer: Any, shown: str, timeout: float) -> None:
        self._answer = answer
        self._shown = shown
        self._timeout = timeout
        self._scanner = JpegScanner()
        self._pictures: list[bytes] = []
        self._grabbed = b""
        self._damaged = 0

    @property
    def note(self) -> str:
        """How many damaged pictures were skipped; empty if none was."""
        return f"{self._damaged} damaged pictures skipped" if self._damaged else ""

    def grab(self) -> bool:
        """Wait for the next complete picture; always True. Raises SourceLost, also if none comes in time."""
        deadline = time.monotonic() + self._timeout
        while not self._pictures:
            try:
                data = self._answer.read1(65536)
            except TimeoutError as error:
                raise SourceLost(f"{self._shown} stopped giving pictures for {self._timeout:.0f} s") from error
            except _BROKEN as error:
                raise SourceLost(f"{self._shown} broke off ({error})") from error
            if not data:
                raise SourceLost(f"{self._shown} ended its stream")
            self._pictures = self._scanner.feed(data)
            if not self._pictures and time.monotonic() > deadline:
                raise SourceLost(f"{self._shown} answers, but sends no JPEG pictures")
        self._grabbed = self._pictures.pop(0)
        return True

    def retrieve(self) -> Picture | None:
        """Decode the grabbed picture; None if it is damaged."""
        picture = decoded(self._grabbed)
        self._damaged += picture is None
        return picture

    def close(self) -> None:
        """Close the connection."""
        self._answer.close()


class JpegSnapshot:
    """A Device that requests one picture at a time."""

    decode_all = False
    ended = ""
    note = ""

    def __init__(self, client: _Client, answer: Any, interval: float) -> None:
        self._client = client
        self._answer = answer
        self._data = b""
        self.interval: float | None = interval

    def grab(self) -> bool:
        """Request a picture; always True. Raises SourceLost."""
        answer = self._answer or self._client.get()
        self._answer = None
        try:
            with answer:
                self._data = answer.read(MOST_BYTES)
        except _BROKEN as error:
            raise SourceLost(f"{self._client.shown} broke off ({error})") from error
        return True

    def retrieve(self) -> Picture | None:
        """Decode the received picture. Raises SourceLost if it is incomplete or damaged."""
        # OpenCV decodes an incomplete JPEG as well and fills the missing part with grey.
        whole = not self._data.startswith(b"\xff\xd8") or JpegScanner().feed(self._data)
        picture = decoded(self._data) if whole else None
        if picture is None:
            raise SourceLost(f"{self._client.shown} sends a picture that is cut off or cannot be decoded")
        return picture

    def close(self) -> None:
        """Close the first response if it was not read."""
        if self._answer is not None:
            self._answer.close()


def decoded(data: bytes) -> Picture | None:
    """Decode the bytes of a file to uint8 (height, width, 3), BGR; None if they are empty or damaged."""
    if not data:
        return None
    try:
        # EXIF orientation is ignored, as it is for the stored pictures.
        raw = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        return None
    return None if raw is None else to_picture(raw)
