"""Learns the method `features` from good pictures: no gradient, no TensorFlow, only pooled vectors and linear algebra.

Every picture is also scored by a model that did not learn from its fold, in units which do not come from its fold
either; the thresholds and the usual errors rest on these held-out scores alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.detectors.features import DensityScale, FeaturesModel, log_distances, make_extractor
from core.detectors.linear import LinearAutoencoder, UsualError, hottest, relative_log_errors
from core.errors import GoodpartError
from core.features.picture import crop, decode_picture
from core.features.pooling import COARSE, FINE, Extractor, Floats, Pooled, channel_scale, normalised, pool
from models.base import Learnt, Lesson, Progress
from models.covariance import fit_gaussians, principal_axes

COMPONENTS = 64
LEAST_SPREAD = 0.02
"""Of a log distance: good pictures that are all the same must not make the scale infinite."""
CELL_SPREAD = 0.1
"""Added to the spread of each cell's log error, which is uncertain where pictures are few."""

Folds = npt.NDArray[np.int64]


def learn(lesson: Lesson, progress: Progress, backbone: bytes | None) -> Learnt:
    """Learn from at least 3 pictures. `backbone` is the converted network; None means the filter bank.

    Raises UnreadableError for a picture that cannot be decoded and GoodpartError when there are too few; lets through
    what `progress` raises.
    """
    if len(lesson.pictures) < 3:
        raise GoodpartError(f"{len(lesson.pictures)} good pictures are too few to learn from: teach at least 3")
    extractor, name = make_extractor(backbone)
    notes = []
    if backbone is None:
        notes.append("Without the backbone less is seen: pip install 'goodpart[train]' and train again.")
    folds = lesson.folds
    if len(np.unique(folds)) < 2:
        folds = np.arange(len(folds)) * min(4, len(folds)) // len(folds)
        notes.append("The good pictures are nearly the same: parts that differ a little more will raise false alarms.")

    vectors, scale = _see(lesson, extractor, progress)
    distances = _held_out_distances(vectors, folds, progress)
    held_out_density = np.empty(len(folds))
    for fold in np.unique(folds):
        held = folds == fold
        held_out_density[held] = _density_scale(distances[~held]).densities(distances[held])
    coarse, coarse_usual, held_out_error = _fit_errors(vectors.coarse, folds, COARSE, progress, "autoencoder")
    fine, fine_usual, _ = _fit_errors(vectors.fine, folds, FINE, progress, "map")
    flat = vectors.statistics.reshape(len(folds), 1, -1)
    model = FeaturesModel(
        channels=scale,
        whole=fit_gaussians(flat, shrinkage=None),
        cells=fit_gaussians(vectors.local),
        fine_cells=fit_gaussians(vectors.fine),
        density=_density_scale(distances),
        coarse=coarse,
        coarse_usual=coarse_usual,
        fine=fine,
        fine_usual=fine_usual,
    )
    return Learnt(
        arrays=model.to_arrays(),
        networks={"backbone": backbone} if backbone is not None else {},
        settings={"backbone": name},
        held_out_density=held_out_density,
        held_out_error=held_out_error,
        same_unit=True,
        backbone=name,
        notes=tuple(notes),
    )


def _see(lesson: Lesson, extractor: Extractor, progress: Progress) -> tuple[Pooled, Floats]:
    """The normalised vectors of all pictures (n, ...), and the scale of the channels."""
    n = len(lesson.pictures)
    vectors: Pooled | None = None
    for index, path in enumerate(lesson.pictures):
        progress("pictures", index, n)
        one = pool(extractor.taps(crop(decode_picture(path), lesson.region)), extractor.layout)
        if vectors is None:
            vectors = Pooled(*(np.empty((n, *array.shape), np.float32) for array in one.arrays()))
        _put(vectors, index, one)
    assert vectors is not None
    scale = channel_scale(vectors.statistics, extractor.layout)
    for index in range(n):
        # One by one and in place: there is memory for one copy only.
        _put(vectors, index, normalised(vectors.at(index), scale, extractor.layout))
    return vectors, scale


def _put(vectors: Pooled, index: int, one: Pooled) -> None:
    for many, array in zip(vectors.arrays(), one.arrays(), strict=True):
        many[index] = array


def _held_out_distances(vectors: Pooled, folds: Folds, progress: Progress) -> Floats:
    """(n, 3) log distances of every picture to Gaussians that were fitted without its fold."""
    distances = np.empty((len(folds), 3), np.float32)
    names = np.unique(folds)
    for step, fold in enumerate(names):
        progress("density", step, len(names))
        held = folds == fold
        flat = vectors.statistics[~held].reshape(int(np.sum(~held)), 1, -1)
        whole, cells = fit_gaussians(flat, shrinkage=None), fit_gaussians(vectors.local, chosen=~held)
        fine_cells = fit_gaussians(vectors.fine, chosen=~held)
        distances[held] = log_distances(whole, cells, fine_cells, Pooled(*(many[held] for many in vectors.arrays())))
    return distances


def _density_scale(distances: Floats) -> DensityScale:
    spread = np.maximum(distances.std(axis=0, dtype=np.float64), LEAST_SPREAD)
    return DensityScale(distances.mean(axis=0, dtype=np.float64).astype(np.float32), spread.astype(np.float32))


def _fit_errors(
    x: Floats, folds: Folds, grid: int, progress: Progress, phase: str
) -> tuple[LinearAutoencoder, UsualError, npt.NDArray[np.float64]]:
    """The autoencoder of (n, grid * grid, c), the errors that are usual for it, and (n,) held-out errors."""
    names: Sequence[int] = np.unique(folds).tolist()
    squared = np.empty_like(x)
    for step, fold in enumerate(names):
        progress(phase, step, len(names) + 1)
        held = folds == fold
        squared[held] = _fit_autoencoder(x, ~held).squared_errors(x[held])
    channel = np.maximum(squared.mean(axis=(0, 1), dtype=np.float64), 1e-9).astype(np.float32)
    log_errors = relative_log_errors(squared, channel)
    del squared
    error = np.empty(len(folds))
    for fold in names:
        held = folds == fold
        usual = _usual_error(channel, log_errors[~held], grid)
        error[held] = hottest(usual.unusual(log_errors[held]))
    progress(phase, len(names), len(names) + 1)
    everything = np.ones(len(x), np.bool_)
    return _fit_autoencoder(x, everything), _usual_error(channel, log_errors, grid), error


def _fit_autoencoder(x: Floats, chosen: npt.NDArray[np.bool_]) -> LinearAutoencoder:
    flat = x[chosen].reshape(int(chosen.sum()), -1)
    n = len(flat)
    mean = flat.mean(axis=0)
    # In place: the copy may be a hundred megabytes.
    flat -= mean
    _, components = principal_axes(flat, min(COMPONENTS, int(0.6 * n), n - 1))
    return LinearAutoencoder(mean, components.astype(np.float32))


def _usual_error(channel: Floats, log_errors: Floats, grid: int) -> UsualError:
    mean = _smoothed(log_errors.mean(axis=0), grid)
    return UsualError(channel, mean, log_errors.std(axis=0) + np.float32(CELL_SPREAD))


def _smoothed(cells: Floats, grid: int) -> Floats:
    """3x3 mean of a (grid * grid,) map."""
    padded = np.pad(cells.reshape(grid, grid), 1, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    return np.asarray(windows.mean(axis=(2, 3)), dtype=np.float32).reshape(-1)
