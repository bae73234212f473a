"""The method `features`: densities and a linear autoencoder over frozen feature maps.

density = minus the mean z-score of the logs of three squared Mahalanobis distances: that of the mean and standard
deviation of every channel (global), and those of the two farthest cells at 7x7 and at 14x14 (local; a small version of
PaDiM, Defard et al. 2020).
reconstruction error = how unusual the errors of two linear autoencoders are, each in its two worst cells: one over deep
features at 7x7 and, with three times the weight, one over shallow features at 14x14, which shows small defects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from core.detectors.components.gaussian import Gaussians
from core.detectors.components.linear_autoencoder import LinearAutoencoder, UsualError, hottest
from core.detectors.image.base import ImageScores
from core.errors import GoodpartError
from core.features.image.backbone import NAME as BACKBONE
from core.features.image.backbone import Backbone
from core.features.image.filter_bank import NAME as FILTER_BANK
from core.features.image.filter_bank import FilterBank
from core.features.image.pooling import FINE, Extractor, Floats, Pooled, normalised, pool
from core.samples import Picture

LEAST_DISTANCE = 1e-6
"""Smallest squared distance; keeps the logarithm finite."""
ERROR_WEIGHTS = (0.5, 1.5)
"""Weights of the coarse and the fine autoencoder, per standard deviation; together twice the weight of the density."""


@dataclass(frozen=True)
class DensityScale:
    """Mean and standard deviation of the log distances of held-out pictures: 0 global, 1 at 7x7, 2 at 14x14."""

    mean: Floats
    """(3,)"""
    spread: Floats
    """(3,)"""

    def densities(self, log_distances: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Densities, float64 (m,), of log distances (m, 3)."""
        z = (log_distances.astype(np.float64) - self.mean) / self.spread
        return np.asarray(-z.mean(axis=1))


@dataclass(frozen=True)
class ErrorScale:
    """Standard deviation of how unusual the worst cells of held-out pictures are: 0 at 7x7, 1 at 14x14."""

    spread: Floats
    """(2,)"""

    def errors(self, unusual: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Reconstruction errors, float64 (m,), of unusualness (m, 2)."""
        return np.asarray((unusual.astype(np.float64) / self.spread) @ ERROR_WEIGHTS)


@dataclass(frozen=True)
class FeaturesModel:
    """All that is learnt; a bundle stores each array under the name `part.field`."""

    channels: Floats
    """(c,) divisor of each channel of the feature maps"""
    whole: Gaussians
    """One Gaussian over the channels' means and standard deviations"""
    cells: Gaussians
    """One Gaussian per cell of 7x7"""
    fine_cells: Gaussians
    """One Gaussian per cell of 14x14"""
    density: DensityScale
    coarse: LinearAutoencoder
    coarse_usual: UsualError
    fine: LinearAutoencoder
    fine_usual: UsualError
    error: ErrorScale

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """The arrays for a bundle."""
        arrays: dict[str, npt.NDArray[np.generic]] = {"channels": self.channels}
        for part, part_type in _PARTS.items():
            for field in fields(part_type):
                arrays[f"{part}.{field.name}"] = getattr(getattr(self, part), field.name)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> FeaturesModel:
        """The model stored by `to_arrays`. Raises GoodpartError if an array is missing."""
        try:
            parts: dict[str, Any] = {
                part: part_type(**{field.name: arrays[f"{part}.{field.name}"] for field in fields(part_type)})
                for part, part_type in _PARTS.items()
            }
            return cls(channels=arrays["channels"], **parts)  # type: ignore[arg-type]
        except KeyError as error:
            raise GoodpartError(f"the trained model lacks {error.args[0]}: train again") from error


_PARTS: Mapping[str, Any] = {
    "whole": Gaussians,
    "cells": Gaussians,
    "fine_cells": Gaussians,
    "density": DensityScale,
    "coarse": LinearAutoencoder,
    "coarse_usual": UsualError,
    "fine": LinearAutoencoder,
    "fine_usual": UsualError,
    "error": ErrorScale,
}


def make_extractor(backbone: bytes | None) -> tuple[Extractor, str]:
    """The feature extractor and its name: the backbone, or the filter bank if `backbone` is None."""
    return (Backbone(backbone), BACKBONE) if backbone is not None else (FilterBank(), FILTER_BANK)


def log_distances(whole: Gaussians, cells: Gaussians, fine_cells: Gaussians, vectors: Pooled) -> Floats:
    """Log squared distances, (m, 3): global, at 7x7 and at 14x14; of the normalised vectors of m pictures."""
    flat = vectors.statistics.reshape(len(vectors.statistics), 1, -1)
    fine = vectors.fine[:, :, -fine_cells.mean.shape[1] :]
    distances = (
        whole.squared_distances(flat)[:, 0],
        hottest(cells.squared_distances(vectors.local)),
        hottest(fine_cells.squared_distances(fine)),
    )
    return np.log(np.maximum(np.stack(distances, axis=1), LEAST_DISTANCE))


class FeaturesDetector:
    """An ImageDetector of the method `features`; needs only NumPy and LiteRT."""

    method = "features"

    def __init__(
        self,
        arrays: Mapping[str, npt.NDArray[np.generic]],
        networks: Mapping[str, bytes],
        settings: Mapping[str, object],
    ) -> None:
        """`networks` holds `backbone`, or is empty for the filter bank; `settings["backbone"]` is the extractor's name.

        Raises GoodpartError if arrays, networks and settings do not fit together.
        """
        self._model = FeaturesModel.from_arrays(arrays)
        self._extractor, name = make_extractor(networks.get("backbone"))
        if settings.get("backbone") != name:
            raise GoodpartError(
                f"the trained model needs {settings.get('backbone')}, which it does not hold: train again"
            )
        if len(self._model.channels) != sum(self._extractor.layout.channels):
            raise GoodpartError("the trained model does not fit its backbone: train again")

    def judge(self, picture: Picture) -> ImageScores:
        """The scores of a picture of any size, already cropped to the region of interest."""
        model, layout = self._model, self._extractor.layout
        pooled = pool(self._extractor.taps(picture), layout)
        vectors = normalised(pooled.at(None), model.channels, layout)
        distances = log_distances(model.whole, model.cells, model.fine_cells, vectors)
        density = model.density.densities(distances)
        coarse = model.coarse_usual.unusual(model.coarse_usual.log_errors(model.coarse.squared_errors(vectors.coarse)))
        fine = model.fine_usual.unusual(model.fine_usual.log_errors(model.fine.squared_errors(vectors.fine)))
        error = model.error.errors(np.stack([hottest(coarse), hottest(fine)], axis=1))
        return ImageScores(float(density[0]), float(error[0]), fine[0].reshape(FINE, FINE))

    def redraw(self, picture: Picture) -> tuple[str, Floats, Floats]:
        """The RMS over the channels of the finer feature map and of its reconstruction, float32 (14, 14) each."""
        layout = self._extractor.layout
        vectors = normalised(pool(self._extractor.taps(picture), layout).at(None), self._model.channels, layout)
        original, redrawn = (
            np.sqrt(np.mean(x[0] ** 2, axis=1)).reshape(FINE, FINE)
            for x in (vectors.fine, self._model.fine.redraw(vectors.fine))
        )
        return "feature map", original, redrawn
