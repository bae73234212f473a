r"""The file format of a recording: chunks with checksums, so that everything written before a crash can be read.

    file    "goodpart recording 1\n"  chunk...
    chunk   kind (4 bytes ASCII)  length (uint32)  time (float64, seconds)  CRC-32 (uint32)  content (`length` bytes)
    content JSON object, UTF-8, without line ends  "\n"  bytes, if there are any

Numbers are little-endian; the checksum is over kind, length, time and content.
"""

from __future__ import annotations

import json
import math
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import GoodpartError, UnreadableError

FORMAT = 1
_NAME = b"goodpart recording "
MAGIC = b"%s%d\n" % (_NAME, FORMAT)
_HEADER = struct.Struct("<4sIdI")
_SEALED = struct.Struct("<4sId")
MOST_BYTES = 2**31
"""Bytes of one chunk's content at most."""


@dataclass(frozen=True)
class Chunk:
    """One event of a recording, as it is stored."""

    kind: str
    """Four ASCII characters."""
    at: float
    """Seconds, time.monotonic() of the recorder."""
    facts: Mapping[str, Any]
    """The JSON object."""
    data: bytes = b""


def packed(kind: str, at: float, facts: Mapping[str, Any], data: bytes = b"") -> bytes:
    """The bytes of one chunk."""
    content = json.dumps(facts, separators=(",", ":")).encode() + b"\n" + data
    sealed = _SEALED.pack(kind.encode("ascii"), len(content), at)
    return _HEADER.pack(kind.encode("ascii"), len(content), at, zlib.crc32(content, zlib.crc32(sealed))) + content


class ChunkReader:
    """Reads the chunks of a file in order, up to the first incomplete or damaged one."""

    def __init__(self, path: Path) -> None:
        """Raises UnreadableError if the file cannot be opened, GoodpartError if it is not a recording that this version
        reads."""
        self._path = path
        try:
            self._file: BinaryIO = path.open("rb")
            self.size = os.fstat(self._file.fileno()).st_size
            first = self._file.readline(64)
        except OSError as error:
            raise UnreadableError(f"{path}: cannot be read ({error.strerror or error})") from error
        self.torn_bytes = 0
        """Bytes at the end that are incomplete or damaged; known after the last chunk."""
        try:
            _check(path, first)
        except GoodpartError:
            self._file.close()
            raise

    def __iter__(self) -> Iterator[Chunk]:
        """Raises UnreadableError if the disk fails."""
        try:
            while (place := self._file.tell()) < self.size:
                chunk = self._next(self.size - place)
                if chunk is None:
                    self.torn_bytes = self.size - place
                    return
                yield chunk
        except OSError as error:
            raise UnreadableError(f"{self._path}: cannot be read further ({error.strerror or error})") from error

    def _next(self, left: int) -> Chunk | None:
        header = self._file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return None
        kind, length, at, seal = _HEADER.unpack(header)
        if length > min(left - _HEADER.size, MOST_BYTES) or not math.isfinite(at):
            return None
        content = self._file.read(length)
        if len(content) < length or zlib.crc32(content, zlib.crc32(header[: _SEALED.size])) != seal:
            return None
        text, _, data = content.partition(b"\n")
        try:
            facts = json.loads(text)
            return Chunk(kind.decode("ascii"), at, facts, data) if isinstance(facts, dict) else None
        except (ValueError, RecursionError):
            return None

    @property
    def place(self) -> int:
        """Bytes read so far."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _check(path: Path, first: bytes) -> None:
    version = first.removeprefix(_NAME).strip()
    if not first.startswith(_NAME) or not version.isdigit() or not first.endswith(b"\n"):
        raise GoodpartError(f"{path}: is not a recording of goodpart (watch --record FILE makes them)")
    if int(version) != FORMAT:
        raise GoodpartError(
            f"{path}: was recorded by a newer goodpart (format {int(version)}, this one reads {FORMAT}); update it"
        )
