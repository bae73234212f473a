"""AMULET's network and its scores: an LSTM autoencoder over rows of features, in NumPy (it has 3 317 numbers)."""

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
AS_TRAINED = 8


@dataclass(frozen=True)
class Scaler:
    """MinMax scaling by column, without clipping."""

    scale: Rows
    offset: Rows

    def __call__(self, rows: Rows) -> Rows:
        return rows * self.scale + self.offset

    @classmethod
    def of(cls, rows: Rows) -> Scaler:
        """To 0..1 of these rows; a column that never varies becomes 0."""
        low, high = rows.min(axis=0), rows.max(axis=0)
        span = np.where(high > low, high - low, 1.0)
        return cls(1 / span, -low / span)


class Network:
    """LSTM 16 - LSTM 4 - repeat - LSTM 4 - LSTM 16 - dense; relu, recurrent sigmoid; gates i, f, c, o as Keras has."""

    def __init__(self, weights: Mapping[str, npt.NDArray[Any]]) -> None:
        """Raises KeyError where one is missing."""
        self._weights = {name: np.asarray(weights[name], np.float64) for name in WEIGHTS}

    @property
    def columns(self) -> int:
        return int(self._weights["lstm_1/kernel"].shape[0])

    def __call__(self, groups: Rows) -> Rows:
        """Groups (n, T, columns) as redrawn."""
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
    """(n, T, columns): groups that follow each other; rows that are left over form a last group with those before."""
    whole = len(rows) // timesteps * timesteps
    groups = rows[:whole].reshape(-1, timesteps, rows.shape[1])
    return groups if whole == len(rows) else np.concatenate([groups, rows[None, -timesteps:]])


def ungrouped(groups: Rows, count: int) -> Rows:
    """The rows of `grouped` again, (count, columns)."""
    timesteps = groups.shape[1]
    left = count % timesteps
    whole = groups[: count // timesteps].reshape(-1, groups.shape[2])
    return np.concatenate([whole, groups[-1, timesteps - left :]]) if left else whole


@dataclass(frozen=True)
class AmuletModel:
    """All that is needed to judge rows."""

    network: Network
    scaler: Scaler
    timesteps: int
    threshold: float
    """The largest error of a training row, rounded to 4 decimals."""
    features: AmuletFeatures

    def redrawn(self, rows: Rows) -> Rows:
        """Rows (n, columns), at least T, scaled and as the network redraws them."""
        return ungrouped(self.network(grouped(self.scaler(rows), self.timesteps)), len(rows))

    def errors(self, rows: Rows) -> Rows:
        """(n,) mean absolute error of each row, scaled."""
        return np.asarray(np.mean(np.abs(self.scaler(rows) - self.redrawn(rows)), axis=1))


def sensitive(threshold: float, sensitivity: float) -> float:
    """The threshold for a sensitivity of 0..10; 8 is as trained, a step is 30 %."""
    return threshold * (1 + STEPS_PER_SENSITIVITY * (AS_TRAINED - sensitivity))


class AmuletDetector:
    """A core.detectors.sound.base.SoundDetector: a row every 0.1 s, judged with the rows before it. k networks, each of
    which did not learn from some recordings, and the mean of their errors."""

    method = "amulet"

    def __init__(
        self, arrays: Mapping[str, npt.NDArray[Any]], networks: Mapping[str, bytes], settings: Mapping[str, Any]
    ) -> None:
        """Raises KeyError or GoodpartError where something is missing or wrong."""
        self._features = AmuletFeatures(**settings["features"])
        self.rate = self._features.rate
        self._timesteps = int(settings["timesteps"])
        self._scaler = Scaler(np.asarray(arrays["scaler_scale"]), np.asarray(arrays["scaler_offset"]))
        count = int(settings["networks"])
        self._networks = [Network(unpacked(arrays, f"network{number}_")) for number in range(count)]
        self._size = int(self.rate * self._features.seconds)
        self.reset()

    def reset(self) -> None:
        self._rest = np.zeros(0, np.float32)
        self._rows: list[Rows] = []
        self._count = 0

    def push(self, samples: Sound) -> list[WindowScores]:
        self._rest = np.concatenate([self._rest, samples])
        whole = len(self._rest) // self._size * self._size
        new = rows_of(self._rest[:whole], self._features).rows if whole else np.zeros((0, 0))
        self._rest = self._rest[whole:]
        found = []
        for row in new:
            self._count += 1
            self._rows = [*self._rows[-(self._timesteps - 1) :], row] if self._timesteps > 1 else [row]
            if len(self._rows) == self._timesteps:
                found.append(self._judge())
        return found

    def redraw(self, samples: Sound) -> tuple[str, Floats, Floats]:
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
    """(n,) of the last row of each group (n, T, columns)."""
    return np.asarray(np.mean(np.abs(groups[:, -1] - network(groups)[:, -1]), axis=1))


def packed(weights: Mapping[str, npt.NDArray[Any]], prefix: str = "") -> dict[str, npt.NDArray[Any]]:
    """Weights under names that a bundle's members may have."""
    return {prefix + name.replace("/", "."): np.asarray(weights[name]) for name in WEIGHTS}


def unpacked(arrays: Mapping[str, npt.NDArray[Any]], prefix: str = "") -> dict[str, npt.NDArray[Any]]:
    return {name: arrays[prefix + name.replace("/", ".")] for name in WEIGHTS}


def sliding(rows: Rows, timesteps: int) -> Rows:
    """(n - T + 1, T, columns) every group of consecutive rows."""
    view = np.lib.stride_tricks.sliding_window_view(rows, timesteps, axis=0)
    return np.ascontiguousarray(view.transpose(0, 2, 1))
