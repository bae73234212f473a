"""Mel filterbanks and windows with NumPy only: loading librosa would take two seconds and 200 MB."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
_LINEAR_STEP = 200.0 / 3
_LOG_FROM = 1000.0
_LOG_STEP = np.log(6.4) / 27


def to_mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Hertz to mel on Slaney's scale (Auditory Toolbox, 1998): linear below 1 kHz, logarithmic above."""
    f = np.asarray(hertz, np.float64)
    above = _LOG_FROM / _LINEAR_STEP + np.log(np.maximum(f, _LOG_FROM) / _LOG_FROM) / _LOG_STEP
    return np.where(f < _LOG_FROM, f / _LINEAR_STEP, above)


def to_hertz(mel: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Mel to hertz, the inverse of `to_mel`."""
    m = np.asarray(mel, np.float64)
    return np.where(
        m < _LOG_FROM / _LINEAR_STEP, m * _LINEAR_STEP, _LOG_FROM * np.exp(_LOG_STEP * (m - _LOG_FROM / _LINEAR_STEP))
    )


def mel_edges(bands: int, low: float, high: float) -> npt.NDArray[np.float64]:
    """Edges (bands + 2,) in hertz: band i rises from edge i to edge i + 1 and falls to edge i + 2."""
    return to_hertz(np.linspace(to_mel(low), to_mel(high), bands + 2))


def mel_filterbank(rate: int, size: int, bands: int, low: float, high: float) -> Floats:
    """Triangles of equal area (Slaney), float32 (size // 2 + 1, bands): power spectrum @ filterbank = mel spectrum."""
    edges = mel_edges(bands, low, high)
    bins = np.linspace(0, rate / 2, size // 2 + 1)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    triangles = np.maximum(0, np.minimum(rising, falling))
    return np.ascontiguousarray(triangles * 2 / (edges[2:] - edges[:-2]), np.float32)


def hann(size: int) -> Floats:
    """The periodic Hann window, float32 (size,)."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)


def power_spectra(frames: Floats, window: Floats) -> Floats:
    """|rfft|^2 of frames (n, size) times a window (size,): float32 (n, size // 2 + 1)."""
    spectra = np.fft.rfft(frames * window, axis=1)
    return np.asarray(spectra.real**2 + spectra.imag**2, np.float32)
