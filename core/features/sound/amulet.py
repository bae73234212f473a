"""AMULET's features: a row of a few numbers per 0.1 s.

After AMULET (petrokvitka/amulet_anomaly_detection): each number is the mean, or the median, of a whole spectrum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core.errors import GoodpartError, UnreadableError
from core.features.sound.mel import Floats
from core.features.sound.stft import HOP, cepstrum, magnitudes, mel_spectrum
from core.features.sound.wav import Recording, open_recording

RATE, WAVELET_RATE = 22_050, 1_378
"""Samples per second."""
SCALES = 49
"""Scales of the wavelet transform."""
Mode = Literal["whole-file", "block", "wavelet"]
Rows = npt.NDArray[np.float64]
"""float64 rows of features; the last axis is the columns."""


@dataclass(frozen=True)
class AmuletFeatures:
    """How a file becomes rows."""

    mode: Mode = "whole-file"
    """`whole-file`: columns of one spectrogram of the file, 3 numbers. `block`: each block separately, 5 numbers.
    `wavelet`: a continuous Morlet transform of the file, 49 numbers."""
    seconds: float = 0.1
    """Seconds per row."""
    hamming: bool = False
    """Whether the column `fft` of the mode `block` uses a Hamming window."""
    median: bool = False
    """Whether the numbers are medians instead of means."""

    def __post_init__(self) -> None:
        """Raises GoodpartError if a row is too short or the Hamming window does not fit the mode."""
        least = HOP / RATE
        if not self.seconds >= least:
            raise GoodpartError(f"rows of {self.seconds:g} s are too short: {least:.4f} s is the least")
        if self.hamming and self.mode != "block":
            raise GoodpartError("the Hamming window belongs to the mode with an FFT column: give --fft-last with it")

    @property
    def rate(self) -> int:
        """Samples per second of the sound to compute rows from."""
        return WAVELET_RATE if self.mode == "wavelet" else RATE

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        if self.mode == "wavelet":
            return tuple(str(scale) for scale in range(1, SCALES + 1))
        return ("spectrogram", "mel", "mfcc") if self.mode == "whole-file" else BLOCK_COLUMNS

    def to_json(self) -> dict[str, Any]:
        """The fields by name, for a bundle."""
        return {"mode": self.mode, "seconds": self.seconds, "hamming": self.hamming, "median": self.median}


BLOCK_COLUMNS = ("wav", "fft", "spectrogram", "mel", "mfcc")
Statistic = Callable[..., Any]


@dataclass(frozen=True)
class Table:
    """Rows of features and their names."""

    names: Sequence[str]
    """Start and end of each row in seconds: `5.3-5.4`."""
    rows: Rows
    """(n, columns)"""


def table_of(path: Path, how: AmuletFeatures, channel: int | None = None) -> Table:
    """The rows of a sound file. Raises UnreadableError if it cannot be decoded or is shorter than a row."""
    with open_recording(path) as recording:
        return table_in(recording, how, channel)


def table_in(recording: Recording, how: AmuletFeatures, channel: int | None = None) -> Table:
    """The rows of an open recording. Raises UnreadableError if it cannot be decoded or is shorter than a row."""
    samples = recording.whole(how.rate, channel)
    table = rows_of(samples, how)
    if not table.names:
        raise UnreadableError(
            f"{recording.path}: {len(samples) / how.rate:.2f} s are shorter than a row of {how.seconds:g} s"
        )
    return table


def rows_of(samples: Floats, how: AmuletFeatures) -> Table:
    """The rows of samples, float32 (n,) at `how.rate`; samples left over at the end are dropped."""
    statistic: Statistic = np.median if how.median else np.mean
    if how.mode == "whole-file":
        return _whole(samples, how, statistic)
    size = int(how.rate * how.seconds)
    starts = range(0, len(samples) - size + 1, size)
    names = [f"{start / how.rate}-{(start + size) / how.rate}" for start in starts]
    if how.mode == "wavelet":
        return Table(names, _wavelet_rows(samples, size, len(names), statistic))
    rows = [_block_row(samples[start : start + size], how, statistic) for start in starts]
    return Table(names, np.array(rows, np.float64).reshape(len(rows), len(how.columns)))


def _whole(samples: Floats, how: AmuletFeatures, statistic: Statistic) -> Table:
    """One column of the spectrogram per row, chosen as the original does: it never uses the first column."""
    count = int(len(samples) / (RATE * how.seconds))
    if count == 0:
        return Table([], np.zeros((0, 3)))
    spectrum = magnitudes(samples)
    mel = mel_spectrum(spectrum, RATE)
    mfcc = np.abs(cepstrum(mel))
    step = spectrum.shape[1] // count
    starts = range(0, spectrum.shape[1] - step, step)
    rows = [[statistic(part[:, start + step]) for part in (spectrum, mel, mfcc)] for start in starts]
    # Multiplied in this order so that the last digits match the published tables.
    names = [f"{start * (HOP / RATE)}-{(start + step) * (HOP / RATE)}" for start in starts]
    return Table(names, np.array(rows, np.float64))


def _block_row(block: Floats, how: AmuletFeatures, statistic: Statistic) -> list[float]:
    windowed = block * np.hamming(len(block)) if how.hamming else block
    spectrum = magnitudes(block)
    mel = mel_spectrum(spectrum, RATE)
    parts = (block, np.abs(np.fft.fft(windowed).real), spectrum, mel, cepstrum(mel))
    return [float(statistic(part)) for part in parts]


def _wavelet_rows(samples: Floats, size: int, count: int, statistic: Statistic) -> Rows:
    """The statistic of the signed coefficients of each block of `size` samples per scale: (count, 49).

    As in PyWavelets, each scale reads a table of the wavelet's integral with its own step.
    """
    time = np.linspace(-8.0, 8.0, 4096)
    step = time[1] - time[0]
    integral = np.cumsum(np.exp(-(time**2) / 2) * np.cos(5 * time)) * step
    rows = np.empty((count, SCALES))
    for scale in range(1, SCALES + 1):
        read = (np.arange(scale * 16.0 + 1) / (scale * step)).astype(int)
        wavelet = integral[read[read < len(integral)]][::-1]
        coefficients = -np.sqrt(scale) * np.diff(np.convolve(samples, wavelet))
        before = (len(coefficients) - len(samples)) // 2
        blocks = coefficients[before : before + count * size].reshape(count, size)
        rows[:, scale - 1] = statistic(blocks, axis=1)
    return rows
