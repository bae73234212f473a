"""A linear autoencoder over a grid of cells, and how unusual its error is in each cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.features.image.pooling import Floats

LEAST = np.float32(1e-6)
"""Smallest relative error; keeps the logarithm finite."""


@dataclass(frozen=True)
class LinearAutoencoder:
    """Projects (cells, c) numbers onto `k` components and back."""

    mean: Floats
    """(cells * c,)"""
    components: Floats
    """(k, cells * c), orthonormal rows"""

    def redraw(self, x: Floats) -> Floats:
        """Reconstructions, float32 (m, cells, c), of samples (m, cells, c)."""
        centred = x.reshape(len(x), -1) - self.mean
        return np.asarray((self.mean + (centred @ self.components.T) @ self.components).reshape(x.shape), np.float32)

    def squared_errors(self, x: Floats) -> Floats:
        """Squared reconstruction errors (m, cells, c) of samples (m, cells, c)."""
        residual = x.reshape(len(x), -1) - self.mean
        residual -= (residual @ self.components.T) @ self.components
        np.square(residual, out=residual)
        return residual.reshape(x.shape)


@dataclass(frozen=True)
class UsualError:
    """The errors of good samples that were held out of training."""

    channel: Floats
    """(c,) mean squared error per channel"""
    cell_mean: Floats
    """(cells,) mean of the log of the relative error, shrunk towards that of all cells if pictures are few"""
    cell_spread: Floats
    """(cells,) its standard deviation, shrunk likewise"""

    def log_errors(self, squared: Floats) -> Floats:
        """Log of the squared errors (m, cells, c), each channel relative to its usual error: (m, cells)."""
        return relative_log_errors(squared, self.channel)

    def unusual(self, log_errors: Floats) -> Floats:
        """How unusual the log errors (m, cells) are, same shape: 0 is usual, 1 is one standard deviation more."""
        return (log_errors - self.cell_mean) / self.cell_spread


def relative_log_errors(squared: Floats, channel: Floats) -> Floats:
    """Log errors, float32 (m, cells), of squared errors (m, cells, c) relative to the usual ones (c,) per channel."""
    relative = squared @ (1 / (channel * len(channel)))
    return np.asarray(np.log(np.maximum(relative, LEAST)), dtype=np.float32)


def hottest(cells: Floats, count: int = 2) -> Floats:
    """Mean of the `count` highest cells, float32 (m,), of (m, cells)."""
    return np.asarray(np.sort(cells, axis=1)[:, -count:].mean(axis=1), dtype=np.float32)
