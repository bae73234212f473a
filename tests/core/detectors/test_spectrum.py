"""A window of sound is the same whether it comes at once or in pieces, and no sound makes it infinite."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.features.sound.spectrum import RATE, STEP, SpectrumFeatures, Windows, kurtosis
from core.samples import Sound
from tests.support.sounds import faulty_motor, good_motor, noise

SOUND = np.concatenate([good_motor(1, 2.0), faulty_motor("bearing", seconds=2.0)])
FIELDS = ("raw", "mod", "tone", "level", "blocks", "eye")


def streamed(sound: Sound, sizes: Sequence[int]) -> dict[str, np.ndarray]:
    features = SpectrumFeatures()
    parts: list[Windows] = []
    at = 0
    for size in sizes:
        parts.append(features.push(sound[at : at + size]))
        at += size
    parts.append(features.push(sound[at:]))
    return {field: np.concatenate([getattr(part, field) for part in parts]) for field in (*FIELDS, "ends")}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 9000), max_size=12))
def test_pieces_of_any_length_give_the_windows_of_the_whole(sizes: list[int]) -> None:
    whole = SpectrumFeatures().push(SOUND)
    pieces = streamed(SOUND, sizes)
    assert np.array_equal(pieces["ends"], whole.ends)
    for field in FIELDS:
        reference = getattr(whole, field)
        np.testing.assert_allclose(pieces[field], reference, rtol=1e-5, atol=1e-5 * np.abs(reference).max())


def test_the_first_window_comes_after_1_1_seconds_and_then_one_every_tenth() -> None:
    ends = SpectrumFeatures().push(SOUND).ends
    assert ends[0] == 11 * STEP
    assert set(np.diff(ends)) == {STEP}
    assert ends[-1] == len(SOUND)


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(2 * RATE, np.float32),
        np.ones(2 * RATE, np.float32),
        np.sign(np.sin(np.arange(2 * RATE) / 9)).astype(np.float32),
        np.eye(1, 2 * RATE, RATE, dtype=np.float32)[0],
        1e-30 * noise(2.0),
    ],
    ids=["zeros", "ones", "square", "click", "next to nothing"],
)
def test_every_window_is_of_numbers(sound: Sound) -> None:
    windows = SpectrumFeatures().push(sound)
    assert len(windows) == 10
    for field in FIELDS:
        assert np.isfinite(getattr(windows, field)).all(), field


def test_modulation_does_not_hear_how_loud_it_is() -> None:
    loud, soft = SpectrumFeatures().push(SOUND), SpectrumFeatures().push(SOUND / 4)
    np.testing.assert_allclose(soft.mod, loud.mod, atol=0.3)
    np.testing.assert_allclose(soft.level, loud.level - 20 * np.log10(4), atol=0.05)
    np.testing.assert_allclose(soft.blocks, loud.blocks, atol=0.3)


def test_kurtosis_is_3_of_noise_and_more_of_knocks() -> None:
    values = np.random.default_rng(0).standard_normal((100_000, 1)).astype(np.float32) + 9
    assert abs(float(kurtosis(values)[0]) - 3) < 0.1
    values[::1000] += 9
    assert kurtosis(values)[0] > 5
