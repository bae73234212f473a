"""Finds near-duplicates: pictures of the same part in the same place, also mirrored or turned by quarter turns.

They must be on the same side of a split: a model that has learnt from one knows the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.runtime.opencv import cv2
from core.samples import Picture

SIDE = 32
"""Width and height of a thumbnail in pixels."""
# Correlations above which two thumbnails count as the same picture: unchanged, after the mean of all pictures is
# subtracted, and (turned or mirrored) after the mean over all poses is subtracted.
SAME, SAME_BUT_FOR_MEAN, SAME_TURNED = 0.999, 0.985, 0.99

Thumbnail = npt.NDArray[np.float32]
"""float32 (32, 32), grey, mean 0, standard deviation 1 (all 0 for a uniform picture)."""


def thumbnail(picture: Picture) -> Thumbnail:
    """Return the thumbnail of a picture, uint8 (height, width, 3) in BGR."""
    height, width = picture.shape[:2]
    # Skipping rows and columns first keeps a large picture cheap.
    step = max(1, min(height, width) // 256)
    small = cv2.resize(picture[::step, ::step], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return _standard(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32))


def _standard(array: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    centred = array - array.mean(axis=(-2, -1), keepdims=True)
    scale = centred.std(axis=(-2, -1), keepdims=True)
    return np.asarray(centred / np.where(scale > 1e-6, scale, np.inf), np.float32)


def near_duplicates(thumbnails: Sequence[Thumbnail]) -> npt.NDArray[np.int64]:
    """Return (n,) the group of each picture; groups are numbered in the order of their first pictures.

    Two pictures are in one group if they are the same, directly or through others.
    """
    n = len(thumbnails)
    if n == 0:
        return np.zeros(0, np.int64)
    base = np.stack(thumbnails)
    flat = base.reshape(n, -1)
    linked: npt.NDArray[np.bool_] = np.asarray(flat @ flat.T / flat.shape[1] > SAME)
    blank = np.asarray(~flat.any(axis=1))
    linked |= blank[:, None] & blank[None, :]
    if n > 2:
        own = _unit(base - base.mean(axis=0))
        linked |= own @ own.T > SAME_BUT_FOR_MEAN
    turned = [np.rot90(side, k, axes=(1, 2)) for side in (base, base[:, :, ::-1]) for k in range(4)]
    # The mean over all pictures and poses is common to all, so it is no sign that two are the same.
    common = np.mean([pose.mean(axis=0) for pose in turned], axis=0) if n > 2 else np.zeros((SIDE, SIDE), np.float32)
    own = _unit(base - common)
    for pose in turned[1:]:
        alike = own @ _unit(pose - common).T > SAME_TURNED
        linked |= alike | alike.T
    return _components(linked)


def _unit(pictures: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    flat = pictures.reshape(len(pictures), -1)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.asarray(flat / np.where(length > 1e-6, length, np.inf), np.float32)


def _components(linked: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    group = np.full(len(linked), -1, np.int64)
    count = 0
    for first in range(len(linked)):
        if group[first] >= 0:
            continue
        front = [first]
        group[first] = count
        while front:
            fresh = np.flatnonzero(linked[front.pop()] & (group < 0))
            group[fresh] = count
            front.extend(fresh.tolist())
        count += 1
    return group
