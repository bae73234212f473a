"""Compresses pictures and sound without loss, in little time."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import zstandard

from core.samples import Picture, Sound

LEVEL = 1
"""Zstandard's compression level. Higher ones take three times as long and save nothing on noise, the larger part of a
picture's data."""


def pack_picture(picture: Picture) -> bytes:
    """Compress a picture, uint8 (height, width, 3).

    Each row is stored as its difference from the row above, as PNG's filter `up` does. Takes about 16 ms for 1920 x
    1080 pixels; PNG takes 120 ms and more for the same size.
    """
    rows = picture.copy()
    rows[1:] -= picture[:-1]
    return _packed(rows)


def unpack_picture(data: bytes, height: int, width: int) -> Picture:
    """Decompress a picture, uint8 (height, width, 3). Raises ValueError if the data do not hold such a picture."""
    rows = _unpacked(data, height * width * 3).reshape(height, width, 3).copy()
    # np.add.accumulate takes ten times as long.
    for above, row in pairwise(rows):
        row += above
    return rows


def pack_sound(samples: Sound) -> bytes:
    """Compress sound, float32 (n,). The four bytes of the samples are stored apart, because the high ones are alike."""
    return _packed(np.ascontiguousarray(samples, "<f4").view(np.uint8).reshape(-1, 4).T.copy())


def unpack_sound(data: bytes, count: int) -> Sound:
    """Decompress sound, float32 (count,). Raises ValueError if the data do not hold `count` samples."""
    columns = _unpacked(data, count * 4).reshape(4, count)
    return columns.T.copy().view("<f4").reshape(count).astype(np.float32, copy=False)


def _packed(array: npt.NDArray[Any]) -> bytes:
    return bytes(zstandard.ZstdCompressor(level=LEVEL).compress(array.data))


def _unpacked(data: bytes, size: int) -> npt.NDArray[np.uint8]:
    # Check the claimed size first: the decompressor allocates that much memory.
    try:
        claimed = zstandard.frame_content_size(data)
        unpacked = zstandard.ZstdDecompressor().decompress(data) if claimed == size else b""
    except (zstandard.ZstdError, MemoryError) as error:
        raise ValueError(str(error)) from error
    if len(unpacked) != size:
        raise ValueError(f"{claimed} bytes instead of {size}")
    return np.frombuffer(unpacked, np.uint8)
