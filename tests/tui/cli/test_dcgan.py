"""`goodpart dcgan` from a folder of sound to a verdict, as it is typed."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess

import cv2
import pytest

import models.dcgan.run
from core.runtime.training_process import parse_progress
from core.state.jobs import TrainingState
from tests.support.learning import learn_here
from tests.support.parts import ROOT, goodpart, goodpart_here, until
from tests.support.sounds import faulty_motor, good_motor, write_sounds

ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}
Here = Callable[[Sequence[str | Path]], CompletedProcess[str]]


class RunHere:
    """In place of a process that learns: the same module in this one, where TensorFlow is loaded once for all."""

    def __init__(self, folder: Path, options: Sequence[str], changed: Callable[[TrainingState], None], _: str) -> None:
        done = learn_here(models.dcgan.run, [folder, *options], os.environ)
        self.exit_code = done.returncode
        for line in done.stdout.splitlines():
            state = parse_progress(json.loads(line))
            assert state is not None, line
            changed(state)
            self.state = state

    def wait(self) -> TrainingState:
        return self.state


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Here:
    """The command line without processes of its own."""
    monkeypatch.setattr("tui.cli.training.TrainingRun", RunHere)
    return lambda arguments: goodpart_here(arguments, ENVIRONMENT)


@pytest.mark.slow
def test_the_whole_way(here: Here, tmp_path: Path) -> None:
    """Learning and judging in processes as a user has them; what comes between, here."""
    good = write_sounds(tmp_path / "good", (good_motor(number, 4.0) for number in range(3)))
    bad = write_sounds(tmp_path / "bad", [faulty_motor("stop", seconds=3.0)])
    (tmp_path / "good" / "text.wav").write_text("no sound")
    run, out = tmp_path / "run", tmp_path / "out"
    made = here(["dcgan", "dataset", "--input_dir", tmp_path / "good", "--output-dir", tmp_path])
    assert made.returncode == 3, "one file could not be read"
    assert "12 seconds of sound are in" in made.stdout
    assert "text.wav" in made.stderr
    train = ["dcgan", "train", "--dataset", tmp_path, "--output-dir", run, "--quick"]
    learnt = goodpart([*train, "--epochs", "2"], ENVIRONMENT, timeout=180)
    assert learnt.returncode == 0, learnt.stderr
    assert "learnt 2 epochs from 12 seconds" in learnt.stdout
    further = here(train)
    assert "learnt 1 epochs, after 2 before from 12 seconds" in further.stdout, further.stderr
    assert "3 epochs are learnt already" in here(train).stdout
    assert cv2.imread(str(run / "samples" / "epoch-0003.png")).shape == (80, 176, 3)

    detect = ["dcgan", "detect", "--checkpoint", run, "--output-dir", out, "--generated", "8"]
    scored = here([*detect, "--input-file", good[0], bad[0], "--json"])
    assert scored.returncode == 0, scored.stderr
    rows = [json.loads(line) for line in scored.stdout.splitlines()]
    assert [(Path(row["path"]), row["start"]) for row in rows] == [
        *((good[0], float(second)) for second in range(4)), *((bad[0], float(second)) for second in range(3)),
    ]  # fmt: skip
    assert all(0 < row["difference"] <= 1 and row["anomaly"] is None for row in rows)
    fourth, fifth = sorted(row["difference"] for row in rows)[3:5]
    middle = (fourth + fifth) / 2
    judged = goodpart([*detect, "--input-file", good[0], bad[0], "--threshold", f"{middle}"], ENVIRONMENT, timeout=120)
    assert judged.returncode == 1, judged.stderr
    assert f"3 beyond the threshold {middle:g}" in judged.stdout
    assert judged.stdout.count("ANOMALY") == 3

    evaluated = here(
        ["dcgan", "evaluate", "--good", tmp_path / "good", "--defect", tmp_path / "bad", "--checkpoint", run,
         "--output-dir", out, "--generated", "8"]
    )  # fmt: skip
    assert evaluated.returncode == 0, evaluated.stderr
    assert "difference: AUROC" in evaluated.stdout
    assert "discriminator: AUROC" in evaluated.stdout
    assert (out / "roc.png").read_bytes().startswith(b"\x89PNG")
    with (out / "roc.csv").open() as file:
        curve = [row for row in csv.DictReader(file) if row["measure"] == "difference"]
    assert (float(curve[0]["true_positive_rate"]), float(curve[-1]["true_positive_rate"])) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["dataset", "--output-dir", "o"], "there is no sound: give", 2),
        (["dataset", "--output-dir", "o", "--input-file", "none.wav"], "there is no such file", 2),
        (["dataset", "--output-dir", "o", "--input-file", "text.wav"], "not a sound file", 3),
        (["dataset", "--output-dir", "o", "--input-dir", "empty"], "no sound files or MFCCs", 2),
        (["dataset", "--output-dir", "o", "--input-file", "good.wav", "--prefix", "../x"], "names a folder", 2),
        (["dataset", "--output-dir", "text.wav", "--input-file", "good.wav"], "cannot be made", 2),
        (["train", "--dataset", "empty"], "`goodpart dcgan dataset --input-dir GOOD", 2),
        (["train", "--dataset", "empty", "--epochs", "0"], "not a whole number above 0", 2),
        (["detect"], "there is no sound: give", 2),
        (["detect", "--input-file", "good.wav", "--threshold", "2"], "between 0 and 1", 2),
        (["detect", "--input-file", "good.wav", "--checkpoint", "empty"], "no checkpoint here", 2),
        (["detect", "--input-file", "good.wav", "--checkpoint", "text.wav"], "damaged or not a checkpoint", 3),
        (["evaluate", "--good", "good.wav"], "--defect", 2),
    ],
)
def test_what_cannot_be_done_is_said(
    here: Here, tmp_path: Path, arguments: list[str], words: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_sounds(tmp_path, [good_motor(1, 2.0)])[0].rename("good.wav")
    Path("text.wav").write_text("no sound")
    Path("empty").mkdir()
    done = here(["dcgan", *arguments])
    assert done.returncode == code, done.stdout + done.stderr
    assert words in done.stderr


def test_without_tensorflow_it_says_what_to_install(tmp_path: Path, here: Here, user: dict[str, str]) -> None:
    write_sounds(tmp_path / "good", [good_motor(1, 11.0)])
    assert here(["dcgan", "dataset", "--input-dir", tmp_path / "good", "--output-dir", tmp_path]).returncode == 0
    done = goodpart(["dcgan", "train", "--dataset", tmp_path, "--output-dir", tmp_path / "run", "--quick"], user)
    assert done.returncode == 2
    assert "pip install 'goodpart[train]'" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.slow
def test_ctrl_c_leaves_the_last_checkpoint_to_go_on_from(tmp_path: Path) -> None:
    write_sounds(tmp_path / "good", [good_motor(1, 11.0)])
    goodpart(["dcgan", "dataset", "--input-dir", tmp_path / "good", "--output-dir", tmp_path], ENVIRONMENT)
    run = tmp_path / "run"
    words = ["dcgan", "train", "--dataset", tmp_path, "--output-dir", run, "--quick", "--epochs", "100000"]
    with subprocess.Popen(
        [sys.executable, "-m", "tui", *map(str, words)], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True
    ) as child:
        assert until(lambda: (run / "checkpoints").is_dir() and any((run / "checkpoints").glob("epoch*")), 90)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=20)
    assert child.returncode == 130
    assert "continues from its last checkpoint" in said
    assert "Traceback" not in said
    kept = sorted(path.name for path in (run / "checkpoints").iterdir())
    assert kept
    assert all(name.startswith("epoch-") for name in kept), "nothing half written stays"
