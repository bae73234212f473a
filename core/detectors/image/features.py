"""The method `features`: densities and a linear autoencoder over frozen feature maps.

density = minus the mean of the z of the logs of three squared Mahalanobis distances: of the mean and standard deviation
of every channel (global), and of the two farthest cells at 7x7 and at 14x14 (local; Defard et al. 2020, PaDiM, in
small).
reconstruction error = how unusual the errors are that two linear autoencoders leave, each in the two worst cells: one
of deep features at 7x7, and, with three times the weight, one of shallow features at 14x14, which sees what is small.
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
ERROR_WEIGHTS = (0.5, 1.5)
"""Of the coarse and the fine autoencoder, in spreads of theirs. Both together count twice what the density counts."""


@dataclass(frozen=True)
class DensityScale:
    """Held-out mean and spread of the log distances: column 0 global, 1 at 7x7, 2 at 14x14."""

    mean: Floats
    """(3,)"""
    spread: Floats
    """(3,)"""

    def densities(self, log_distances: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """(m,) of (m, 3)."""
        z = (log_distances.astype(np.float64) - self.mean) / self.spread
        return np.asarray(-z.mean(axis=1))


@dataclass(frozen=True)
class ErrorScale:
    """Held-out spread of how unusual the worst cells are: column 0 at 7x7, 1 at 14x14."""

    spread: Floats
    """(2,)"""

    def errors(self, unusual: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """(m,) of (m, 2)."""
        return np.asarray((unusual.astype(np.float64) / self.spread) @ ERROR_WEIGHTS)


@dataclass(frozen=True)
class FeaturesModel:
    """All that is learnt; in a bundle every number lies under `part.field`."""

    channels: Floats
    """(c,) what the feature maps are divided by"""
    whole: Gaussians
    """One, over the channels' means and standard deviations"""
    cells: Gaussians
    """One for each of 7x7 cells"""
    fine_cells: Gaussians
    """One for each of 14x14 cells"""
    density: DensityScale
    coarse: LinearAutoencoder
    coarse_usual: UsualError
    fine: LinearAutoencoder
    fine_usual: UsualError
    error: ErrorScale

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        arrays: dict[str, npt.NDArray[np.generic]] = {"channels": self.channels}
        for part, kind in _PARTS.items():
            for field in fields(kind):
                arrays[f"{part}.{field.name}"] = getattr(getattr(self, part), field.name)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> FeaturesModel:
        """Raises GoodpartError when one is missing."""
        try:
            parts: dict[str, Any] = {
                part: kind(**{field.name: arrays[f"{part}.{field.name}"] for field in fields(kind)})
                for part, kind in _PARTS.items()
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
    """What sees, and its name: the backbone, or the filter bank where there is none."""
    return (Backbone(backbone), BACKBONE) if backbone is not None else (FilterBank(), FILTER_BANK)


def log_distances(whole: Gaussians, cells: Gaussians, fine_cells: Gaussians, vectors: Pooled) -> Floats:
    """(m, 3) global, at 7x7 and at 14x14, of the normalised vectors of m pictures."""
    flat = vectors.statistics.reshape(len(vectors.statistics), 1, -1)
    fine = vectors.fine[:, :, -fine_cells.mean.shape[1] :]
    distances = (
        whole.squared_distances(flat)[:, 0],
        hottest(cells.squared_distances(vectors.local)),
        hottest(fine_cells.squared_distances(fine)),
    )
    return np.log(np.maximum(np.stack(distances, axis=1), LEAST_DISTANCE))


class FeaturesDetector:
    """Runs a trained model of the method `features`; numpy and LiteRT only."""

    method = "features"

    def __init__(
        self,
        arrays: Mapping[str, npt.NDArray[np.generic]],
        networks: Mapping[str, bytes],
        settings: Mapping[str, object],
    ) -> None:
        """`networks` holds the `backbone`, or nothing for the filter bank, and `settings` says which it is.

        Raises GoodpartError when they do not belong together.
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
        """The strength of the finer feature map, 14x14: the root of the mean square over its channels."""
        layout = self._extractor.layout
        vectors = normalised(pool(self._extractor.taps(picture), layout).at(None), self._model.channels, layout)
        seen, redrawn = (
            np.sqrt(np.mean(x[0] ** 2, axis=1)).reshape(FINE, FINE)
            for x in (vectors.fine, self._model.fine.redraw(vectors.fine))
        )
        return "feature map", seen, redrawn
