"""AMULET's network and its scores: an LSTM autoencoder over rows of features, in NumPy (it has 3 317 weights)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.detectors.image.base import Floats
from core.detectors.sound.base import WindowScores
from core.features.sound.amulet import AmuletFeatures, Rows, rows_of
from core.samples import Sound

WEIGHTS = (
    *(f"lstm_{n}/{part}" for n in range(1, 5) for part in ("kernel", "recurrent_kernel", "bias")),
    "time_distributed_1/kernel",
    "time_distributed_1/bias",
)
STEPS_PER_SENSITIVITY = 0.30
"""Share of the threshold per step of the sensitivity."""
AS_TRAINED = 8
"""The sensitivity that leaves the threshold unchanged."""


@dataclass(frozen=True)
class Scaler:
    """Min-max scaling per column, without clipping."""

    scale: Rows
    offset: Rows

    def __call__(self, rows: Rows) -> Rows:
        """The scaled rows (n, columns)."""
        return rows * self.scale + self.offset

    @classmethod
    def of(cls, rows: Rows) -> Scaler:
        """The scaler that maps these rows (n, columns) to 0..1; a constant column becomes 0."""
        low, high = rows.min(axis=0), rows.max(axis=0)
        span = np.where(high > low, high - low, 1.0)
        return cls(1 / span, -low / span)


class Network:
    """LSTM 16 - LSTM 4 - repeat - LSTM 4 - LSTM 16 - dense; relu, recurrent sigmoid; gates i, f, c, o as in Keras."""

    def __init__(self, weights: Mapping[str, npt.NDArray[Any]]) -> None:
        """`weights` by the names in WEIGHTS. Raises KeyError if one is missing."""
        self._weights = {name: np.asarray(weights[name], np.float64) for name in WEIGHTS}

    @property
    def columns(self) -> int:
        """Numbers per row of its input."""
        return int(self._weights["lstm_1/kernel"].shape[0])

    def __call__(self, groups: Rows) -> Rows:
        """Reconstructions (n, T, columns) of groups (n, T, columns)."""
        steps = groups.shape[1]
        code = self._lstm(2, self._lstm(1, groups))[:, -1:]
        drawn = self._lstm(4, self._lstm(3, np.repeat(code, steps, axis=1)))
        w = self._weights
        return np.asarray(drawn @ w["time_distributed_1/kernel"] + w["time_distributed_1/bias"])

    def _lstm(self, number: int, x: Rows) -> Rows:
        w = self._weights
        inputs = x @ w[f"lstm_{number}/kernel"] + w[f"lstm_{number}/bias"]
        recurrent = w[f"lstm_{number}/recurrent_kernel"]
        h = np.zeros((len(x), recurrent.shape[0]))
        c = np.zeros_like(h)
        out = []
        for step in range(x.shape[1]):
            i, f, g, o = np.split(inputs[:, step] + h @ recurrent, 4, axis=1)
            c = _sigmoid(f) * c + _sigmoid(i) * np.maximum(g, 0)
            h = _sigmoid(o) * np.maximum(c, 0)
            out.append(h)
        return np.stack(out, axis=1)


def _sigmoid(x: Rows) -> Rows:
    return np.asarray(1 / (1 + np.exp(-x)))


def grouped(rows: Rows, timesteps: int) -> Rows:
    """Consecutive groups (n, T, columns) of rows; left-over rows form a last group that overlaps the one before."""
    whole = len(rows) // timesteps * timesteps
    groups = rows[:whole].reshape(-1, timesteps, rows.shape[1])
    return groups if whole == len(rows) else np.concatenate([groups, rows[None, -timesteps:]])


def ungrouped(groups: Rows, count: int) -> Rows:
    """Undo `grouped`: the rows (count, columns) of the groups."""
    timesteps = groups.shape[1]
    left = count % timesteps
    whole = groups[: count // timesteps].reshape(-1, groups.shape[2])
    return np.concatenate([whole, groups[-1, timesteps - left :]]) if left else whole


@dataclass(frozen=True)
class AmuletModel:
    """All that is needed to score rows."""

    network: Network
    scaler: Scaler
    timesteps: int
    threshold: float
    """The largest error of a training row, rounded to 4 decimals."""
    features: AmuletFeatures

    def redrawn(self, rows: Rows) -> Rows:
        """Reconstructions (n, columns), scaled, of at least T rows (n, columns)."""
        return ungrouped(self.network(grouped(self.scaler(rows), self.timesteps)), len(rows))

    def errors(self, rows: Rows) -> Rows:
        """Mean absolute error of each scaled row: (n,)."""
        return np.asarray(np.mean(np.abs(self.scaler(rows) - self.redrawn(rows)), axis=1))


def sensitive(threshold: float, sensitivity: float) -> float:
    """The threshold for a sensitivity of 0..10: 8 is as trained, each step changes it by 30 % of the trained one."""
    return threshold * (1 + STEPS_PER_SENSITIVITY * (AS_TRAINED - sensitivity))


class AmuletDetector:
    """A SoundDetector: one row per 0.1 s, scored together with the rows before it by k networks, each of which left
    other recordings out of training. The error is the mean of theirs; there is no density."""

    method = "amulet"

    def __init__(
        self, arrays: Mapping[str, npt.NDArray[Any]], _networks: Mapping[str, bytes], settings: Mapping[str, Any]
    ) -> None:
        """`_networks` is not used: the weights are in `arrays`. Raises KeyError if a part is missing, GoodpartError if
        the features are invalid."""
        self._features = AmuletFeatures(**settings["features"])
        self.rate = self._features.rate
        self._timesteps = int(settings["timesteps"])
        self._scaler = Scaler(np.asarray(arrays["scaler_scale"]), np.asarray(arrays["scaler_offset"]))
        count = int(settings["networks"])
        self._networks = [Network(unpacked(arrays, f"network{number}_")) for number in range(count)]
        self._size = int(self.rate * self._features.seconds)
        self.reset()

    def reset(self) -> None:
        """Forget all samples; the next ones do not continue them."""
        self._rest = np.zeros(0, np.float32)
        self._rows: list[Rows] = []
        self._count = 0

    def push(self, samples: Sound) -> list[WindowScores]:
        """The scores of the windows that these samples, float32 (n,), complete."""
        self._rest = np.concatenate([self._rest, samples])
        whole = len(self._rest) // self._size * self._size
        rows = rows_of(self._rest[:whole], self._features).rows if whole else np.zeros((0, 0))
        self._rest = self._rest[whole:]
        scores = []
        for row in rows:
            self._count += 1
            self._rows = [*self._rows[-(self._timesteps - 1) :], row] if self._timesteps > 1 else [row]
            if len(self._rows) == self._timesteps:
                scores.append(self._judge())
        return scores

    def redraw(self, samples: Sound) -> tuple[str, Floats, Floats]:
        """The scaled rows in the middle of these samples and their mean reconstruction, float32 (columns, T) each."""
        rows = rows_of(samples[: len(samples) // self._size * self._size], self._features).rows
        first = max(0, len(rows) - self._timesteps) // 2
        group = self._scaler(rows[first : first + self._timesteps])
        drawn = np.mean([network(group[None])[0] for network in self._networks], axis=0)
        return "feature rows", np.asarray(group.T, np.float32), np.asarray(drawn.T, np.float32)

    def _judge(self) -> WindowScores:
        group = self._scaler(np.array(self._rows))
        errors = [last_row_errors(network, group[None])[0] for network in self._networks]
        end = self._count * self._features.seconds
        start = end - self._timesteps * self._features.seconds
        return WindowScores(start, end, 0.0, float(np.mean(errors)))


def last_row_errors(network: Network, groups: Rows) -> Rows:
    """Mean absolute error of the last row of each group (n, T, columns): (n,)."""
    return np.asarray(np.mean(np.abs(groups[:, -1] - network(groups)[:, -1]), axis=1))


def packed(weights: Mapping[str, npt.NDArray[Any]], prefix: str = "") -> dict[str, npt.NDArray[Any]]:
    """The weights under names that are valid in a bundle."""
    return {prefix + name.replace("/", "."): np.asarray(weights[name]) for name in WEIGHTS}


def unpacked(arrays: Mapping[str, npt.NDArray[Any]], prefix: str = "") -> dict[str, npt.NDArray[Any]]:
    """The weights that `packed` has renamed, under their own names. Raises KeyError if one is missing."""
    return {name: arrays[prefix + name.replace("/", ".")] for name in WEIGHTS}


def sliding(rows: Rows, timesteps: int) -> Rows:
    """Every group of T consecutive rows: (n - T + 1, T, columns)."""
    view = np.lib.stride_tricks.sliding_window_view(rows, timesteps, axis=0)
    return np.ascontiguousarray(view.transpose(0, 2, 1))
