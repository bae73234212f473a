"""Mel spectra are those of librosa."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from core.features.sound.mel import hann, mel_filterbank, power_spectra
from core.features.sound.stft import cepstrum, magnitudes, mel_spectrum
from tests.support.sounds import good_motor, noise


@pytest.mark.parametrize(
    ("rate", "size", "bands", "low", "high"),
    [(16000, 1024, 64, 0, 8000), (16000, 256, 8, 100, 8000), (22050, 2048, 128, 0, 11025)],
)
def test_the_filterbank_is_librosas(rate: int, size: int, bands: int, low: float, high: float) -> None:
    theirs = librosa.filters.mel(sr=rate, n_fft=size, n_mels=bands, fmin=low, fmax=high)
    np.testing.assert_allclose(mel_filterbank(rate, size, bands, low, high).T, theirs, atol=1e-6 * theirs.max())


@pytest.mark.parametrize("sound", [good_motor(1), noise(3.0)], ids=["motor", "noise"])
def test_the_log_mel_spectrum_is_librosas(sound: np.ndarray) -> None:
    frames = np.lib.stride_tricks.sliding_window_view(sound, 1024)[::512]
    ours = power_spectra(frames, hann(1024)) @ mel_filterbank(16000, 1024, 64, 0, 8000)
    theirs = librosa.feature.melspectrogram(
        y=sound, sr=16000, n_fft=1024, hop_length=512, n_mels=64, fmax=8000, center=False
    ).T
    np.testing.assert_allclose(10 * np.log10(ours + 1e-10), 10 * np.log10(theirs + 1e-10), rtol=1e-5)


def test_amulets_spectra_are_librosas_with_reflected_ends() -> None:
    sound = noise(2.0, 22050)
    spectrum = magnitudes(sound)
    theirs = np.abs(librosa.stft(sound, n_fft=2048, hop_length=512, pad_mode="reflect"))
    np.testing.assert_allclose(spectrum, theirs, atol=1e-5 * theirs.max())
    mel = librosa.feature.melspectrogram(S=theirs**2, sr=22050)
    np.testing.assert_allclose(mel_spectrum(spectrum, 22050), mel, rtol=1e-4)
    mfcc = librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=20, dct_type=3)
    np.testing.assert_allclose(cepstrum(mel_spectrum(spectrum, 22050)), mfcc, atol=1e-3)
