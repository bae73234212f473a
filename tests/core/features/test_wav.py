"""Sound files of every kind are decoded, or refused by name with the reason."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from core.errors import UnreadableError
from core.features.sound.wav import missing_bytes, open_recording, read_wave, resampled, wave_facts, whole_wave
from tests.support.sounds import noise


def stereo(seconds: float = 0.5, rate: int = 8000, channels: int = 2) -> np.ndarray:
    return noise(seconds * channels, rate).reshape(-1, channels)


@pytest.mark.parametrize(
    ("subtype", "precision"),
    [("PCM_U8", 8e-3), ("PCM_16", 4e-5), ("PCM_24", 2e-7), ("PCM_32", 1e-7), ("FLOAT", 0), ("DOUBLE", 0)],
)
def test_samples_of_every_width_are_decoded(tmp_path: Path, subtype: str, precision: float) -> None:
    sound = noise(0.4, 16000)
    soundfile.write(tmp_path / "x.wav", sound, 16000, subtype)
    np.testing.assert_allclose(whole_wave(tmp_path / "x.wav"), sound, atol=precision)


@pytest.mark.parametrize(("suffix", "close"), [("flac", 4e-5), ("ogg", 0.2)])
def test_flac_and_ogg_are_decoded(tmp_path: Path, suffix: str, close: float) -> None:
    sound = noise(1.0, 16000)
    soundfile.write(tmp_path / f"x.{suffix}", sound, 16000)
    np.testing.assert_allclose(whole_wave(tmp_path / f"x.{suffix}"), sound, atol=close)


@pytest.mark.parametrize("rate", [1000, 8000, 44100, 96000, 192000])
def test_every_rate_is_brought_to_the_one_that_is_asked(tmp_path: Path, rate: int) -> None:
    sound = noise(2.3, rate)
    soundfile.write(tmp_path / "x.wav", sound, rate, "FLOAT")
    ours = whole_wave(tmp_path / "x.wav", 16000)
    np.testing.assert_allclose(ours, soxr.resample(sound, rate, 16000, quality="HQ")[: len(ours)], atol=1e-6)
    assert abs(len(ours) - 2.3 * 16000) <= 1


def test_channels_are_averaged_or_one_is_chosen(tmp_path: Path) -> None:
    sound = stereo(channels=8)
    soundfile.write(tmp_path / "x.wav", sound, 8000, "FLOAT")
    assert wave_facts(tmp_path / "x.wav").channels == 8
    np.testing.assert_allclose(whole_wave(tmp_path / "x.wav"), sound.mean(axis=1), atol=1e-7)
    assert np.array_equal(whole_wave(tmp_path / "x.wav", channel=6), sound[:, 6])
    with pytest.raises(UnreadableError, match=r"has 8 channels, but recipe.toml asks for number 8"):
        whole_wave(tmp_path / "x.wav", channel=8)


def refusal(path: Path) -> str:
    with pytest.raises(UnreadableError) as refused:
        whole_wave(path)
    assert str(path) in str(refused.value)
    return str(refused.value)


def test_what_is_no_sound_is_refused_by_name(tmp_path: Path) -> None:
    wav = tmp_path / "x.wav"
    assert "no such file" in refusal(wav)
    wav.write_bytes(b"")
    assert "0 bytes" in refusal(wav)
    wav.write_text("this is text")
    assert "not a sound file that can be decoded" in refusal(wav)
    soundfile.write(wav, np.zeros((0, 1)), 8000)
    assert "holds no sound" in refusal(wav)
    soundfile.write(wav, np.array([0.1, np.nan, 0.2], np.float32), 8000, "FLOAT")
    assert "not numbers" in refusal(wav)
    soundfile.write(wav, noise(0.1, 500), 500)
    assert "500 samples per second" in refusal(wav)


def test_a_copy_that_was_broken_off_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.wav", noise(1.0, 8000), 8000, "PCM_16")
    whole = (tmp_path / "x.wav").read_bytes()
    (tmp_path / "half.wav").write_bytes(whole[: len(whole) // 2])
    assert f"broken off ({len(whole) - len(whole) // 2} bytes" in refusal(tmp_path / "half.wav")


@pytest.mark.parametrize("promise", [0, 0xFFFFFFFF])
def test_recorders_that_did_not_know_the_length_are_understood(tmp_path: Path, promise: int) -> None:
    sound = noise(0.5, 8000)
    soundfile.write(tmp_path / "x.wav", sound, 8000, "PCM_16")
    data = bytearray((tmp_path / "x.wav").read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = promise.to_bytes(4, "little")
    (tmp_path / "x.wav").write_bytes(data)
    assert missing_bytes(tmp_path / "x.wav") == 0


def test_resampling_in_pieces_is_resampling_the_whole() -> None:
    sound = noise(3.0, 44100)
    pieces = [sound[at : at + 1234] for at in range(0, len(sound), 1234)]
    ours = np.concatenate(list(resampled(pieces, 44100, 16000)))
    np.testing.assert_allclose(ours, soxr.resample(sound, 44100, 16000, quality="HQ"), atol=1e-6)


def test_a_long_file_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    with soundfile.SoundFile(tmp_path / "x.wav", "w", 8000, 1, "PCM_16") as file:
        for minute in range(20):
            file.write(noise(60.0, 8000, seed=minute))
    tracemalloc.start()
    heard = sum(len(block) for block in read_wave(tmp_path / "x.wav", 16000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert abs(heard - 20 * 60 * 16000) < 10
    assert peak < 3e6


def test_an_open_recording_has_its_facts_and_its_blocks(tmp_path: Path) -> None:
    sound = stereo(2.5)
    soundfile.write(tmp_path / "x.wav", sound, 8000, "FLOAT")
    with open_recording(tmp_path / "x.wav") as recording:
        assert (recording.facts.rate, recording.facts.channels, recording.facts.seconds) == (8000, 2, 2.5)
        blocks = list(recording.blocks(channel=1))
    assert [len(block) for block in blocks] == [8000, 8000, 4000]
    assert np.array_equal(np.concatenate(blocks), sound[:, 1])


def test_a_recording_that_is_none_is_refused_when_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"no sound")
    with pytest.raises(UnreadableError, match="not a sound file"), open_recording(tmp_path / "x.wav"):
        pytest.fail("it was opened")
