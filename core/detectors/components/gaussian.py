"""Squared Mahalanobis distances to Gaussians whose covariance is low-rank plus a multiple of the identity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.features.image.pooling import Floats


@dataclass(frozen=True)
class Gaussians:
    """`g` independent Gaussians over `p` numbers: one for the whole picture, or one per cell.

    The covariance is basis' diag(variance - rest) basis + rest * identity: if there are fewer pictures than numbers
    this is exact for a sample covariance shrunk towards the identity, and takes far less memory.
    """

    mean: Floats
    """(g, p)"""
    basis: Floats
    """(g, r, p), orthonormal rows"""
    variance: Floats
    """(g, r) variance along each basis vector"""
    rest: Floats
    """(g,) variance along all other directions"""

    def squared_distances(self, x: npt.NDArray[np.floating]) -> Floats:
        """Squared Mahalanobis distances, float32 (m, g), of vectors (m, g, p)."""
        centred = np.swapaxes(x - self.mean, 0, 1)
        along = centred @ np.swapaxes(self.basis, 1, 2)
        beside = np.sum(centred**2, axis=2) - np.sum(along**2, axis=2)
        distances = np.sum(along**2 / self.variance[:, None, :], axis=2) + np.maximum(beside, 0) / self.rest[:, None]
        return np.asarray(distances.T, dtype=np.float32)
