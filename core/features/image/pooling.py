"""Pools feature maps to the vectors that the densities and the linear autoencoders use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.samples import Picture

Floats = npt.NDArray[np.float32]
Taps = list[Floats]
"""Feature maps, float32 (height, width, channels), from fine to coarse."""

COARSE = 7
"""Cells per side of the coarse grid."""
FINE = 14
"""Cells per side of the fine grid."""


@dataclass(frozen=True)
class Layout:
    """The feature maps of an extractor, and which of them each score uses."""

    channels: tuple[int, ...]
    """Number of channels of each tap."""
    grids: tuple[int, ...]
    """Cells per side of the grid for the mean and standard deviation of each tap; divides the tap's side."""
    coarse: tuple[int, ...]
    """The taps of the coarse linear autoencoder, at 7x7."""
    fine: tuple[int, ...]
    """The taps of the fine linear autoencoder and the anomaly map, at 14x14, and of the Gaussian per cell, at 7x7."""
    fine_cells: tuple[int, ...]
    """The taps of the Gaussian per cell at 14x14; the last ones of `fine`."""

    @property
    def fine_cell_channels(self) -> int:
        """Channels of all taps of `fine_cells` together."""
        return sum(self.channels[tap] for tap in self.fine_cells)


class Extractor(Protocol):
    """Computes feature maps; used by one thread at a time."""

    layout: Layout

    def taps(self, picture: Picture) -> Taps:
        """The feature maps of a picture of any size."""


@dataclass(frozen=True)
class Pooled:
    """The vectors of one picture; with a leading axis, of many."""

    statistics: Floats
    """(2, c): mean and standard deviation of each channel"""
    local: Floats
    """(49, channels of `layout.fine`)"""
    coarse: Floats
    """(49, channels of `layout.coarse`)"""
    fine: Floats
    """(196, channels of `layout.fine`)"""

    def arrays(self) -> tuple[Floats, Floats, Floats, Floats]:
        """All fields in order."""
        return self.statistics, self.local, self.coarse, self.fine

    def at(self, index: int | None) -> Pooled:
        """The vectors of picture `index`; None adds a leading axis of length 1 to those of a single picture."""
        return Pooled(*(array[index] for array in self.arrays()))


def pool(taps: Taps, layout: Layout) -> Pooled:
    """The vectors of one picture from its feature maps, not yet normalised."""
    # Average in steps: each starts from the smaller result of the one before.
    taps = [_averaged(tap, grid) for tap, grid in zip(taps, layout.grids, strict=True)]
    fine = np.concatenate([_averaged(taps[tap], FINE) for tap in layout.fine], axis=2)
    coarse = np.concatenate([_averaged(taps[tap], COARSE) for tap in layout.coarse], axis=2)
    return Pooled(
        statistics=np.concatenate([_statistics(tap) for tap in taps], axis=1),
        local=_averaged(fine, COARSE).reshape(COARSE * COARSE, -1),
        coarse=coarse.reshape(COARSE * COARSE, -1),
        fine=fine.reshape(FINE * FINE, -1),
    )


def channel_scale(statistics: Floats, layout: Layout) -> Floats:
    """The standard deviation of each channel over pictures and places, float32 (c,), from statistics (n, 2, c).

    A lower limit keeps a nearly constant channel (colour, in grey pictures) from being scaled up to the size of others.
    """
    means, deviations = statistics[:, 0].astype(np.float64), statistics[:, 1].astype(np.float64)
    variance = np.mean(deviations**2, axis=0) + np.var(means, axis=0)
    ends = np.cumsum(layout.channels)
    for start, end in zip(ends - layout.channels, ends, strict=True):
        tap = variance[start:end]
        tap[:] = np.maximum(tap, 1e-4 * tap.mean() + 1e-12)
    return np.asarray(np.sqrt(variance), dtype=np.float32)


def normalised(pooled: Pooled, scale: Floats, layout: Layout) -> Pooled:
    """The vectors divided by `scale` (c,), the channels' standard deviations; with or without a leading axis."""
    starts = np.cumsum((0, *layout.channels))

    def of(taps: tuple[int, ...]) -> Floats:
        return np.concatenate([scale[starts[tap] : starts[tap + 1]] for tap in taps])

    return Pooled(
        statistics=pooled.statistics / scale,
        local=pooled.local / of(layout.fine),
        coarse=pooled.coarse / of(layout.coarse),
        fine=pooled.fine / of(layout.fine),
    )


def _averaged(tap: Floats, grid: int) -> Floats:
    height, width, channels = tap.shape
    if (height, width) == (grid, grid):
        return tap
    blocks = tap.reshape(grid, height // grid, grid, width // grid, channels)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)


def _statistics(tap: Floats) -> Floats:
    pixels = tap.reshape(-1, tap.shape[2])
    # A product with a vector of ones is several times faster than mean() along the long axis.
    weights = np.full(len(pixels), 1 / len(pixels), dtype=np.float32)
    mean = weights @ pixels
    return np.stack([mean, np.sqrt(weights @ (pixels - mean) ** 2)])
