"""AMULET's features: a row of a few numbers for every tenth of a second.

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
from core.features.mel import Floats
from core.features.stft import HOP, cepstrum, magnitudes, mel_spectrum
from core.features.wave import whole_wave

RATE, WAVELET_RATE = 22_050, 1_378
SCALES = 49
Mode = Literal["whole-file", "block", "wavelet"]
Rows = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AmuletFeatures:
    """How a file becomes rows."""

    mode: Mode = "whole-file"
    """`whole-file`: columns of one spectrogram of the file, 3 numbers. `block`: each block by itself, 5 numbers.
    `wavelet`: a continuous Morlet transform of each block, 49 numbers."""
    seconds: float = 0.1
    hamming: bool = False
    """A Hamming window on the column `fft` of the mode `block`."""
    median: bool = False
    """Medians instead of means."""

    def __post_init__(self) -> None:
        """Raises GoodpartError for a row that is too short to be one."""
        least = HOP / RATE if self.mode == "whole-file" else 2 / self.rate
        if not self.seconds >= least:
            raise GoodpartError(f"rows of {self.seconds:g} s are too short: {least:.4f} s is the least in this mode")
        if self.hamming and self.mode != "block":
            raise GoodpartError("the Hamming window belongs to the mode with an FFT column: give --fft-last with it")

    @property
    def rate(self) -> int:
        return WAVELET_RATE if self.mode == "wavelet" else RATE

    @property
    def columns(self) -> tuple[str, ...]:
        if self.mode == "wavelet":
            return tuple(f"wavelet{scale}" for scale in range(1, SCALES + 1))
        return ("spectrogram", "mel", "mfcc") if self.mode == "whole-file" else BLOCK_COLUMNS

    def to_json(self) -> dict[str, Any]:
        return {"mode": self.mode, "seconds": self.seconds, "hamming": self.hamming, "median": self.median}


BLOCK_COLUMNS = ("wav", "fft", "spectrogram", "mel", "mfcc")
Statistic = Callable[..., Any]


@dataclass(frozen=True)
class Table:
    """Rows with their names, `5.3-5.4` in seconds."""

    names: Sequence[str]
    rows: Rows
    """(n, columns)"""


def table_of(path: Path, how: AmuletFeatures, channel: int | None = None) -> Table:
    """Raises UnreadableError where the file cannot be decoded or is shorter than a row."""
    samples = whole_wave(path, how.rate, channel)
    table = rows_of(samples, how)
    if not table.names:
        raise UnreadableError(f"{path}: {len(samples) / how.rate:.2f} s are shorter than a row of {how.seconds:g} s")
    return table


def rows_of(samples: Floats, how: AmuletFeatures) -> Table:
    """Rows of float32 (n,) at `how.rate`; what is left over at the end is dropped."""
    statistic: Statistic = np.median if how.median else np.mean
    if how.mode == "whole-file":
        return _whole(samples, how, statistic)
    size = int(how.rate * how.seconds)
    blocks = [samples[at : at + size] for at in range(0, len(samples) - size + 1, size)]
    measure = _wavelet_row if how.mode == "wavelet" else _block_row
    rows = [measure(block, how, statistic) for block in blocks]
    # Rounded, or 3 * 0.1 would be called 0.30000000000000004.
    names = [f"{round(k * how.seconds, 6)}-{round((k + 1) * how.seconds, 6)}" for k in range(len(rows))]
    return Table(names, np.array(rows, np.float64).reshape(len(rows), len(how.columns)))


def _whole(samples: Floats, how: AmuletFeatures, statistic: Statistic) -> Table:
    """One column of the spectrogram for each row, as the original reads them: the first column never."""
    count = int(len(samples) / (RATE * how.seconds))
    if count == 0:
        return Table([], np.zeros((0, 3)))
    spectrum = magnitudes(samples)
    mel = mel_spectrum(spectrum, RATE)
    mfcc = np.abs(cepstrum(mel))
    step = spectrum.shape[1] // count
    at = list(range(0, spectrum.shape[1] - step, step))
    read = [one + step for one in at]
    rows = [[statistic(kind[:, column]) for kind in (spectrum, mel, mfcc)] for column in read]
    names = [f"{one * HOP / RATE}-{(one + step) * HOP / RATE}" for one in at]
    return Table(names, np.array(rows, np.float64))


def _block_row(block: Floats, how: AmuletFeatures, statistic: Statistic) -> list[float]:
    windowed = block * np.hamming(len(block)) if how.hamming else block
    spectrum = magnitudes(block)
    mel = mel_spectrum(spectrum, RATE)
    kinds = (block, np.abs(np.fft.fft(windowed).real), spectrum, mel, cepstrum(mel))
    return [float(statistic(kind)) for kind in kinds]


def _wavelet_row(block: Floats, how: AmuletFeatures, statistic: Statistic) -> list[float]:
    try:
        import pywt
    except ImportError:
        raise GoodpartError("the wavelet mode takes PyWavelets: pip install 'goodpart[train]'") from None
    coefficients, _ = pywt.cwt(block, np.arange(1, SCALES + 1), "morl")
    return [float(value) for value in statistic(coefficients, axis=1)]
