"""Small pictures for an HTML page, with the anomaly map laid over them."""

from __future__ import annotations

import base64

import numpy as np

from core.runtime.opencv import cv2
from core.samples import AnomalyMap, Picture

WIDTH = 170
"""Pixels of the width of a picture."""
USUAL, FAR = 1.0, 7.0
"""Values of a map from which on a place is coloured, and coloured fully."""


def data_uri(picture: Picture, map: AnomalyMap | None = None) -> str:
    """Return a JPEG as a data: address: the picture (BGR, uint8) and, if there is a map, beside it the picture with the
    map laid over in red. Empty if OpenCV cannot encode it."""
    height = max(1, round(WIDTH * picture.shape[0] / picture.shape[1]))
    small = cv2.resize(picture, (WIDTH, min(height, 2 * WIDTH)), interpolation=cv2.INTER_AREA)
    if map is not None:
        small = np.hstack([small, np.full((small.shape[0], 4, 3), 128, np.uint8), overlaid(small, map)])
    done, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 78])
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode() if done else ""


def overlaid(picture: Picture, map: AnomalyMap) -> Picture:
    """Return the picture in grey (uint8, same shape), with red where the map says that it differs from the good
    ones."""
    height, width = picture.shape[:2]
    grey = np.repeat(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)[:, :, None], 3, axis=2).astype(np.float32)
    known = np.nan_to_num(map, nan=FAR, posinf=FAR, neginf=0.0)
    far = cv2.resize(known, (width, height), interpolation=cv2.INTER_LINEAR)
    opacity = 0.7 * np.clip((far - USUAL) / (FAR - USUAL), 0, 1)[:, :, None]
    red = np.array([30, 30, 235], np.float32)
    return np.asarray(grey * (1 - opacity) + red * opacity, np.uint8)
