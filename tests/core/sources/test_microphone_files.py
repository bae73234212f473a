"""A sound file in place of a microphone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.samples import Sound, SoundBlock
from core.sources.microphone.base import SoundSettings, SoundSource
from core.sources.microphone_address import open_microphone
from tests.support.parts import until
from tests.support.sounds import noise


@contextmanager
def hearing(path: Path, settings: SoundSettings) -> Iterator[SoundSource]:
    source = open_microphone(str(path), settings)
    source.start()
    try:
        yield source
    finally:
        source.stop()


def all_of(source: SoundSource) -> list[SoundBlock]:
    """Until the file has ended."""
    found = []
    while source.status().state in ("opening", "live"):
        stretch = source.take(0.05)
        if stretch is not None:
            assert source.status().state == "live"
            found.append(stretch)
    return found


def written(path: Path, sound: Sound, rate: int = 16000) -> Path:
    soundfile.write(path, sound, rate, "FLOAT")
    return path


@pytest.mark.parametrize("seconds", [0.01, 0.73, 5.21])
def test_a_file_is_heard_bit_by_bit_and_then_has_ended(tmp_path: Path, seconds: float) -> None:
    sound = noise(seconds, 44100)
    path = written(tmp_path / "motor.wav", sound, 44100)
    with hearing(path, SoundSettings(loop=False, fast=True)) as source:
        heard = all_of(source)
        status = source.status()
    np.testing.assert_array_equal(np.concatenate([stretch.samples for stretch in heard]), sound)
    assert [stretch.broken for stretch in heard] == [True] + [False] * (len(heard) - 1)
    assert {stretch.rate for stretch in heard} == {44100}
    assert (status.state, status.message) == ("ended", f"{path}: the file has ended")
    assert (status.device, status.rate, status.channels) == ("motor.wav", 44100, 1)
    assert status.seconds == pytest.approx(seconds, abs=1e-4)
    assert status.overruns == 0


def test_one_channel_is_heard_or_the_mean_of_all(tmp_path: Path) -> None:
    both = np.stack([noise(0.5, seed=1), noise(0.5, seed=2)], axis=1)
    path = written(tmp_path / "motor.flac.wav", both)
    for channel, expected in ((0, both[:, 0]), (1, both[:, 1]), (None, both.mean(axis=1))):
        with hearing(path, SoundSettings(loop=False, fast=True, channel=channel)) as source:
            np.testing.assert_array_equal(np.concatenate([s.samples for s in all_of(source)]), expected)


def test_where_it_starts_again_the_sound_is_broken(tmp_path: Path) -> None:
    sound = noise(0.35)
    with hearing(written(tmp_path / "motor.wav", sound), SoundSettings(fast=True)) as source:
        rounds: list[list[Sound]] = []
        while len(rounds) < 5:
            stretch = source.take(2.0)
            assert stretch is not None
            if stretch.broken:
                rounds.append([])
            rounds[-1].append(stretch.samples)
        assert source.status().state == "live"
    for whole in rounds[:4]:
        np.testing.assert_array_equal(np.concatenate(whole), sound)


def test_it_comes_no_faster_than_it_was_recorded(tmp_path: Path) -> None:
    path = written(tmp_path / "motor.wav", noise(1.0))
    began = time.monotonic()
    with hearing(path, SoundSettings(loop=False)) as source:
        heard = all_of(source)
    assert heard[-1].at - began > 0.99
    assert len(heard) > 3


def test_fast_waits_for_who_takes(tmp_path: Path) -> None:
    with hearing(written(tmp_path / "motor.wav", noise(30.0)), SoundSettings(loop=False, fast=True)) as source:
        assert until(lambda: source.status().seconds > 0.9)
        time.sleep(0.3)
        assert source.status().seconds < 1.3
        assert sum(len(stretch.samples) for stretch in all_of(source)) == 30 * 16000


def test_what_cannot_be_heard_is_said(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.wav", noise(2.0)).read_bytes()
    not_numbers = noise(0.5)
    not_numbers[4000] = np.nan
    bad = {
        "empty.wav": (b"", "is empty (0 bytes)"),
        "text.wav": (b"the motor was loud\n" * 99, "is not a sound file that can be decoded"),
        "torn.wav": (whole[: len(whole) // 2], "was broken off"),
        "silent.wav": (written(tmp_path / "no.wav", noise(0.0)).read_bytes(), "holds no sound"),
        "nan.wav": (written(tmp_path / "nans.wav", not_numbers).read_bytes(), "not numbers"),
    }
    for name, (content, words) in bad.items():
        (tmp_path / name).write_bytes(content)
        with hearing(tmp_path / name, SoundSettings()) as source:
            assert until(lambda source=source: source.status().state == "ended"), name
            assert words in source.status().message
            assert name in source.status().message
    with hearing(tmp_path / "whole.wav", SoundSettings(channel=1)) as source:
        assert until(lambda: source.status().state == "ended")
        assert "has 1 channels, but recipe.toml asks for number 1 (counted from 0)" in source.status().message


def test_a_file_that_is_removed_while_it_is_heard_ends_in_words(tmp_path: Path) -> None:
    path = written(tmp_path / "motor.wav", noise(0.2))
    with hearing(path, SoundSettings()) as source:
        assert source.take(5.0) is not None
        path.unlink()
        all_of(source)
        assert "there is no such file" in source.status().message


def test_it_can_be_stopped_at_any_time(tmp_path: Path) -> None:
    path = written(tmp_path / "motor.wav", noise(5.0))
    for settings in (SoundSettings(), SoundSettings(fast=True), SoundSettings(loop=False, fast=True)):
        with hearing(path, settings) as source:
            assert source.take(5.0) is not None
        source.stop()
        assert source.status().state == "stopped"
        assert source.take(5.0) is None
