"""Exact Gaussian kernel density: scikit-learn's KernelDensity(kernel="gaussian") without scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]
"""float32 (n, d): one point a row."""


class GaussianKDE:
    """The log density of a point under n taught ones: the mean of n Gaussians of one bandwidth.

    `points` float32 (n, d). Memory: one more copy of them. Equal to scikit-learn's `score_samples` to 1e-6 of the
    larger of its value and the Gaussian's constant term.
    """

    def __init__(self, points: Rows, bandwidth: float) -> None:
        if points.ndim != 2 or points.shape[0] == 0:
            raise ValueError(f"points must be (n, d) with n > 0, not {points.shape}")
        # Distances do not change when everything is moved by the mean; but the norms get small, and with them what is
        # lost in float32 when |t|^2 - 2 t.x + |x|^2 cancels.
        self._centre = points.mean(axis=0, dtype=np.float64)
        self._points = (points - self._centre).astype(np.float32)
        self._norms = _squared_norms(self._points)
        self._exponent = -0.5 / bandwidth**2
        n, d = points.shape
        self._constant = -math.log(n) - d * math.log(bandwidth * math.sqrt(2 * math.pi))

    def log_density(self, point: npt.NDArray[np.float32]) -> float:
        """The natural logarithm of the density at `point`, float32 (d,)."""
        moved = (point - self._centre).astype(np.float32)
        products = (self._points @ moved).astype(np.float64)
        squared = np.maximum(self._norms - 2.0 * products + float(_squared_norms(moved[None])[0]), 0.0)
        exponents = self._exponent * squared
        top = float(exponents.max())
        return top + math.log(float(np.exp(exponents - top).sum())) + self._constant


def _squared_norms(rows: Rows) -> npt.NDArray[np.float64]:
    return np.asarray(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
