"""Feature maps -> the vectors that the densities and the linear autoencoders work on."""

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
FINE = 14


@dataclass(frozen=True)
class Layout:
    """Which feature maps there are, and which of them serve which score."""

    channels: tuple[int, ...]
    """Channels of each tap."""
    grids: tuple[int, ...]
    """The grid on which the mean and standard deviation of each tap are taken; divides the tap's own."""
    coarse: tuple[int, ...]
    """The taps of the coarse linear autoencoder, at 7x7."""
    fine: tuple[int, ...]
    """The taps of the fine linear autoencoder and of the map for the eye, at 14x14, and of the Gaussian per cell,
    at 7x7."""
    fine_cells: tuple[int, ...]
    """The last of `fine`: the taps of the finer Gaussian per cell, at 14x14."""

    @property
    def fine_cell_channels(self) -> int:
        return sum(self.channels[tap] for tap in self.fine_cells)


class Extractor(Protocol):
    """Picture -> feature maps; used by one thread at a time."""

    layout: Layout

    def taps(self, picture: Picture) -> Taps: ...


@dataclass(frozen=True)
class Pooled:
    """What is kept of one picture (or, with a leading axis, of many)."""

    statistics: Floats
    """(2, c): mean and standard deviation of every channel."""
    local: Floats
    """(49, channels of `layout.fine`)"""
    coarse: Floats
    """(49, channels of `layout.coarse`)"""
    fine: Floats
    """(196, channels of `layout.fine`)"""

    def arrays(self) -> tuple[Floats, Floats, Floats, Floats]:
        return self.statistics, self.local, self.coarse, self.fine

    def at(self, index: int | None) -> Pooled:
        """One of many; None makes many of the one."""
        return Pooled(*(array[index] for array in self.arrays()))


def pool(taps: Taps, layout: Layout) -> Pooled:
    """The vectors of one picture, not yet normalised."""
    # Each average is taken of the one before, which is smaller.
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
    """(c,) the standard deviation of every channel over pictures and places, from (n, 2, c) statistics.

    A channel that never varies where its tap does (colour, in grey pictures) is not blown up to the size of the others.
    """
    means, deviations = statistics[:, 0].astype(np.float64), statistics[:, 1].astype(np.float64)
    variance = np.mean(deviations**2, axis=0) + np.var(means, axis=0)
    ends = np.cumsum(layout.channels)
    for start, end in zip(ends - layout.channels, ends, strict=True):
        tap = variance[start:end]
        tap[:] = np.maximum(tap, 1e-4 * tap.mean() + 1e-12)
    return np.asarray(np.sqrt(variance), dtype=np.float32)


def normalised(pooled: Pooled, scale: Floats, layout: Layout) -> Pooled:
    """The same in units of the channels' standard deviations; works with and without a leading axis."""
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
