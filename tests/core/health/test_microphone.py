"""Sound that cannot be trusted is never judged: every fault of the microphone in words, none of the machine's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import soundfile

from core.errors import GoodpartError
from core.health.microphone import MicrophoneHealth, TaughtSound, measure_sound
from core.samples import Sound, SoundBlock
from core.sources.simulated.motor import MOTOR_FAULTS, RATE
from core.state.source_status import MicrophoneStatus
from tests.support.data import data_folder
from tests.support.sounds import faulty_motor, good_motor, noise

LIVE = MicrophoneStatus("live", "default", rate=RATE, channels=1)


TAUGHT = TaughtSound.of(
    measure_sound(second, RATE) for number in range(6) for second in good_motor(number).reshape(-1, RATE)
)


class Bench:
    """A health that hears 0.1 s after the other."""

    def __init__(self, taught: TaughtSound | None = TAUGHT) -> None:
        self.health = MicrophoneHealth(taught)
        self.now = 100.0

    def hears(self, sound: Sound, rate: int = RATE) -> list[str | None]:
        said = []
        for at in range(0, len(sound), rate // 10):
            self.now += 0.1
            stretch = SoundBlock(sound[at : at + rate // 10], rate, self.now, broken=False)
            said.append(self.health.check(stretch, LIVE, self.now))
        return said


def square(sound: Sound) -> Sound:
    return np.where(np.sin(np.arange(len(sound)) / 20) > 0, 1.0, -1.0).astype(np.float32)


def with_gaps(sound: Sound) -> Sound:
    sound = sound.copy()
    sound[::500] = np.nan
    return sound


FAULTS: dict[str, tuple[Callable[[Sound], Sound], str]] = {
    "silence": (np.zeros_like, "silent (nothing but zeros): is it muted or unplugged?"),
    "near silence": (lambda sound: noise(len(sound) / RATE, level=1e-5), "as good as silent (-100 dB, taught"),
    "clipping": (lambda sound: np.clip(60 * sound, -1, 1), "of the samples at full scale): turn the gain down"),
    "a full-scale square wave": (square, "clipping (1e+02 % of the samples"),
    "stuck": (lambda sound: np.full_like(sound, 0.25), "stuck at 0.25: check cable and device"),
    "an offset": (lambda sound: sound + np.float32(0.2), "constant offset of 0.20"),
    "no numbers": (with_gaps, "gives samples that are not numbers"),
    "infinite": (lambda sound: np.where(sound > 0, np.inf, sound).astype(np.float32), "not numbers"),
    "40 dB quieter": (lambda sound: sound / 100, "dB"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_microphone_is_said_within_a_second_and_then_gone_again(fault: str) -> None:
    spoil, words = FAULTS[fault]
    bench = Bench()
    assert bench.hears(good_motor(70)) == [None] * 40
    said = bench.hears(spoil(good_motor(71, 1.5)))[-1]
    assert said is not None
    assert said.startswith("microphone: ")
    assert words in said
    after = bench.hears(good_motor(72))
    assert after[10:] == [None] * 30


@pytest.mark.parametrize("fault", ["silence", "stuck", "no numbers", "clipping", "an offset"])
def test_faults_are_heard_by_a_station_that_was_taught_nothing(fault: str) -> None:
    spoil, _ = FAULTS[fault]
    bench = Bench(None)
    assert bench.hears(good_motor(70))[-1] is None
    assert bench.hears(spoil(good_motor(71, 1.5)))[-1] is not None


@pytest.mark.parametrize("fault", MOTOR_FAULTS)
def test_faults_of_the_motor_are_none_of_the_microphone(fault: str) -> None:
    assert set(Bench().hears(faulty_motor(fault))) == {None}


def test_faults_of_real_motors_are_none_of_the_microphone() -> None:
    data = data_folder("sound/bldc_motor")
    clips = {path: soundfile.read(path, dtype="float32", always_2d=True) for path in sorted(data.rglob("*.wav"))}
    good = [
        measure_sound(samples[at : at + rate].mean(axis=1), rate)
        for path, (samples, rate) in clips.items()
        if path.parent.name == "good"
        for at in range(0, len(samples) - rate + 1, rate)
    ]
    for path, (samples, rate) in clips.items():
        said = set(Bench(TaughtSound.of(good)).hears(samples.mean(axis=1), rate))
        # Some clips were overdriven when they were recorded, which the microphone's health may tell.
        assert {words for words in said if words and "clipping" not in words} == set(), path


def test_a_lower_rate_than_taught_is_said_and_a_higher_one_is_not() -> None:
    said = Bench().hears(good_motor(1)[::2], RATE // 2)[-1]
    assert said == (
        "microphone: 8000 samples a second, taught were 16000 and more: high tones are missing;"
        " set rate in recipe.toml or teach again"
    )
    assert Bench().hears(np.repeat(good_motor(1), 3), 3 * RATE)[-1] is None


def test_a_device_that_says_nothing_is_not_ok() -> None:
    bench = Bench()
    assert bench.health.check(None, LIVE, bench.now) == "microphone: no sound yet"
    bench.hears(good_motor(1))
    assert bench.health.check(None, LIVE, bench.now + 0.5) is None
    assert bench.health.check(None, LIVE, bench.now + 1.0) == "microphone: no sound for 1.0 s"
    bench.now += 1.0
    assert bench.hears(good_motor(1))[-1] is None


def test_a_device_that_went_is_not_ok_until_it_is_heard_again() -> None:
    bench = Bench()
    bench.hears(good_motor(1))
    lost = MicrophoneStatus("lost", "default", "microphone default: gives no sound any more; trying again")
    assert bench.health.check(None, lost, bench.now) == lost.message
    assert bench.health.level() is None
    assert bench.health.check(None, LIVE, bench.now) == "microphone: no sound yet"
    assert bench.hears(good_motor(2))[-1] is None
    ended = MicrophoneStatus("ended", "a.wav", "a.wav: the file has ended")
    assert bench.health.check(None, ended, bench.now) == "microphone: a.wav: the file has ended"
    opening = MicrophoneStatus("opening", "default")
    assert bench.health.check(None, opening, bench.now) == "microphone: default is opening"


def test_the_level_is_shown_in_decibels_of_full_scale() -> None:
    bench = Bench(None)
    sine = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype(np.float32)
    bench.hears(0.5 * sine)
    level = bench.health.level()
    assert level is not None
    assert level.rms == pytest.approx(-9.03, abs=0.05)
    assert level.peak == level.hold == pytest.approx(-6.02, abs=0.05)
    assert not level.clipped
    bench.hears(sine[: RATE // 10])
    bench.hears(0.05 * sine)
    level = bench.health.level()
    assert level is not None
    assert (level.rms, level.hold) == (pytest.approx(-29.03, abs=0.05), pytest.approx(0.0, abs=0.01))
    assert level.clipped
    bench.hears(np.tile(0.05 * sine, 3))
    level = bench.health.level()
    assert level is not None
    assert level.hold == pytest.approx(-26.02, abs=0.05)
    assert not level.clipped


def test_what_was_taught_is_kept_and_must_be_whole() -> None:
    assert TaughtSound.from_json(TAUGHT.to_json()) == TAUGHT
    for damage in ({}, TAUGHT.to_json() | {"rms_low": float("nan")}, TAUGHT.to_json() | {"offset_high": True}):
        with pytest.raises(GoodpartError, match=r"has no number for .*: train again"):
            TaughtSound.from_json(damage)
    with pytest.raises(GoodpartError, match="teach some first"):
        TaughtSound.of([])
