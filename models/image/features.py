"""Learns the method `features` from good pictures: pooled vectors and linear algebra, no gradient, no TensorFlow.

Every picture is also scored by a model that did not learn from its fold, in units that do not come from its fold
either; the thresholds and the usual errors come only from these held-out scores.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.detectors.components.linear_autoencoder import LinearAutoencoder, UsualError, hottest, relative_log_errors
from core.detectors.image.features import DensityScale, ErrorScale, FeaturesModel, log_distances, make_extractor
from core.errors import GoodpartError
from core.features.image.picture import crop, decode_picture
from core.features.image.pooling import COARSE, FINE, Extractor, Floats, Pooled, channel_scale, normalised, pool
from models.base import ImageLesson, Learnt, Progress
from models.components.covariance import fit_gaussians
from models.image.backbone import backbone_or_none

COMPONENTS = 64
"""Most components of a linear autoencoder."""
LEAST_SPREAD = 0.02
"""Standard deviation of a log distance or log error: if all good pictures are the same, the scale must stay finite."""
CELL_SPREAD = 0.1
"""Added to the standard deviation of each cell's log error."""
CELL_PICTURES = 100
"""Pictures: the mean over all cells weighs as much as this many pictures in a cell's usual error. From few pictures
a cell's own error is too uncertain, and a part in arbitrary positions has no fixed cells."""
COLUMNS = 2048
"""Columns that are multiplied at once for the Gram matrix; limits the memory."""

Folds = npt.NDArray[np.int64]


def learn(lesson: ImageLesson, progress: Progress) -> Learnt:
    """Learn with the backbone, which is converted first if necessary and possible; see `learn_with`."""
    return learn_with(backbone_or_none(progress), lesson, progress)


def learn_with(backbone: bytes | None, lesson: ImageLesson, progress: Progress) -> Learnt:
    """Learn from at least 3 pictures. `backbone` is the converted network; None means the filter bank.

    Raises UnreadableError if a picture cannot be decoded, GoodpartError if there are too few, and whatever `progress`
    raises.
    """
    if len(lesson.pictures) < 3:
        raise GoodpartError(f"{len(lesson.pictures)} good pictures are too few to learn from: teach at least 3")
    extractor, name = make_extractor(backbone)
    notes = []
    if backbone is None:
        notes.append("Without the backbone fewer defects are found: pip install 'goodpart[train]' and train again.")
    folds = lesson.folds
    if len(np.unique(folds)) < 2:
        folds = np.arange(len(folds)) * min(4, len(folds)) // len(folds)
        notes.append("The good pictures are nearly the same: parts that differ a little more will raise false alarms.")

    vectors, scale = _see(lesson, extractor, progress)
    distances = _held_out_distances(vectors, extractor.layout.fine_cell_channels, folds, progress)
    held_out_density = np.empty(len(folds))
    for fold in np.unique(folds):
        held = folds == fold
        held_out_density[held] = _density_scale(distances[~held]).densities(distances[held])
    coarse, coarse_usual, coarse_errors = _fit_errors(vectors.coarse, folds, COARSE, progress, "autoencoder")
    fine, fine_usual, fine_errors = _fit_errors(vectors.fine, folds, FINE, progress, "map")
    errors = np.stack([coarse_errors, fine_errors], axis=1)
    held_out_error = np.empty(len(folds))
    for fold in np.unique(folds):
        held = folds == fold
        held_out_error[held] = _error_scale(errors[~held]).errors(errors[held])
    flat = vectors.statistics.reshape(len(folds), 1, -1)
    model = FeaturesModel(
        channels=scale,
        whole=fit_gaussians(flat, shrinkage=None),
        cells=fit_gaussians(vectors.local),
        fine_cells=fit_gaussians(vectors.fine[:, :, -extractor.layout.fine_cell_channels :]),
        density=_density_scale(distances),
        coarse=coarse,
        coarse_usual=coarse_usual,
        fine=fine,
        fine_usual=fine_usual,
        error=_error_scale(errors),
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


def _see(lesson: ImageLesson, extractor: Extractor, progress: Progress) -> tuple[Pooled, Floats]:
    """Return the normalised vectors of all pictures (n, ...), and the scale of the channels."""
    n = len(lesson.pictures)
    vectors: Pooled | None = None
    for index, path in enumerate(lesson.pictures):
        progress("pictures", index, n)
        pooled = pool(extractor.taps(crop(decode_picture(path), lesson.region)), extractor.layout)
        if vectors is None:
            vectors = Pooled(*(np.empty((n, *array.shape), np.float32) for array in pooled.arrays()))
        _put(vectors, index, pooled)
    assert vectors is not None
    scale = channel_scale(vectors.statistics, extractor.layout)
    for index in range(n):
        # Picture by picture and in place: a second copy may not fit in memory.
        _put(vectors, index, normalised(vectors.at(index), scale, extractor.layout))
    return vectors, scale


def _put(vectors: Pooled, index: int, pooled: Pooled) -> None:
    for all_pictures, array in zip(vectors.arrays(), pooled.arrays(), strict=True):
        all_pictures[index] = array


def _held_out_distances(vectors: Pooled, fine_channels: int, folds: Folds, progress: Progress) -> Floats:
    """Return (n, 3) log distances of every picture to Gaussians that were fitted without its fold."""
    distances = np.empty((len(folds), 3), np.float32)
    names = np.unique(folds)
    for step, fold in enumerate(names):
        progress("density", step, len(names))
        held = folds == fold
        flat = vectors.statistics[~held].reshape(int(np.sum(~held)), 1, -1)
        whole, cells = fit_gaussians(flat, shrinkage=None), fit_gaussians(vectors.local, chosen=~held)
        fine_cells = fit_gaussians(vectors.fine[:, :, -fine_channels:], chosen=~held)
        distances[held] = log_distances(whole, cells, fine_cells, Pooled(*(array[held] for array in vectors.arrays())))
    return distances


def _density_scale(distances: Floats) -> DensityScale:
    spread = np.maximum(distances.std(axis=0, dtype=np.float64), LEAST_SPREAD)
    return DensityScale(distances.mean(axis=0, dtype=np.float64).astype(np.float32), spread.astype(np.float32))


def _error_scale(errors: npt.NDArray[np.float64]) -> ErrorScale:
    return ErrorScale(np.maximum(errors.std(axis=0), LEAST_SPREAD).astype(np.float32))


def _fit_errors(
    x: Floats, folds: Folds, grid: int, progress: Progress, phase: str
) -> tuple[LinearAutoencoder, UsualError, npt.NDArray[np.float64]]:
    """Return the autoencoder of x (n, grid * grid, c), its usual errors, and (n,) held-out errors."""
    names: Sequence[int] = np.unique(folds).tolist()
    flat = x.reshape(len(x), -1)
    gram = gram_matrix(flat)
    # Half precision: there are tens of thousands of numbers per picture, and three digits of each are enough.
    squared = np.empty(x.shape, np.float16)
    for step, fold in enumerate(names):
        progress(phase, step, len(names) + 1)
        held = folds == fold
        squared[held] = np.minimum(fit_autoencoder(flat, gram, ~held).squared_errors(x[held]), np.finfo(np.float16).max)
    channel = np.maximum(np.mean([of_picture.mean(axis=0, dtype=np.float64) for of_picture in squared], axis=0), 1e-9)
    channel = channel.astype(np.float32)
    log_errors = np.concatenate(
        [relative_log_errors(of_picture[None].astype(np.float32), channel) for of_picture in squared]
    )
    del squared
    error = np.empty(len(folds))
    for fold in names:
        held = folds == fold
        usual = _usual_error(channel, log_errors[~held], grid)
        error[held] = hottest(usual.unusual(log_errors[held]))
    progress(phase, len(names), len(names) + 1)
    everything = np.ones(len(x), np.bool_)
    return fit_autoencoder(flat, gram, everything), _usual_error(channel, log_errors, grid), error


def gram_matrix(flat: Floats) -> npt.NDArray[np.float64]:
    """Return (n, n) products of the samples (n, p) minus their mean."""
    gram = np.zeros((len(flat), len(flat)))
    for start in range(0, flat.shape[1], COLUMNS):
        columns = flat[:, start : start + COLUMNS]
        columns = columns - columns.mean(axis=0)
        gram += columns @ columns.T
    return gram


def fit_autoencoder(flat: Floats, gram: npt.NDArray[np.float64], chosen: npt.NDArray[np.bool_]) -> LinearAutoencoder:
    """Fit the chosen (n,) of the samples (n, p), without copying them; `gram` (n, n) is the Gram matrix of all."""
    n = int(chosen.sum())
    mean = (chosen / np.float32(n)).astype(np.float32) @ flat
    products = gram[np.ix_(chosen, chosen)]
    rows = products.mean(axis=0)
    values, vectors = np.linalg.eigh(products - rows - rows[:, None] + rows.mean())
    count = min(COMPONENTS, int(0.6 * n), n - 1)
    lengths = np.sqrt(np.maximum(values[::-1][:count], 0))
    real = lengths > 1e-5 * lengths[:1]
    weights = np.zeros((len(flat), count), np.float32)
    weights[chosen] = np.where(real, vectors[:, ::-1][:, :count] / np.where(real, lengths, 1), 0)
    return LinearAutoencoder(mean, weights.T @ flat - np.outer(weights.sum(axis=0), mean))


def _usual_error(channel: Floats, log_errors: Floats, grid: int) -> UsualError:
    own = len(log_errors) / (len(log_errors) + CELL_PICTURES)
    mean = own * _smoothed(log_errors.mean(axis=0), grid) + (1 - own) * log_errors.mean()
    variance = own * log_errors.var(axis=0) + (1 - own) * log_errors.var()
    return UsualError(channel, mean.astype(np.float32), (np.sqrt(variance) + CELL_SPREAD).astype(np.float32))


def _smoothed(cells: Floats, grid: int) -> Floats:
    """Return the 3x3 mean of a (grid * grid,) map."""
    padded = np.pad(cells.reshape(grid, grid), 1, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    return np.asarray(windows.mean(axis=(2, 3)), dtype=np.float32).reshape(-1)
