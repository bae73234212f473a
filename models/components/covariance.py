"""Fits Gaussians with shrunk covariances; if there are fewer samples than dimensions, through the Gram matrix."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.detectors.components.gaussian import Gaussians

LEAST_VARIANCE = 1e-6
"""In squares of a channel's standard deviation: keeps the variance above 0 if all pictures are the same."""
SHRINKAGE = 0.1
"""Weight of the scaled identity in a covariance, 0..1."""


def ledoit_wolf(x: npt.NDArray[np.floating]) -> float:
    """Return the shrinkage, 0..1, of the sample covariance of (n, p) towards trace/p times the identity.

    Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices" (2004). If n < p, the
    Gram matrix replaces the covariance: its squared norm is the same. Returns 1 if there is no variance.
    """
    n, p = x.shape
    centred = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    small = (centred @ centred.T if n < p else centred.T @ centred) / n
    mean = float(np.sum(centred**2)) / n / p
    norm = float(np.sum(small**2))
    noise = (float(np.sum(np.sum(centred**2, axis=1) ** 2)) / n - norm) / n / p
    distance = norm / p - mean**2
    return float(np.clip(noise / distance, 0, 1)) if distance > 0 else 1.0


def fit_gaussians(
    x: npt.NDArray[np.floating],
    shrinkage: float | None = SHRINKAGE,
    chosen: npt.NDArray[np.bool_] | slice = slice(None),
) -> Gaussians:
    """Fit one Gaussian per column of x (n, g, p), with covariance (1 - shrinkage) S + shrinkage tr(S)/p identity.

    If `shrinkage` is None, each column gets its own by Ledoit and Wolf. Only the `chosen` of the n samples count; they
    are copied one column at a time, which keeps the memory small.
    """
    groups, p = x.shape[1:]
    n = len(x[chosen, 0])
    rank = max(1, min(n - 1, p))
    mean = np.empty((groups, p), np.float32)
    basis = np.empty((groups, rank, p), np.float32)
    variance = np.empty((groups, rank), np.float32)
    rest = np.empty(groups, np.float32)
    for group in range(groups):
        values = x[chosen, group].astype(np.float64)
        centre = values.mean(axis=0)
        share = ledoit_wolf(values) if shrinkage is None else shrinkage
        eigenvalues, vectors = principal_axes(values - centre, rank)
        floor = share * float(np.sum(eigenvalues)) / p + LEAST_VARIANCE
        mean[group], basis[group] = centre, vectors
        variance[group], rest[group] = (1 - share) * eigenvalues + floor, floor
    return Gaussians(mean, basis, variance, rest)


def principal_axes(
    centred: npt.NDArray[np.floating], count: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.floating]]:
    """Return the `count` largest eigenvalues of the covariance of centred samples (n, p), and their orthonormal axes
    (count, p).

    If the samples span fewer than `count` directions, the remaining axes and eigenvalues are zero.
    """
    n, p = centred.shape
    if n < p:
        values, weights = np.linalg.eigh((centred @ centred.T).astype(np.float64) / n)
        values, weights = values[::-1][:count], weights[:, ::-1][:, :count]
        lengths = np.sqrt(np.maximum(values, 0) * n)
        real = lengths > 1e-5 * lengths[:1]
        weights = np.where(real, weights / np.where(real, lengths, 1), 0).astype(centred.dtype)
        axes = weights.T @ centred
    else:
        values, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64) / n)
        values, axes = values[::-1][:count], vectors.T[::-1][:count].astype(centred.dtype)
        real = values > 1e-10 * values[:1]
        axes = np.where(real[:, None], axes, 0)
    return np.where(real, values, 0), axes
