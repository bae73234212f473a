"""Reads and prepares pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import UnreadableError
from core.runtime.opencv import cv2
from core.samples import Picture
from core.state.material import Preview

WHOLE = (0.0, 0.0, 1.0, 1.0)


def decode_picture(path: Path) -> Picture:
    """Decode a file to uint8 (height, width, 3), BGR: grey becomes colour, 16 bits are scaled to 8 by their own range,
    transparent pixels become white.

    Raises UnreadableError with the reason if the file is missing, empty, damaged or cut off.
    """
    try:
        data = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise UnreadableError(f"{path}: cannot be read ({error.strerror or error})") from error
    if data.size == 0:
        raise UnreadableError(f"{path}: the file is empty (0 bytes)")
    try:
        raw = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    except cv2.error:
        raw = None
    if raw is None or raw.size == 0:
        raise UnreadableError(f"{path}: is not a picture that can be decoded, or is damaged")
    if _is_truncated_jpeg(data):
        raise UnreadableError(f"{path}: the picture is cut off (its end is missing)")
    return to_picture(raw)


def _is_truncated_jpeg(data: npt.NDArray[np.uint8]) -> bool:
    # OpenCV fills the missing part with grey and reports no error.
    return bytes(data[:2]) == b"\xff\xd8" and b"\xff\xd9" not in bytes(data[-4096:])


def to_picture(raw: npt.NDArray[np.generic]) -> Picture:
    """Convert an array as OpenCV decodes it (uint8, uint16 or float, with 1, 3 or 4 channels) to uint8 (h, w, 3)."""
    array = np.asarray(raw)
    if array.dtype == np.uint16:
        # Cameras with 10, 12 or 14 bits store 16: scale by the smallest depth that holds the brightest value.
        top = int(array.max(initial=0))
        bits = next(b for b in (8, 10, 12, 14, 16) if top < 1 << b)
        array = (array >> (bits - 8)).astype(np.uint8)
    elif array.dtype != np.uint8:
        array = np.nan_to_num(array.astype(np.float32))
        scale = 255.0 if float(array.max(initial=0.0)) <= 1.0 else 1.0
        array = np.clip(array * scale, 0, 255).astype(np.uint8)
    if array.ndim == 2:
        return np.repeat(array[:, :, None], 3, axis=2)
    if array.shape[2] == 1:
        return np.repeat(array, 3, axis=2)
    if array.shape[2] == 4:
        alpha = array[:, :, 3:4].astype(np.uint16)
        mixed = (array[:, :, :3] * alpha + 255 * (255 - alpha) + 127) // 255
        return mixed.astype(np.uint8)
    return np.ascontiguousarray(array[:, :, :3])


def crop(picture: Picture, region: tuple[float, float, float, float]) -> Picture:
    """The region of interest (x, y, w, h as fractions of the size) of a picture; a view, not a copy."""
    if region == WHOLE:
        return picture
    height, width = picture.shape[:2]
    x, y, w, h = region
    left, top = min(round(x * width), width - 1), min(round(y * height), height - 1)
    right, bottom = max(left + 1, round((x + w) * width)), max(top + 1, round((y + h) * height))
    return picture[top:bottom, left:right]


def resized(picture: Picture, side: int) -> Picture:
    """The picture scaled to uint8 (side, side, 3), RGB, by area averaging."""
    # Halving is several times faster than averaging over uneven areas; far from the target it changes little.
    while picture.shape[0] % 2 == picture.shape[1] % 2 == 0 and min(picture.shape[:2]) >= 4 * side:
        picture = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    if min(picture.shape[:2]) >= 2 * side:
        picture = cv2.resize(picture, (2 * side, 2 * side), interpolation=cv2.INTER_LINEAR)
    small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), dtype=np.uint8)


PREVIEW_WIDTH = 80
"""Pixels."""


def small_preview(picture: Picture) -> Preview:
    """A grey preview, 80 pixels wide, with the proportions of the picture."""
    height, width = picture.shape[:2]
    # Skipping pixels is good enough for a preview; averaging a whole 1080p picture would cost as much as judging it.
    step = max(1, width // (2 * PREVIEW_WIDTH))
    rows = max(1, round(PREVIEW_WIDTH * height / width))
    small = cv2.resize(picture[::step, ::step], (PREVIEW_WIDTH, rows), interpolation=cv2.INTER_AREA)
    return Preview(PREVIEW_WIDTH, rows, cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).tobytes())
