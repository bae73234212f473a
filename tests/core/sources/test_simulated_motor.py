"""The simulated motor: a sound like that of a real one, with faults that can be told and good units that differ."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.features.sound.mel import hann, mel_filterbank, power_spectra
from core.samples import Sound
from core.sources.microphone.base import SoundSettings
from core.sources.simulated.microphone import SimulatedMotor, shown_units
from core.sources.simulated.motor import BALLS, MOTOR_FAULTS, RATE, SPEED, Motor, MotorFault, Unit, good_sound, sound_of
from core.sources.simulated.schedule import SHORTEST, next_exchange
from tests.support.sounds import faulty_motor, good_motor


def bands(sound: Sound) -> np.ndarray:
    """dB in 64 mel bands, float64 (64,)."""
    frames = sound[: len(sound) // 1024 * 1024].reshape(-1, 1024)
    power = power_spectra(frames, hann(1024)).mean(axis=0)
    return np.asarray(10 * np.log10(power @ mel_filterbank(RATE, 1024, 64, 0.0, RATE / 2) + 1e-10), float)


def test_a_unit_sounds_the_same_every_time() -> None:
    for unit in (Unit(1, 2), Unit(1, 2, fault="bearing"), Unit(1, 2, fault="rub", strength=0.3)):
        np.testing.assert_array_equal(sound_of(unit, 1.0), sound_of(unit, 1.0))
    assert sound_of(Unit(1, 2), 1.0).dtype == np.float32
    assert sound_of(Unit(1, 2), 1.0).shape == (RATE,)


def test_no_two_units_sound_alike() -> None:
    units = [Unit(1, 2), Unit(1, 3), Unit(2, 2), Unit(1, 2, "taught")]
    sounds = [sound_of(unit, 0.5) for unit in units]
    for at, one in enumerate(sounds):
        assert not any(np.array_equal(one, other) for other in sounds[at + 1 :])
    shown = [sound_of(unit, 0.1) for unit in islice(shown_units(0), 20)]
    for taught in good_sound(20, 0.1):
        assert not any(np.array_equal(taught, one) for one in shown)


def test_it_neither_clips_nor_jumps_between_blocks() -> None:
    for fault in (None, *MOTOR_FAULTS):
        motor = Motor(Unit(0, 5, fault=fault))
        blocks = [motor.block() for _ in range(30)]
        whole = np.concatenate(blocks)
        assert np.abs(whole).max() < 0.9
        steps = np.abs(np.diff(whole))
        seams = steps[len(blocks[0]) - 1 :: len(blocks[0])]
        assert seams.max() <= np.delete(steps, np.arange(len(blocks[0]) - 1, len(steps), len(blocks[0]))).max()


@pytest.mark.parametrize("fault", ["imbalance", "rub", "stop", "whistle"])
def test_good_units_differ_less_than_a_fault_changes(fault: MotorFault) -> None:
    good = np.array([bands(good_motor(number)) for number in range(20)])
    centre, spread = good.mean(axis=0), good.std(axis=0) + 0.3
    usual = np.abs((good - centre) / spread).max(axis=1)
    for number in range(900, 905):
        assert np.abs((bands(faulty_motor(fault, number=number)) - centre) / spread).max() > 1.3 * usual.max()


def envelope_peak(sound: Sound) -> tuple[float, float]:
    """Hertz and height over the median of the strongest line of the envelope between 60 and 130 Hz, of what rings
    between 2.6 and 3.8 kHz."""
    spectrum = np.fft.fft(sound)
    hertz = np.fft.fftfreq(len(sound), 1 / RATE)
    envelope = np.abs(np.fft.ifft(np.where((hertz > 2600) & (hertz < 3800), 2 * spectrum, 0)))
    # In pieces of a second: balls slip, so that lines are wide.
    lines = np.mean([np.abs(np.fft.rfft(p - p.mean())) ** 2 for p in envelope.reshape(-1, RATE)], axis=0)
    searched = lines[60:131]
    return 60.0 + float(searched.argmax()), float(searched.max() / np.median(searched))


def test_a_worn_bearing_knocks_at_its_own_rate() -> None:
    for number in range(900, 904):
        hertz, height = envelope_peak(faulty_motor("bearing", 0.6, seconds=8.0, number=number))
        assert hertz == pytest.approx(BALLS * SPEED, rel=0.04)
        assert height > 2 * envelope_peak(good_motor(number, seconds=8.0))[1]


def test_the_first_is_good_and_every_fault_comes_in_turn() -> None:
    units = list(islice(shown_units(7), 200))
    assert units[0].fault is None
    faulty = [unit for unit in units if unit.fault]
    assert {unit.fault for unit in faulty[: len(MOTOR_FAULTS)]} == set(MOTOR_FAULTS)
    assert 0.2 < len(faulty) / len(units) < 0.34
    assert [unit.number for unit in units] == list(range(200))
    assert units == list(islice(shown_units(7), 200)) != list(islice(shown_units(8), 200))


def test_the_truth_changes_when_the_part_is_exchanged() -> None:
    source = SimulatedMotor(SoundSettings(fast=True, seed=3), seconds_per_part=0.5)
    source.start()
    expected = shown_units(3)
    try:
        left: list[tuple[Unit, Sound]] = []
        heard = np.zeros(0, np.float32)
        while len(left) < 12:
            stretch = source.take(5.0)
            assert stretch is not None
            assert source.status().state == "live"
            heard = np.concatenate([heard, stretch.samples])
            while len(heard) >= RATE // 2:
                unit = next(expected)
                left.append((unit, heard[: RATE // 2]))
                heard = heard[RATE // 2 :]
            if not len(heard):
                assert stretch.truth == (left[-1][0].fault or "good")
    finally:
        source.stop()
    for unit, sound in left:
        np.testing.assert_array_equal(sound, sound_of(unit, 0.5))


@given(st.floats(0, 1e6), st.floats(0, 4.9))
def test_camera_and_microphone_exchange_at_the_same_moment(now: float, later: float) -> None:
    """Whoever asks, and whenever: parts change at the same points of the one clock."""
    first, second = next_exchange(now, 5.0), next_exchange(now + later, 5.0)
    for asked, due in ((now, first), (now + later, second)):
        assert due % 5.0 == pytest.approx(0.0, abs=1e-6)
        assert SHORTEST <= due - asked <= 5.0 + SHORTEST
    assert second - first in (0.0, 5.0)
