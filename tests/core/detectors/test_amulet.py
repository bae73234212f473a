"""AMULET's numbers, from its own published files, and its features against librosa, PyWavelets and scikit-learn."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
import pytest

from core.detectors.sound.amulet import (
    WEIGHTS,
    AmuletDetector,
    Network,
    Scaler,
    grouped,
    packed,
    sensitive,
    ungrouped,
)
from core.detectors.sound.amulet_model import read_model
from core.errors import GoodpartError, UnreadableError
from core.features.sound.amulet import AmuletFeatures, rows_of, table_of
from tests.support.data import data_folder
from tests.support.sounds import noise


def published(name: str) -> tuple[list[str], np.ndarray]:
    """Row names and numbers of one of AMULET's tables; what is empty is not a number."""
    with (data_folder("sound/amulet") / name).open() as file:
        rows = list(csv.reader(file))[1:]
    numbers = [[float(v) if v not in ("", "True", "False") else np.nan for v in row[1:]] for row in rows]
    return [row[0] for row in rows], np.array(numbers)


def flags(name: str) -> list[bool]:
    with (data_folder("sound/amulet") / name).open() as file:
        return [row[3] == "True" for row in list(csv.reader(file))[1:]]


@pytest.mark.parametrize(
    ("model", "rows", "predictions", "errors", "threshold", "called"),
    [("new_test", 120, 2e-8, 6e-9, 0.6451, 25), ("example_model", 115, 1e-7, 6e-8, 0.4226, 115)],
)
def test_published_models_give_the_published_numbers(
    model: str, rows: int, predictions: float, errors: float, threshold: float, called: int
) -> None:
    ours = read_model(data_folder("sound/amulet") / model)
    _, features = published(f"{model}/data_for_prediction.csv")
    _, drawn = published(f"{model}/predicted_data.csv")
    _, results = published(f"{model}/anomaly_results.csv")
    assert ours.threshold == threshold
    assert len(drawn) == rows
    np.testing.assert_allclose(ours.redrawn(features)[:rows], drawn, atol=predictions)
    found = ours.errors(features)
    np.testing.assert_allclose(found[:rows], results[:rows, 0], atol=errors)
    assert (found[:rows] > threshold).tolist() == flags(f"{model}/anomaly_results.csv")[:rows]
    assert int(np.sum(found[:rows] > threshold)) == called
    # What fills no group was never judged there; here it is, with the rows before it.
    assert np.isfinite(found).all()


def test_from_the_wav_to_the_published_flags() -> None:
    folder = data_folder("sound/amulet")
    ours = read_model(folder / "new_test")
    rows = table_of(folder / "wav" / "test_from_5.0s.wav", AmuletFeatures("block")).rows[:10]
    names, results = published("new_test/anomaly_results.csv")
    at = names.index("5.0-5.1")
    assert names[at + 9] == "5.9-6.0"
    errors = ours.errors(rows)
    np.testing.assert_allclose(errors, results[at : at + 10, 0], rtol=1e-2)
    expected = flags("new_test/anomaly_results.csv")[at : at + 10]
    assert (errors > ours.threshold).tolist() == expected
    assert sum(expected) == 7


def test_the_published_answer_of_the_service_is_found_again() -> None:
    folder = data_folder("sound/amulet")
    names, features = published("new_test/data_for_prediction.csv")
    ours = read_model(folder / "new_test")
    errors = ours.errors(features)[:120]
    answer = json.loads((folder / "expected_output.json").read_text())["Analysis"]
    found = [(name, error) for name, error in zip(names, errors, strict=False) if error > ours.threshold]
    assert [name for name, _ in found] == [one["filename"] for one in answer]
    np.testing.assert_allclose([error for _, error in found], [one["value"] for one in answer], atol=2.2e-7)


def test_whole_file_rows_have_the_published_names_and_step() -> None:
    names, _ = published("example_model/data_for_prediction.csv")
    ours = rows_of(noise(11.0, 22050), AmuletFeatures())
    assert list(ours.names[:115]) == names


def theirs(block: np.ndarray, statistic: Callable[..., float]) -> list[float]:
    from scipy.fft import dct

    spectrum = np.abs(librosa.stft(block, n_fft=2048, hop_length=512, pad_mode="reflect"))
    mel = librosa.feature.melspectrogram(S=spectrum**2, sr=22050)
    mfcc = dct(librosa.power_to_db(mel), axis=0, type=3, norm="ortho")[:20]
    return [float(statistic(kind)) for kind in (spectrum, mel, mfcc)]


@pytest.mark.parametrize("median", [False, True])
def test_blocks_are_those_of_librosa(median: bool) -> None:
    sound = noise(0.55, 22050)
    table = rows_of(sound, AmuletFeatures("block", median=median))
    assert list(table.names) == ["0.0-0.1", "0.1-0.2", "0.2-0.3", "0.3-0.4", "0.4-0.5"]
    statistic = np.median if median else np.mean
    for at, row in enumerate(table.rows):
        block = sound[at * 2205 : (at + 1) * 2205]
        np.testing.assert_allclose(row[2:], theirs(block, statistic), rtol=1e-4)
        assert row[0] == pytest.approx(statistic(block), abs=1e-8)
        assert row[1] == pytest.approx(statistic(np.abs(np.fft.fft(block).real)), rel=1e-6)


def test_the_hamming_window_is_for_the_fft_alone() -> None:
    sound = noise(0.3, 22050)
    plain, windowed = (rows_of(sound, AmuletFeatures("block", hamming=on)).rows for on in (False, True))
    assert np.array_equal(plain[:, [0, 2, 3, 4]], windowed[:, [0, 2, 3, 4]])
    block = sound[:2205] * np.hamming(2205)
    assert windowed[0, 1] == pytest.approx(np.mean(np.abs(np.fft.fft(block).real)), rel=1e-6)


def test_whole_files_are_read_at_single_columns() -> None:
    from scipy.fft import dct

    sound = noise(2.0, 22050)
    spectrum = np.abs(librosa.stft(sound, n_fft=2048, hop_length=512, pad_mode="reflect"))
    mel = librosa.feature.melspectrogram(S=spectrum**2, sr=22050)
    mfcc = np.abs(dct(librosa.power_to_db(mel), axis=0, type=3, norm="ortho")[:20])
    table = rows_of(sound, AmuletFeatures())
    step = spectrum.shape[1] // 20
    assert step == 4
    for at, row in enumerate(table.rows):
        column = at * step + step
        expected = [kind[:, column].mean() for kind in (spectrum, mel, mfcc)]
        np.testing.assert_allclose(row, expected, rtol=1e-4)


@pytest.mark.parametrize("median", [False, True])
def test_wavelets_are_those_of_pywavelets(median: bool) -> None:
    import pywt

    sound = noise(1.5, 1378).astype(np.float64)
    coefficients, _ = pywt.cwt(sound, np.arange(1, 50), "morl")
    table = rows_of(sound, AmuletFeatures("wavelet", median=median))
    statistic = np.median if median else np.mean
    expected = [statistic(coefficients[:, at * 137 : (at + 1) * 137], axis=1) for at in range(len(table.rows))]
    np.testing.assert_allclose(table.rows, expected, atol=1e-6)
    assert len(table.rows) == len(sound) // 137


def test_the_scaler_is_scikit_learns_and_does_not_clip() -> None:
    from sklearn.preprocessing import MinMaxScaler

    taught, other = noise(0.01, 5000).reshape(-1, 5), 3 * noise(0.01, 5000, seed=1).reshape(-1, 5)
    ours, reference = Scaler.of(taught.astype(float)), MinMaxScaler().fit(taught.astype(float))
    np.testing.assert_allclose(ours(other), reference.transform(other), rtol=1e-6)
    assert ours(other).max() > 1


@pytest.mark.parametrize(("rows", "timesteps"), [(20, 10), (23, 10), (10, 10), (7, 1), (11, 4)])
def test_rows_that_are_left_over_are_judged_with_those_before(rows: int, timesteps: int) -> None:
    numbers = np.arange(rows * 3.0).reshape(rows, 3)
    groups = grouped(numbers, timesteps)
    assert groups.shape[1:] == (timesteps, 3)
    assert np.array_equal(ungrouped(groups, rows), numbers)


def test_a_step_of_sensitivity_is_thirty_percent_and_eight_is_as_trained() -> None:
    assert sensitive(0.5, 8) == 0.5
    assert sensitive(0.5, 10) == pytest.approx(0.5 * 0.4)
    assert sensitive(0.5, 0) == pytest.approx(0.5 * 3.4)


def test_what_is_redrawn_is_what_the_networks_make_of_the_scaled_rows() -> None:
    features = AmuletFeatures()
    sound = noise(4.0, features.rate)
    rows = rows_of(sound, features).rows
    count, random = rows.shape[1], np.random.default_rng(1)
    shapes = [(count, 64), (16, 64), 64, (16, 16), (4, 16), 16, (4, 16), (4, 16), 16, (4, 64), (16, 64), 64]
    shapes += [(16, count), count]
    weights = [{n: random.normal(0, 0.1, s) for n, s in zip(WEIGHTS, shapes, strict=True)} for _ in range(2)]
    arrays = {name: array for k in range(2) for name, array in packed(weights[k], f"network{k}_").items()}
    scaler = Scaler.of(rows)
    arrays |= {"scaler_scale": scaler.scale, "scaler_offset": scaler.offset}
    detector = AmuletDetector(arrays, {}, {"features": {}, "timesteps": 10, "networks": 2})
    what, seen, drawn = detector.redraw(sound)
    assert what == "feature rows" and seen.shape == drawn.shape == (count, 10)
    first = (len(rows) - 10) // 2
    np.testing.assert_allclose(seen.T, scaler(rows)[first : first + 10], rtol=1e-5, atol=1e-6)
    made = [Network(one)(seen.T[None].astype(np.float64))[0] for one in weights]
    np.testing.assert_allclose(drawn.T, np.mean(made, axis=0), rtol=1e-4, atol=1e-5)


def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    with pytest.raises(GoodpartError, match="too short"):
        AmuletFeatures(seconds=0.02)
    with pytest.raises(GoodpartError, match="--fft-last"):
        AmuletFeatures(hamming=True)
    with pytest.raises(GoodpartError, match="there is no model yet"):
        read_model(tmp_path / "none.goodpart")
    with pytest.raises(GoodpartError, match=r"weights\.json: there is no such file"):
        read_model(tmp_path)
    for name in ("weights", "scaler", "threshold"):
        (tmp_path / f"{name}.json").write_text("{}")
    with pytest.raises(GoodpartError, match="not an exported AMULET model"):
        read_model(tmp_path)
    (tmp_path / "empty.wav").write_bytes(b"")
    with pytest.raises(UnreadableError, match="0 bytes"):
        table_of(tmp_path / "empty.wav", AmuletFeatures())
