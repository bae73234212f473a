"""A linear autoencoder over a grid of cells, and how unusual the error is that it leaves in each cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.features.image.pooling import Floats

LEAST = np.float32(1e-6)
"""Below this a relative error counts as none; keeps the logarithm finite."""


@dataclass(frozen=True)
class LinearAutoencoder:
    """Projects (cells, c) numbers on `k` components and back."""

    mean: Floats
    """(cells * c,)"""
    components: Floats
    """(k, cells * c), orthonormal rows"""

    def redraw(self, x: Floats) -> Floats:
        """(m, cells, c): what comes back of samples (m, cells, c)."""
        centred = x.reshape(len(x), -1) - self.mean
        return np.asarray((self.mean + (centred @ self.components.T) @ self.components).reshape(x.shape), np.float32)

    def squared_errors(self, x: Floats) -> Floats:
        """(m, cells, c) of samples (m, cells, c)."""
        residual = x.reshape(len(x), -1) - self.mean
        residual -= (residual @ self.components.T) @ self.components
        np.square(residual, out=residual)
        return residual.reshape(x.shape)


@dataclass(frozen=True)
class UsualError:
    """What errors good samples have that were not learnt from."""

    channel: Floats
    """(c,) mean squared error of every channel"""
    cell_mean: Floats
    """(cells,) mean of the log of the relative error, drawn towards that of all cells where pictures are few"""
    cell_spread: Floats
    """(cells,) its spread, likewise"""

    def log_errors(self, squared: Floats) -> Floats:
        """(m, cells): log of the squared errors (m, cells, c), each channel relative to its usual one."""
        return relative_log_errors(squared, self.channel)

    def unusual(self, log_errors: Floats) -> Floats:
        """(m, cells): 0 is usual, 1 a standard deviation more."""
        return (log_errors - self.cell_mean) / self.cell_spread


def relative_log_errors(squared: Floats, channel: Floats) -> Floats:
    """(m, cells) of squared errors (m, cells, c) and the usual squared error (c,) of every channel."""
    relative = squared @ (1 / (channel * len(channel)))
    return np.asarray(np.log(np.maximum(relative, LEAST)), dtype=np.float32)


def hottest(cells: Floats, count: int = 2) -> Floats:
    """(m,) mean of the `count` highest of (m, cells)."""
    return np.asarray(np.sort(cells, axis=1)[:, -count:].mean(axis=1), dtype=np.float32)
