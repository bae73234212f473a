"""Cuts complete JPEG pictures out of a stream of bytes; anything between them is skipped."""

from __future__ import annotations

import re

MOST_BYTES = 32 * 1024 * 1024
"""Bytes of one picture; longer data is dropped."""

# In entropy coded data FF is followed by 00 (stuffed), D0..D7 (restart) or FF (fill); anything else is a marker.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_START = b"\xff\xd8\xff"
_END_OF_IMAGE, _START_OF_IMAGE, _START_OF_SCAN = 0xD9, 0xD8, 0xDA


class JpegScanner:
    """Follows JPEG's marker segments (ITU-T T.81, annex B), so that a wrong multipart boundary or Content-Length does
    not matter and a thumbnail inside a picture does not cut it. An incomplete picture is dropped."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._data = bytearray()
        self._at = 0
        """Index of the next byte to read; 0 until the start of a picture is found."""
        self._in_scan = False

    @property
    def held(self) -> int:
        """Number of bytes kept for the next call."""
        return len(self._data)

    def feed(self, data: bytes) -> list[bytes]:
        """The JPEG files that `data` completes, oldest first."""
        self._data += data
        pictures = []
        while (picture := self._next()) is not None:
            pictures.append(picture)
        if len(self._data) > self._most:
            self._skip(len(self._data))
        return pictures

    def _next(self) -> bytes | None:
        while True:
            if self._at == 0:
                start = self._data.find(_START)
                if start < 0:
                    # A start may be cut in two at the end.
                    del self._data[: max(0, len(self._data) - len(_START) + 1)]
                    return None
                del self._data[:start]
                self._at, self._in_scan = 2, False
            end = self._walk()
            if end is None:
                return None
            if end > 0:
                picture = bytes(self._data[:end])
                self._skip(end)
                return picture

    def _walk(self) -> int | None:
        """Index of the picture's end; None if more bytes are needed; 0 if it is damaged and the search starts again."""
        while True:
            if self._in_scan:
                match = _MARKER.search(self._data, self._at)
                if match is None:
                    self._at = max(self._at, len(self._data) - 1)
                    return None
                self._at, self._in_scan = match.start(), False
            if len(self._data) < self._at + 4:
                # The end marker has two bytes and no length.
                if bytes(self._data[self._at : self._at + 2]) == b"\xff\xd9":
                    return self._at + 2
                return None
            mark, marker = self._data[self._at], self._data[self._at + 1]
            if mark == 0xFF and marker == 0xFF:
                self._at += 1
            elif marker == _END_OF_IMAGE and mark == 0xFF:
                return self._at + 2
            elif mark != 0xFF or marker <= 0x01 or 0xD0 <= marker <= _START_OF_IMAGE:
                self._skip(self._at if marker == _START_OF_IMAGE and mark == 0xFF else len(_START))
                return 0
            else:
                length = int.from_bytes(self._data[self._at + 2 : self._at + 4])
                if length < 2:
                    self._skip(len(_START))
                    return 0
                if len(self._data) < self._at + 2 + length:
                    return None
                self._at += 2 + length
                self._in_scan = marker == _START_OF_SCAN

    def _skip(self, count: int) -> None:
        del self._data[:count]
        self._at, self._in_scan = 0, False
