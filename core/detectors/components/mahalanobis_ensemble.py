"""Mahalanobis distances of one vector by several models, each trained without another part of the good sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.features.sound.mel import Floats


@dataclass(frozen=True)
class MahalanobisHead:
    """k models of one vector of p numbers."""

    centre: Floats
    """(k, p)"""
    spread: Floats
    """(k, p) standard deviations."""
    whitening: Floats
    """(k, p, p): the distance of z is the root mean square of z @ whitening."""
    typical: float
    """The median of the held-out distances."""
    unit: float
    """Unit of the score: the 90 % quantile of the held-out distances minus their median."""

    def distances(self, x: Floats) -> npt.NDArray[np.float64]:
        """Distances, float64 (k,), of one vector (p,), one per model."""
        white = np.matmul(self._standardise(x)[:, None], self.whitening)[:, 0]
        return np.asarray(np.sqrt(np.mean(np.square(white, dtype=np.float64), axis=1)))

    def score(self, x: Floats) -> float:
        """The mean distance, higher is more anomalous: 0 for a typical good window, 1 if one in ten is as far."""
        return (float(self.distances(x).mean()) - self.typical) / self.unit

    def shares(self, x: Floats) -> npt.NDArray[np.float64]:
        """The share of each number in the squared distance, float64 (p,), mean of all models; may be negative."""
        z = self._standardise(x)
        gradient = np.matmul(self.whitening, np.matmul(z[:, None], self.whitening).transpose(0, 2, 1))[:, :, 0]
        return np.asarray((z * gradient).mean(axis=0), np.float64)

    def _standardise(self, x: Floats) -> Floats:
        return (x - self.centre) / self.spread

    def to_arrays(self, name: str) -> dict[str, npt.NDArray[np.generic]]:
        """The arrays for a bundle, named `{name}_centre` and so on."""
        scale = np.array([self.typical, self.unit])
        parts = {"centre": self.centre, "spread": self.spread, "whitening": self.whitening, "scale": scale}
        return {f"{name}_{part}": array for part, array in parts.items()}

    @classmethod
    def from_arrays(cls, name: str, arrays: Mapping[str, npt.NDArray[np.generic]]) -> MahalanobisHead:
        """The head stored by `to_arrays` under `name`. Raises KeyError if an array is missing."""
        centre, spread, whitening = (
            np.asarray(arrays[f"{name}_{part}"], np.float32) for part in ("centre", "spread", "whitening")
        )
        typical, unit = (float(v) for v in np.asarray(arrays[f"{name}_scale"], np.float64))
        return cls(centre, spread, whitening, typical, unit)
