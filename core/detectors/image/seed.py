"""The method `seed`: a convolutional autoencoder on 128x128 pixels and a kernel density over its latents."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from core.detectors.components.kde import GaussianKDE
from core.detectors.image.base import ImageScores
from core.features.image.picture import resized
from core.runtime.litert import make_interpreter
from core.runtime.opencv import cv2
from core.samples import AnomalyMap, Picture

SIDE = 128
"""Pixels per side of the network's square input."""
BANDWIDTH = 0.2
"""Of the kernel density, in units of the latents."""
MAP_SIDE = 14
Pixels = npt.NDArray[np.float32]


class SeedDetector:
    """An ImageDetector of the method `seed`.

    Density: the log density of the flattened latent under the training latents. Error: the mean squared error between
    the network's input, 0..1, and its reconstruction (one pass; the original system passed the picture twice).

    arrays: `latents` float32 (n, 4096); `map_mean` and `map_sd` float32 (14, 14), the squared error of good held-out
    pictures by cell. networks: `autoencoder`, LiteRT, input (1, 128, 128, 3), outputs `reconstruction` of the same
    shape and `latent` (1, 16, 16, 16). settings: `bandwidth`.
    """

    method = "seed"

    def __init__(
        self,
        arrays: Mapping[str, npt.NDArray[np.generic]],
        networks: Mapping[str, bytes],
        settings: Mapping[str, object],
    ) -> None:
        """Raises KeyError if an array, network or setting is missing, ValueError if the bandwidth is not positive."""
        self._autoencoder = ConvolutionalAutoencoder(networks["autoencoder"])
        bandwidth = settings["bandwidth"]
        if not isinstance(bandwidth, (int, float)) or not bandwidth > 0:
            raise ValueError(f"bandwidth must be a positive number, not {bandwidth!r}")
        self._kde = GaussianKDE(np.asarray(arrays["latents"], dtype=np.float32), float(bandwidth))
        self._map_mean = np.asarray(arrays["map_mean"], dtype=np.float32)
        self._map_sd = np.asarray(arrays["map_sd"], dtype=np.float32)

    def judge(self, picture: Picture) -> ImageScores:
        """The scores of a picture of any size, already cropped to the region of interest."""
        pixels = to_pixels(picture)
        reconstruction, latent = self._autoencoder.run(pixels)
        squared = (reconstruction - pixels) ** 2
        return ImageScores(
            density=self._kde.log_density(latent),
            reconstruction_error=float(squared.mean(dtype=np.float64)),
            map=(cell_errors(squared) - self._map_mean) / self._map_sd,
        )

    def redraw(self, picture: Picture) -> tuple[str, Pixels, Pixels]:
        """The network's input and its reconstruction in grey, 0..1, float32 (42, 56) each."""
        pixels = to_pixels(picture)
        reconstruction, _ = self._autoencoder.run(pixels)
        original, redrawn = (
            cv2.resize(colour.mean(axis=2), (56, 42), interpolation=cv2.INTER_AREA)
            for colour in (pixels, reconstruction)
        )
        return "picture", original, redrawn


class ConvolutionalAutoencoder:
    """Runs a LiteRT network with the outputs `reconstruction` and `latent` on one core."""

    def __init__(self, network: bytes) -> None:
        self._interpreter = make_interpreter(network)
        self._run = self._interpreter.get_signature_runner()

    def run(self, pixels: Pixels) -> tuple[Pixels, npt.NDArray[np.float32]]:
        """The reconstruction, same shape, and the latent, float32 (4096,), of float32 (128, 128, 3), RGB, 0..1."""
        outputs = self._run(pixels=pixels[None])
        return outputs["reconstruction"][0], outputs["latent"].ravel()


def to_pixels(picture: Picture) -> Pixels:
    """The network's input, float32 (128, 128, 3), RGB, 0..1, of a picture of any size."""
    return resized(picture, SIDE).astype(np.float32) / np.float32(255.0)


def cell_errors(squared: Pixels) -> AnomalyMap:
    """The mean of squared errors (128, 128, 3) over each cell: float32 (14, 14)."""
    pooled = cv2.resize(squared.mean(axis=2), (MAP_SIDE, MAP_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(pooled, dtype=np.float32)
