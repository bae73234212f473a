"""Sound comes in order and whole, or it says that it was lost; and the simulated motor sounds like one."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from core.features.sound.spectrum import SpectrumFeatures
from core.samples import SoundBlock
from core.sources.microphone.base import SoundSettings, SoundSource
from core.sources.microphone.ring_buffer import RingBuffer
from core.sources.microphone_address import open_microphone
from core.sources.simulated.microphone import SimulatedMotor, shown_units
from core.sources.simulated.motor import BALLS, MOTOR_FAULTS, RATE, SPEED, Motor, Unit, good_sound, sound_of
from core.sources.simulated.schedule import next_exchange
from tests.support.parts import until
from tests.support.sounds import noise


def taken(ring: RingBuffer) -> list[SoundBlock]:
    found = []
    while (stretch := ring.take(0)) is not None:
        found.append(stretch)
    return found


@given(st.lists(st.tuples(st.integers(1, 400), st.booleans(), st.sampled_from(["good", "rub"])), max_size=30))
def test_what_was_put_is_taken_in_order_and_breaks_stay_where_they_are(puts: list[tuple[int, bool, str]]) -> None:
    ring = RingBuffer()
    number, breaks = 0, {0}
    for count, lost, truth in puts:
        breaks |= {number} if lost else set()
        ring.put(np.arange(number, number + count, dtype=np.float32), 1000, truth, lost=lost)
        number += count
    found = taken(ring)
    sounds = [stretch.samples for stretch in found]
    assert np.array_equal(np.concatenate(sounds) if sounds else [], np.arange(number))
    assert {int(stretch.samples[0]) for stretch in found if stretch.broken} == (breaks if puts else set())
    assert ring.overruns == sum(lost for _, lost, _ in puts)


def test_an_overrun_is_counted_and_what_is_left_begins_anew() -> None:
    ring = RingBuffer(seconds=1.0)
    for _ in range(15):
        ring.put(noise(0.1, 1000), 1000)
    assert ring.overruns == 1
    first, *others = taken(ring)
    assert first.broken
    assert not any(stretch.broken for stretch in others)
    assert sum(len(stretch.samples) for stretch in (first, *others)) <= 1000
    ring.interrupt()
    ring.put(noise(0.1, 1000), 1000)
    again = ring.take(0)
    assert again is not None and again.broken


def heard(source: SoundSource, seconds: float) -> list[SoundBlock]:
    found: list[SoundBlock] = []
    source.start()
    end = time.monotonic() + 10
    while sum(len(s.samples) / s.rate for s in found) < seconds and time.monotonic() < end:
        stretch = source.take(0.5)
        if stretch is not None:
            found.append(stretch)
        elif source.status().state == "ended":
            break
    return found


def test_a_file_is_heard_bit_by_bit_and_then_has_ended(tmp_path: Path) -> None:
    sound = noise(1.3, 8000)
    soundfile.write(tmp_path / "x.wav", sound, 8000, "FLOAT")
    source = open_microphone(str(tmp_path / "x.wav"), SoundSettings(loop=False, fast=True))
    found = heard(source, 5.0)
    assert np.array_equal(np.concatenate([stretch.samples for stretch in found]), sound)
    assert [stretch.broken for stretch in found] == [True] + [False] * (len(found) - 1)
    assert until(lambda: source.status().state == "ended")
    assert "the file has ended" in source.status().message
    assert source.status().overruns == 0
    source.stop()


def test_a_file_that_starts_again_is_broken_at_the_seam(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.wav", noise(0.5, 8000), 8000)
    source = open_microphone(str(tmp_path / "x.wav"), SoundSettings(fast=True))
    found = heard(source, 2.0)
    source.stop()
    ends = np.cumsum([len(stretch.samples) for stretch in found])
    begins = [0, *ends[:-1]]
    assert {int(at) for at, stretch in zip(begins, found, strict=True) if stretch.broken} == {0, 4000, 8000, 12000}


@pytest.mark.parametrize(("content", "words"), [(b"", "0 bytes"), (b"text" * 40, "not a sound file")])
def test_a_file_that_is_no_sound_says_so_in_its_status(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "x.wav").write_bytes(content)
    source = open_microphone(str(tmp_path / "x.wav"), SoundSettings())
    source.start()
    assert until(lambda: words in source.status().message)
    assert source.status().state == "ended"
    source.stop()


def test_a_motor_is_the_same_for_a_seed_and_differs_from_its_like() -> None:
    assert np.array_equal(sound_of(Unit(1, 2), 1.0), sound_of(Unit(1, 2), 1.0))
    assert not np.array_equal(sound_of(Unit(1, 2), 1.0), sound_of(Unit(1, 3), 1.0))
    assert not np.array_equal(sound_of(Unit(1, 2), 1.0), next(good_sound(1, 1.0, 1)))
    sound = sound_of(Unit(1, 2), 2.0)
    assert sound.dtype == np.float32
    assert np.abs(sound).max() < 0.5


@pytest.mark.parametrize("fault", MOTOR_FAULTS)
def test_faults_change_the_sound_more_than_another_motor_does(fault: str) -> None:
    def features(unit: Unit) -> np.ndarray:
        windows = SpectrumFeatures().push(sound_of(unit, 3.0))
        return np.concatenate([windows.raw.mean(axis=0), windows.mod.mean(axis=0), windows.tone.mean(axis=0)])

    good = np.array([features(Unit(1, number)) for number in range(6)])
    usual = np.abs(good - good.mean(axis=0)).max()
    bad = features(Unit(1, 0, fault=fault, strength=1.0))  # type: ignore[arg-type]
    assert np.abs(bad - good[0]).max() > 2 * usual


def test_a_worn_bearing_knocks_at_its_own_rate() -> None:
    sound = sound_of(Unit(1, 0, fault="bearing", strength=1.0), 8.0).astype(np.float64)
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    ringing = np.fft.irfft(np.where((hertz > 2500) & (hertz < 4000), spectrum, 0))
    envelope = np.abs(np.fft.rfft(np.abs(ringing) - np.abs(ringing).mean()))
    rates = np.fft.rfftfreq(len(ringing), 1 / RATE)
    loudest = rates[(rates > 40) & (rates < 150)][envelope[(rates > 40) & (rates < 150)].argmax()]
    assert loudest == pytest.approx(BALLS * SPEED, rel=0.03)


def test_the_bench_tells_the_truth_and_shows_every_fault() -> None:
    units = shown_units(0)
    first = [next(units) for _ in range(40)]
    assert first[0].fault is None
    assert {unit.fault for unit in first} == {None, *MOTOR_FAULTS}
    source = SimulatedMotor(SoundSettings(fast=True), seconds_per_part=0.5)
    truths = [stretch.truth for stretch in heard(source, 10.0)]
    source.stop()
    expected = [unit.fault or "good" for unit in first]
    changes = [truth for at, truth in enumerate(truths) if at == 0 or truth != truths[at - 1]]
    wanted = [truth for at, truth in enumerate(expected) if at == 0 or truth != expected[at - 1]]
    assert changes == wanted[: len(changes)]
    assert len(changes) > 3


@given(st.floats(0, 1e6), st.sampled_from([0.5, 4.0, 5.0]))
def test_camera_and_motor_exchange_the_part_at_the_same_moment(now: float, seconds: float) -> None:
    due = next_exchange(now, seconds)
    assert now < due <= now + 2 * seconds
    assert abs(due / seconds - round(due / seconds)) < 1e-6
    # Who asks a moment later, before the same part is in, is told the same moment.
    assert next_exchange(due + 0.01 * seconds, seconds) == pytest.approx(due + seconds)


def test_blocks_join_without_a_seam() -> None:
    motor = Motor(Unit(1, 0))
    sound = np.concatenate([motor.block() for _ in range(20)])
    steps = np.abs(np.diff(sound))
    seams = steps[1599::1600]
    assert seams.max() <= steps.max()
    assert seams.mean() < 3 * steps.mean()
