"""The features used without a backbone: brightness, colour, edges and texture at three scales; nothing is trained."""

from __future__ import annotations

import numpy as np

from core.features.image.picture import resized
from core.features.image.pooling import Floats, Layout, Taps
from core.runtime.opencv import cv2
from core.samples import Picture

NAME = "filter bank (no backbone)"
SIDE = 224
POOLING = 4
"""Pixels per cell: each feature map has a quarter of the side of its picture."""
ORIENTATIONS = 4
FAINT = 4.0
"""Grey levels; weaker edges count as noise."""
_CHANNELS = 3 + 1 + 2 + ORIENTATIONS

# One feature map each of the picture at 224x224, 112x112 and 56x56.
LAYOUT = Layout(channels=(_CHANNELS,) * 3, grids=(28, 28, 14), coarse=(0, 1, 2), fine=(0, 1, 2), fine_cells=(0, 1, 2))


class FilterBank:
    """An Extractor of colour, contrast, gradients and Gabor energies."""

    layout = LAYOUT

    def __init__(self) -> None:
        angles = np.arange(ORIENTATIONS) * np.pi / ORIENTATIONS
        self._kernels = [_gabor(angle) for angle in angles]

    def taps(self, picture: Picture) -> Taps:
        """The feature maps of a picture of any size: float32 (56, 56, c), (28, 28, c) and (14, 14, c)."""
        small = resized(picture, SIDE)
        taps = []
        for _ in LAYOUT.channels:
            taps.append(self._responses(small))
            small = cv2.resize(small, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        return taps

    def _responses(self, picture: Picture) -> Floats:
        """(side / 4, side / 4, c) of a uint8 RGB picture."""
        rgb = picture.astype(np.float32)
        red, green, blue = cv2.split(rgb)
        grey = rgb.mean(axis=2)
        mean = cv2.blur(grey, (5, 5))
        contrast = np.sqrt(np.maximum(cv2.blur(grey * grey, (5, 5)) - mean * mean, 0))
        edges = [contrast, cv2.Scharr(grey, cv2.CV_32F, 1, 0) / 16, cv2.Scharr(grey, cv2.CV_32F, 0, 1) / 16]
        edges += [cv2.filter2D(grey, cv2.CV_32F, kernel) for kernel in self._kernels]
        channels = [grey, red - green, (red + green) / 2 - blue, *(np.log(np.abs(edge) + FAINT) for edge in edges)]
        side = len(picture) // POOLING
        averaged = [cv2.resize(channel, (side, side), interpolation=cv2.INTER_AREA) for channel in channels]
        return np.dstack([cv2.blur(channel, (3, 3)) for channel in averaged]).astype(np.float32)


def _gabor(angle: float) -> Floats:
    """An odd Gabor kernel (9, 9) of about 6 pixels wavelength, with mean 0 and absolute sum 1."""
    kernel = cv2.getGaborKernel((9, 9), sigma=2.0, theta=angle, lambd=6.0, gamma=0.7, psi=0.0)
    kernel -= kernel.mean()
    return np.asarray(kernel / np.abs(kernel).sum(), dtype=np.float32)
