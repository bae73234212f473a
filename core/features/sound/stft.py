"""Short-time spectra, mel spectra and cepstra as AMULET uses them, with NumPy only."""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.features.sound.mel import Floats, hann, mel_filterbank

SIZE, HOP = 2048, 512
"""Samples per frame, and from one frame to the next."""
MEL_BANDS, COEFFICIENTS = 128, 20
FLOOR, RANGE_DB = 1e-10, 80.0


def magnitudes(samples: Floats) -> Floats:
    """|STFT| of samples (n,): float32 (1025, 1 + n // 512); Hann window, centred frames, the ends reflected."""
    padded = np.pad(samples, SIZE // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, SIZE)[::HOP]
    return np.asarray(np.abs(np.fft.rfft(frames * hann(SIZE), axis=1)).T, np.float32)


def mel_spectrum(magnitude: Floats, rate: int) -> Floats:
    """The mel power spectrum, float32 (128, frames), of magnitudes (1025, frames)."""
    bank = _bank(rate)
    return np.asarray(bank.T @ (magnitude * magnitude), np.float32)


def cepstrum(mel: Floats, kind: Literal[2, 3] = 3) -> Floats:
    """MFCC, float32 (20, frames), of a mel spectrum (128, frames) by a DCT of type `kind`; decibels are limited to 80
    below the maximum of all frames."""
    decibels = 10 * np.log10(np.maximum(mel, FLOOR))
    decibels = np.maximum(decibels, decibels.max() - RANGE_DB)
    return np.asarray(_dct(kind) @ decibels, np.float32)


@cache
def _bank(rate: int) -> Floats:
    return mel_filterbank(rate, SIZE, MEL_BANDS, 0, rate / 2)


@cache
def _dct(kind: int) -> npt.NDArray[np.float64]:
    """The orthonormal DCT matrix of type `kind`: (20, 128)."""
    k, n = np.arange(COEFFICIENTS)[:, None], np.arange(MEL_BANDS)[None]
    angle = (2 * k + 1) * n if kind == 3 else k * (2 * n + 1)
    matrix = np.sqrt(2 / MEL_BANDS) * np.cos(np.pi * angle / (2 * MEL_BANDS))
    first = np.s_[:, 0] if kind == 3 else np.s_[0]
    matrix[first] = 1 / np.sqrt(MEL_BANDS)
    return np.asarray(matrix)
