"""`goodpart amulet` as AMULET's users know it: its options, its files, its answer."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest
import soundfile

from core.detectors.sound.amulet_model import read_model
from tests.support.data import data_folder
from tests.support.parts import ROOT, goodpart_here
from tests.support.sounds import faulty_motor, good_motor

ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


def head(path: Path) -> list[str]:
    with path.open() as file:
        return next(csv.reader(file))


def model() -> Path:
    return data_folder("sound/amulet") / "new_test"


def test_a_published_model_is_given_as_a_folder_and_finds_the_anomaly(tmp_path: Path) -> None:
    wav = data_folder("sound/amulet") / "wav" / "test_from_5.0s.wav"
    done = goodpart_here(
        ["amulet", "predict", "--model", model(), "--predict-file", wav, "--output-dir", tmp_path / "out", "--json"],
        ENVIRONMENT,
    )
    assert done.returncode == 1, done.stderr
    (line,) = done.stdout.splitlines()
    found = json.loads(line)["Analysis"]
    assert [one["seconds"] for one in found][:7] == [f"0.{n}-0.{n + 1}" for n in range(3, 9)] + ["0.9-1.0"]
    assert all(set(one) == {"Anomaly", "seconds", "value"} and one["Anomaly"] is True for one in found)
    out = tmp_path / "out"
    assert (out / "result").read_text() == "defect\n"
    for name in ("data_for_prediction.csv", "predicted_data.csv", "anomaly_results.csv"):
        assert head(out / name) == head(model() / name)
    assert (out / "anomaly.png").read_bytes().startswith(b"\x89PNG")
    assert "defect" in (out / "amulet.log").read_text()


def test_nothing_found_is_said_as_the_service_says_it(tmp_path: Path) -> None:
    wav = data_folder("sound/amulet") / "wav" / "test_from_5.0s.wav"
    quiet = ["amulet", "predict", "--model", model(), "--predict_file", wav, "--output_dir", tmp_path / "out"]
    done = goodpart_here([*quiet, "--anomaly_limit_by_hand", "5", "--json"], ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"Analysis": [{"Anomaly": "No anomalies detected"}]}
    silent = goodpart_here([*quiet, "--sensitivity", "0", "--silent"], ENVIRONMENT)
    assert (silent.returncode, silent.stdout) == (0, "")
    loud = goodpart_here([*quiet, "--sensitivity", "10"], ENVIRONMENT)
    assert loud.returncode == 1
    assert "15 of 15 rows beyond the limit 0.2580" in loud.stdout


@pytest.mark.parametrize(
    ("options", "words", "code"),
    [
        (["--sensitivity", "11"], "between 0 and 10", 2),
        (["--anomaly-limit", "nan"], "not a number between", 2),
        (["--anomaly-limit", "1", "--sensitivity", "3"], "not allowed with", 2),
        (["--predict-file", "none.wav"], "there is no such file", 3),
        (["--predict-file", "short.wav"], "groups of 10", 2),
        (["--predict-file", "text.wav"], "not a sound file that can be decoded", 3),
        (["--predict-file", "empty.wav"], "0 bytes", 3),
        (["--model", "none"], "there is no model yet", 2),
        (["--model", "."], "no such file", 2),
    ],
)
def test_what_cannot_be_judged_is_said_with_the_right_exit_code(
    tmp_path: Path, options: list[str], words: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    soundfile.write("good.wav", good_motor(1), 16000)
    soundfile.write("short.wav", good_motor(1)[:8000], 16000)
    Path("text.wav").write_text("no sound")
    Path("empty.wav").write_bytes(b"")
    usual = {"--model": str(model()), "--predict-file": "good.wav"}
    usual |= dict(zip(options[::2], options[1::2], strict=True))
    done = goodpart_here(["amulet", "predict", *(part for pair in usual.items() for part in pair)], ENVIRONMENT)
    assert done.returncode == code, done.stdout + done.stderr
    assert words in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "there is no sound to learn from"),
        (["--input-file", "good.wav", "--divide-input-sec", "0.01"], "too short"),
        (["--input-file", "good.wav", "--wavelet", "--hamming"], "--wavelet cannot be combined with"),
        (["--input-file", "good.wav", "--timesteps", "30"], "make 1 groups of 30; training needs 3"),
        (["--input-dir", "."], "there are no sound files"),
    ],
)
def test_what_cannot_be_learnt_from_is_said(
    tmp_path: Path, options: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    if options[:1] == ["--input-file"]:
        soundfile.write("good.wav", good_motor(1), 16000)
    done = goodpart_here(["amulet", "train", *options], ENVIRONMENT)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr
    assert not Path("amulet.goodpart").exists()


@pytest.mark.slow
@pytest.mark.parametrize("mode", [["--fft-last", "--timesteps", "5"], [], ["--wavelet"], ["--hamming", "--median"]])
def test_it_learns_from_all_files_of_a_folder_and_judges_another(tmp_path: Path, mode: list[str]) -> None:
    folder = tmp_path / "good"
    folder.mkdir()
    for number in range(3):
        soundfile.write(folder / f"{number}.wav", good_motor(number, 3.0), 16000)
    soundfile.write(tmp_path / "stopped.wav", faulty_motor("stop", seconds=3.0), 16000)
    out = tmp_path / "out"
    done = goodpart_here(
        ["amulet", "train", "--input-dir", folder, "--epochs", "3", *mode, "--model", tmp_path / "m.goodpart",
         "--output-dir", out, "--predict-file", tmp_path / "stopped.wav"],
        ENVIRONMENT,
    )  # fmt: skip
    assert "learnt from 3 files" in done.stdout, done.stderr
    assert done.returncode == {"good\n": 0, "defect\n": 1}[(out / "result").read_text()]
    # A wavelet's coefficients hardly change when the motor stops.
    assert done.returncode == 1 or mode == ["--wavelet"]
    assert {path.name for path in out.iterdir()} == {
        "amulet.log", "anomaly.png", "anomaly_results.csv", "data_for_prediction.csv", "error_distribution.png",
        "loss.png", "loss_history.json", "mse.png", "mse_history.json", "predicted_data.csv", "result",
        "training_data.csv", "val_loss_history.json", "val_mse_history.json",
    }  # fmt: skip
    assert len(json.loads((out / "loss_history.json").read_text())) == 3
    with (out / "training_data.csv").open() as file:
        names = [row[0] for row in csv.reader(file)][1:]
    assert {name.split(":")[0] for name in names} == {"0.wav", "1.wav", "2.wav"}
    trained = read_model(tmp_path / "m.goodpart")
    assert 0 < trained.threshold == round(trained.threshold, 4)
    # The network in NumPy is the one that Keras taught: no training row is beyond the threshold, which is one of them.
    again = goodpart_here(
        ["amulet", "predict", "--model", tmp_path / "m.goodpart", "--predict-file", folder / "1.wav", "--output-dir",
         out], ENVIRONMENT,
    )  # fmt: skip
    assert again.returncode == 0, again.stdout
    assert (out / "result").read_text() == "good\n"
