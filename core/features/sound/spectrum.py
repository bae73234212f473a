"""Features of a window of sound: its spectrum, the modulation of its envelope, its tones, its level.

The window is the newest second and moves by 0.1 s. The result does not depend on the lengths of the pushed pieces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.features.sound.mel import Floats, hann, mel_edges, mel_filterbank, power_spectra
from core.samples import Sound

RATE = 16_000
"""Samples per second."""
STEP = RATE // 10
"""Samples from one window to the next."""

MEL_BANDS = 64
MEL_FRAMES = 32
"""Frames per window: of 1024 samples, one every 512, which makes 1.056 s."""
BLOCKS = 10
BLOCK_FRAMES = 3
"""Mel frames per block: the autoencoder gets the newest 30 frames as 10 blocks."""

ENVELOPE_BANDS = 8
ENVELOPE_LOW = 100.0
"""Hertz."""
ENVELOPE_FRAMES = 250
"""Frames per window: of 256 samples, one every 64, which makes 250 per second."""
MODULATION_EDGES = np.unique(np.round(np.geomspace(2, 125, 17)).astype(int))
"""Hertz, which equal bins because the window is one second."""

TONE_BANDS = 64
TONE_FRAMES = 7
"""Frames per window: of 4096 samples, one every 2048."""

EYE_BANDS = 32
EPSILON = 1e-10


@dataclass(frozen=True)
class Windows:
    """The features of n windows, float32."""

    raw: Floats
    """(n, 64) mean log-mel spectrum, dB."""
    mod: Floats
    """(n, 128) modulation of the envelope of 8 bands at 15 frequencies, then its kurtosis by band, dB."""
    tone: Floats
    """(n, 64) how far the strongest line of a band is above the band's median, dB."""
    level: Floats
    """(n, 1) RMS, dB of full scale."""
    blocks: Floats
    """(n, 10, 128) mean and standard deviation of the log-mel of 10 blocks in time; the window's mean is removed."""
    eye: Floats
    """(n, 32) the log-mel of the newest 0.1 s, mean of two bands each, for display."""
    ends: npt.NDArray[np.int64]
    """(n,) samples from the start of the stream to the window's end."""

    def __len__(self) -> int:
        return len(self.ends)


class _Frames:
    """The frames of a stream, each measured once and kept as long as a window needs it."""

    def __init__(self, size: int, hop: int, keep: int, measure: Callable[[Floats], Floats]) -> None:
        self.size, self.hop, self.keep = size, hop, keep
        self._measure = measure
        self._tail = np.zeros(0, np.float32)
        self._kept: Floats | None = None
        self._passed = 0

    def push(self, samples: Sound) -> None:
        buffer = np.concatenate([self._tail, samples])
        count = max(0, (len(buffer) - self.size) // self.hop + 1)
        if count:
            frames = np.lib.stride_tricks.sliding_window_view(buffer, self.size)[:: self.hop][:count]
            new = self._measure(frames)
            self._kept = new if self._kept is None else np.concatenate([self._kept, new])
        self._tail = buffer[count * self.hop :]

    def newest(self, end: int) -> Floats | None:
        """The newest `keep` frames that end at or before sample `end`: (keep, ...); None if there are too few."""
        last = (end - self.size) // self.hop + 1
        if last < self.keep or self._kept is None:
            return None
        return self._kept[last - self.keep - self._passed : last - self._passed]

    def drop(self, end: int) -> None:
        """Drop the frames that no window ending after sample `end` needs."""
        first = max(0, (end - self.size) // self.hop + 1 - self.keep)
        if self._kept is not None and first > self._passed:
            self._kept = self._kept[first - self._passed :].copy()
            self._passed = first


class SpectrumFeatures:
    """Computes the features of windows from a stream of sound at 16 kHz."""

    def __init__(self) -> None:
        mel = mel_filterbank(RATE, 1024, MEL_BANDS, 0, RATE / 2)
        fine, medium, coarse = hann(256), hann(1024), hann(4096)
        envelope = mel_filterbank(RATE, 256, ENVELOPE_BANDS, ENVELOPE_LOW, RATE / 2)
        self._mel = _Frames(1024, 512, MEL_FRAMES, lambda f: to_db(power_spectra(f, medium) @ mel, EPSILON))
        self._envelope = _Frames(
            256, 64, ENVELOPE_FRAMES, lambda f: np.sqrt(power_spectra(f, fine) @ envelope + np.float32(EPSILON))
        )
        self._tone = _Frames(4096, 2048, TONE_FRAMES, lambda f: power_spectra(f, coarse)[:, 1:])
        self._energy = _Frames(STEP, STEP, BLOCKS, lambda f: np.mean(f * f, axis=1, dtype=np.float32))
        self._heard = 0

    def push(self, samples: Sound) -> Windows:
        """The features of the windows that these samples, float32 (n,), complete."""
        before, self._heard = self._heard, self._heard + len(samples)
        streams = (self._mel, self._envelope, self._tone, self._energy)
        for stream in streams:
            stream.push(samples)
        ends, windows = [], []
        for end in range(before // STEP * STEP + STEP, self._heard + 1, STEP):
            parts = [stream.newest(end) for stream in streams]
            if all(part is not None for part in parts):
                windows.append(_window(*parts))  # type: ignore[arg-type]
                ends.append(end)
        for stream in streams:
            stream.drop(self._heard)
        if not windows:
            return NONE
        raw, mod, tone, level, blocked, eye = (np.stack(column) for column in zip(*windows, strict=True))
        return Windows(raw, mod, tone, level, blocked, eye, np.array(ends))


def _window(mel: Floats, envelope: Floats, tone: Floats, energy: Floats) -> tuple[Floats, ...]:
    return (
        mel.mean(axis=0),
        modulation(envelope),
        tonality(tone),
        to_db(energy.mean(keepdims=True), EPSILON),
        blocks(mel),
        mel[-3:].mean(axis=0).reshape(EYE_BANDS, 2).mean(axis=1),
    )


def modulation(envelope: Floats) -> Floats:
    """The modulation, float32 (128,), of the envelopes (250, 8) of one window; independent of the level."""
    mean = envelope.mean(axis=0)
    spectrum = np.fft.rfft((envelope / mean - 1) * _HANN_250, axis=0)
    power = (spectrum.real**2 + spectrum.imag**2) / ENVELOPE_FRAMES
    sums = np.add.reduceat(power, MODULATION_EDGES, axis=0)[:-1]
    binned = sums / np.diff(MODULATION_EDGES)[:, None]
    return np.concatenate([to_db(binned, 1e-8).ravel(), to_db(kurtosis(envelope), EPSILON)]).astype(np.float32)


def kurtosis(values: Floats) -> Floats:
    """The kurtosis of each column of (n, c), plus 0.001 so that its logarithm is finite: float32 (c,)."""
    centred = values - values.mean(axis=0)
    squares = centred * centred
    variance = squares.mean(axis=0)
    floor = (1e-6 * values.mean(axis=0)) ** 2
    return np.asarray((squares * squares).mean(axis=0) / np.maximum(variance, floor) ** 2 + 1e-3, np.float32)


def tonality(power: Floats) -> Floats:
    """How far the strongest line of each band is above its median in dB, float32 (64,), of power spectra (7, 2048)."""
    decibels = to_db(power.mean(axis=0), EPSILON).reshape(TONE_BANDS, -1)
    return np.asarray(decibels.max(axis=1) - np.median(decibels, axis=1), np.float32)


def blocks(mel: Floats) -> Floats:
    """The blocks (10, 128) of the log-mel (32, 64) of one window."""
    newest = mel[-BLOCKS * BLOCK_FRAMES :]
    parts = (newest - newest.mean()).reshape(BLOCKS, BLOCK_FRAMES, MEL_BANDS)
    return np.concatenate([parts.mean(axis=1), parts.std(axis=1)], axis=1)


def to_db(power: npt.NDArray[np.floating], floor: float) -> Floats:
    """Decibels of a power of any shape, float32; `floor` is added to keep the logarithm finite."""
    return np.asarray(10 * np.log10(power + np.float32(floor)), np.float32)


_HANN_250 = hann(ENVELOPE_FRAMES)[:, None]
MEL_EDGES = mel_edges(MEL_BANDS, 0, RATE / 2)
ENVELOPE_EDGES = mel_edges(ENVELOPE_BANDS, ENVELOPE_LOW, RATE / 2)
MODULATION_BINS = len(MODULATION_EDGES) - 1

NONE = Windows(
    np.zeros((0, MEL_BANDS), np.float32),
    np.zeros((0, (MODULATION_BINS + 1) * ENVELOPE_BANDS), np.float32),
    np.zeros((0, TONE_BANDS), np.float32),
    np.zeros((0, 1), np.float32),
    np.zeros((0, BLOCKS, 2 * MEL_BANDS), np.float32),
    np.zeros((0, EYE_BANDS), np.float32),
    np.zeros(0, np.int64),
)
