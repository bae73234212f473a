"""Learns the method `spectrum` from good recordings: densities by linear algebra, an autoencoder by gradient.

Every recording is scored by models that did not learn from it; the units of the scores and the thresholds come only
from these held-out scores. The score of new sound is the mean over the same models.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.detectors.components.linear_autoencoder import LinearAutoencoder
from core.detectors.components.mahalanobis_ensemble import MahalanobisHead
from core.detectors.sound.spectrum import log_error, standardised
from core.errors import GoodpartError
from core.features.sound.mel import Floats
from core.features.sound.spectrum import NONE, RATE, SpectrumFeatures, Windows
from core.features.sound.wav import read_wave
from models.base import Array, Learnt, Progress, SoundLesson
from models.components.covariance import principal_axes

HEADS = ("raw", "mod", "tone")
"""Names of the vectors of core.features.sound.spectrum.Windows that get a density."""
LEAST_SPREAD = 1e-3
"""Added to the standard deviations of a vector, in its units: a number that hardly varies must not dominate."""
BLOCKS_SPREAD = 0.1
"""Added to the standard deviations of the log-mel blocks, for the same reason."""
NETWORK_FOLDS = 3
EVERY = 3
"""Windows: the autoencoder learns from every third one, because neighbours share nine tenths of their sound."""
COMPONENTS = 32
"""Most components of the linear autoencoder."""

Numbers = npt.NDArray[np.float64]
Folds = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LearntWindows:
    """The n windows of all recordings, in order."""

    windows: Windows
    recording: Folds
    """(n,) the number of the recording of each window."""
    fold: Folds
    """(n,) the fold of each window."""


def learn(lesson: SoundLesson, progress: Progress) -> Learnt:
    """Learn from at least one recording.

    Raises UnreadableError if a recording cannot be decoded, GoodpartError if there is too little sound, and whatever
    `progress` raises.
    """
    heard, notes = listen(lesson, progress)
    names = (*HEADS, "level") if lesson.level else HEADS
    arrays: dict[str, Array] = {}
    far: dict[str, Numbers] = {}
    for step, name in enumerate(names):
        progress("density", step, len(names))
        head, far[name] = fit_head(getattr(heard.windows, name), heard.fold)
        arrays |= head.to_arrays(name)
    more, networks, error, note = fit_autoencoder(heard, lesson, progress)
    level = heard.windows.level
    return Learnt(
        arrays=arrays | more,
        networks=networks,
        settings={"heads": list(names), "usual_level": float(np.median(level))},
        held_out_density=-np.max(list(far.values()), axis=0),
        held_out_error=error,
        held_out_recording=heard.recording,
        same_unit=True,
        notes=(*notes, *note),
    )


def listen(lesson: SoundLesson, progress: Progress) -> tuple[LearntWindows, list[str]]:
    """Return the windows of all recordings, and notes. A single recording is cut into ten pieces that count as
    recordings. Raises GoodpartError if there are fewer than 30 windows."""
    parts: list[Windows] = []
    for step, path in enumerate(lesson.recordings):
        progress("listening", step, len(lesson.recordings))
        parts.append(windows_of(path, lesson.channel))
    counts = [len(part) for part in parts]
    recording = np.repeat(np.arange(len(parts)), counts).astype(np.int64)
    fold = np.repeat(lesson.folds, counts).astype(np.int64)
    notes = []
    if len(np.unique(fold)) < 2:
        notes.append("There is only one recording: other good ones will raise false alarms. Teach more.")
        recording = fold = np.arange(len(fold)) * 10 // max(1, len(fold))
    heard = LearntWindows(joined(parts), recording, fold)
    if len(recording) < 30 or len(np.unique(fold)) < 2:
        raise GoodpartError("there is too little good sound to learn from: teach at least half a minute")
    return heard, notes


def windows_of(path: Path, channel: int | None) -> Windows:
    """Return the windows of a recording, 0.1 s apart. Raises UnreadableError."""
    features = SpectrumFeatures()
    return joined([features.push(block) for block in read_wave(path, RATE, channel)])


def joined(parts: Sequence[Windows]) -> Windows:
    """Return the windows of all parts as one, in order."""
    parts = [part for part in parts if len(part)] or [NONE]
    names = Windows.__dataclass_fields__
    return Windows(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def fit_head(x: Floats, fold: Folds) -> tuple[MahalanobisHead, Numbers]:
    """Fit one Gaussian per fold to vectors x (n, p), each without its fold; returns them and (n,) held-out scores."""
    names = np.unique(fold)
    models = [_gaussian(x[fold != name]) for name in names]
    centre, spread, whitening = (np.stack(part).astype(np.float32) for part in zip(*models, strict=True))
    distances = np.empty(len(x))
    for name, (mean, deviation, white) in zip(names, models, strict=True):
        held = fold == name
        distances[held] = np.sqrt(np.mean(((x[held] - mean) / deviation @ white) ** 2, axis=1))
    typical, unit = scale_of(distances)
    return MahalanobisHead(centre, spread, whitening, typical, unit), (distances - typical) / unit


def _gaussian(x: Floats) -> tuple[Numbers, Numbers, Numbers]:
    """Return the mean (p,), standard deviation (p,) and whitening (p, p) of x (n, p). The whitening is that of the
    covariance of the standardised numbers with its mean eigenvalue added to all eigenvalues."""
    wide = x.astype(np.float64)
    mean, deviation = wide.mean(axis=0), wide.std(axis=0) + LEAST_SPREAD
    z = (wide - mean) / deviation
    values, vectors = np.linalg.eigh(z.T @ z / len(z))
    values = np.maximum(values, 0)
    return mean, deviation, vectors / np.sqrt(values + max(float(values.mean()), 1e-6))


def scale_of(scores: Numbers) -> tuple[float, float]:
    """Return the median of the scores and the distance of their 90 % quantile above it (more than 0)."""
    median, high = (float(v) for v in np.quantile(scores, [0.5, 0.9]))
    return median, max(high - median, 1e-6 * max(1.0, abs(median)))


def fit_autoencoder(
    heard: LearntWindows, lesson: SoundLesson, progress: Progress
) -> tuple[dict[str, Array], dict[str, bytes], Numbers, list[str]]:
    """Fit the autoencoder; returns the arrays, the networks, (n,) held-out scores and notes.

    Without TensorFlow it is a linear autoencoder.
    """
    blocks = heard.windows.blocks
    centre, spread = blocks.mean(axis=(0, 1)), blocks.std(axis=(0, 1)) + np.float32(BLOCKS_SPREAD)
    z = standardised(blocks, centre, spread)
    fold = heard.fold % min(NETWORK_FOLDS, len(np.unique(heard.fold)))
    arrays: dict[str, Array] = {"blocks_centre": centre, "blocks_spread": spread}
    errors = np.empty(len(z))
    networks: dict[str, bytes] = {}
    notes: list[str] = []
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow reads it at import
    try:
        import tensorflow as tf  # noqa: F401 - only to see whether it is installed
    except ImportError:
        notes.append("Without TensorFlow the autoencoder is linear: pip install 'goodpart[train]' for the better one.")
        linear = []
        for name in np.unique(fold):
            autoencoder = _linear(z[fold != name].reshape(int(np.sum(fold != name)), -1))
            linear.append(autoencoder)
            held = z[fold == name]
            squared = autoencoder.squared_errors(held.reshape(len(held), 1, -1))
            errors[fold == name] = log_error(squared.mean(axis=(1, 2)))
        arrays |= {
            "blocks_mean": np.stack([autoencoder.mean for autoencoder in linear]),
            "blocks_components": np.stack([autoencoder.components for autoencoder in linear]),
        }
    else:
        from models.sound import lstm_autoencoder as lstm

        names = np.unique(fold).tolist()
        epochs = lesson.epochs or lstm.EPOCHS
        batches = [epochs * lstm.batches_of(len(z[fold != name][::EVERY])) for name in names]
        for number, name in enumerate(names):
            run = lstm.Run(lesson.seed + number, epochs, sum(batches[:number]), sum(batches))
            network, drawn = lstm.fit(z[fold != name][::EVERY], z[fold == name], run, progress)
            networks[f"autoencoder{number}"] = network
            errors[fold == name] = log_error(np.mean((drawn - z[fold == name]) ** 2, axis=(1, 2)))
    typical, unit = scale_of(errors)
    arrays["blocks_scale"] = np.array([typical, unit])
    return arrays, networks, (errors - typical) / unit, notes


def _linear(flat: Floats) -> LinearAutoencoder:
    mean = flat.mean(axis=0)
    _, components = principal_axes(flat - mean, min(COMPONENTS, len(flat) // 2))
    return LinearAutoencoder(mean, components.astype(np.float32))
