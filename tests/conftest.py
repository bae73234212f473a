"""Fixtures: recipes whose training is slow are trained once per test run."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.recipes.recipe import Recipe, open_recipe
from tests.support.parts import environment, learn_in_process, make_recipe
from tests.support.shared import made_once
from tests.support.sounds import make_motor_recipe

TAUGHT = 30
RECORDINGS = 20


@pytest.fixture(scope="session", autouse=True)
def ctrl_c() -> None:
    """Let child processes receive Ctrl-C even if a shell runs the tests in its background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def user(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment variables of a user without TensorFlow and backbone."""
    return environment(tmp_path_factory.mktemp("user"))


def learn(recipe: Recipe, user: dict[str, str]) -> None:
    """Train the recipe in a separate process; fails if training fails."""
    done = learn_in_process(recipe.folder, user)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory: pytest.TempPathFactory, user: dict[str, str]) -> Path:
    """A recipe that has learnt from drawn parts with the filter bank. Tests must not change it: `trained` is a copy."""
    return (
        made_once(tmp_path_factory, "trained", lambda folder: learn(make_recipe(folder / "pump", TAUGHT), user))
        / "pump"
    )


@pytest.fixture
def trained(trained_once: Path, tmp_path: Path) -> Recipe:
    """A copy of `trained_once` that a test may change."""
    shutil.copytree(trained_once, tmp_path / "pump")
    return open_recipe(str(tmp_path / "pump"))


@pytest.fixture(scope="session")
def heard_once(tmp_path_factory: pytest.TempPathFactory, user: dict[str, str]) -> Path:
    """A recipe that has learnt from simulated motors without TensorFlow. Tests must not change it; `heard` is a copy of
    it."""
    return (
        made_once(
            tmp_path_factory, "heard", lambda folder: learn(make_motor_recipe(folder / "motor", RECORDINGS), user)
        )
        / "motor"
    )


@pytest.fixture
def heard(heard_once: Path, tmp_path: Path) -> Recipe:
    """A copy of `heard_once` that a test may change."""
    shutil.copytree(heard_once, tmp_path / "motor")
    return open_recipe(str(tmp_path / "motor"))


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """A function that mounts at a folder below tmp_path: `mounted("-t", "tmpfs", "tmpfs")`; skips if not permitted."""
    mounts: list[Path] = []

    def mount(*arguments: str) -> Path:
        place = tmp_path / f"mount{len(mounts)}"
        place.mkdir()
        try:
            done = subprocess.run(["mount", *arguments, str(place)], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            pytest.skip("there is no mount command here")
        if done.returncode:
            pytest.skip(f"nothing may be mounted here: {done.stderr.strip()}")
        mounts.append(place)
        return place

    yield mount
    for place in reversed(mounts):
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def small_disk(mounted: Callable[..., Path]) -> Callable[[int], Path]:
    """A function that makes a real file system in memory, of the given size in KiB."""
    return lambda size: mounted("-t", "tmpfs", "-o", f"size={size}k", "tmpfs")


@pytest.fixture
def read_only(mounted: Callable[..., Path]) -> Callable[[Path], Path]:
    """A function that mounts a folder again, so that not even root can write through the new path."""
    return lambda folder: mounted("-o", "bind,ro", str(folder))


IN_HAND = {
    "process": {
        "subprocess", "goodpart", "learn_in_process", "serving", "serving_both", "inside", "TrainingRun",
        "ModelReviewProcess",
    },
    "terminal": {"TerminalRig", "pty"},
    "device": {"PulseServer", "MjpegServer", "RtspServer", "SimulatedBoard", "chromium"},
    "learning": {"keras", "Gan"},
    "screen": {"Pilot", "Dashboard", "Shell"},
}  # fmt: skip
"""By mark, names that a test module has if its tests are marked so."""
LEARNT_FIRST = {"trained_once", "heard_once"}
"""Fixtures that start a process which learns a model."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what takes its time, so that `make test-fast` can leave it out."""
    for item in items:
        assert isinstance(item, pytest.Function)
        for mark, names in IN_HAND.items():
            if names & vars(item.module).keys():
                item.add_marker(mark)
        if LEARNT_FIRST & set(item.fixturenames):
            item.add_marker("process")
