"""Exact Gaussian kernel density: scikit-learn's KernelDensity(kernel="gaussian") without scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]
"""float32 (n, d): one point per row."""


class GaussianKDE:
    """The log density of a point under n training points: the mean of n Gaussians of one bandwidth.

    `points` is float32 (n, d); a float64 copy is kept. Equal to scikit-learn's `score_samples` to 1e-6 of the
    larger of its value and the Gaussian's constant term.
    """

    def __init__(self, points: Rows, bandwidth: float) -> None:
        if points.ndim != 2 or points.shape[0] == 0:
            raise ValueError(f"points must be (n, d) with n > 0, not {points.shape}")
        # float64, because |t|^2 - 2 t.x + |x|^2 cancels; centred, because small norms cancel less.
        self._centre = points.mean(axis=0, dtype=np.float64)
        self._points = points.astype(np.float64) - self._centre
        self._norms = np.einsum("ij,ij->i", self._points, self._points)
        self._exponent = -0.5 / bandwidth**2
        n, d = points.shape
        self._constant = -math.log(n) - d * math.log(bandwidth * math.sqrt(2 * math.pi))

    def log_density(self, point: npt.NDArray[np.float32]) -> float:
        """The natural logarithm of the density at `point`, float32 (d,)."""
        centred = point - self._centre
        squared = np.maximum(self._norms - 2.0 * (self._points @ centred) + centred @ centred, 0.0)
        exponents = self._exponent * squared
        top = float(exponents.max())
        return float(top + math.log(np.exp(exponents - top).sum()) + self._constant)
