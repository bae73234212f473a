"""What is imported decides what a station costs, and how soon `goodpart --help` answers."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.data import ROOT

LEARNING = {"tensorflow", "keras", "librosa", "sklearn", "scipy"}
SCREEN = {"textual", "rich"}
NUMBERS = {"numpy", "cv2", "ai_edge_litert"}


def loaded_by(code: str) -> set[str]:
    """Top-level names of all modules that a fresh interpreter has after it."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules, file=sys.stderr)"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {name.partition(".")[0] for name in done.stderr.splitlines()[-1].split()}


@pytest.mark.parametrize(
    "module",
    ["core.station", "core.detectors.features", "core.detectors.seed", "core.sources.simulated", "core.sources.mjpeg",
     "core.senses.hearing", "core.ear", "core.audition", "core.detectors.spectrum", "core.detectors.amulet",
     "core.sources.microphone", "core.sources.simulated_motor", "core.amulet",
     "tui.plain", "tui.commands.score", "tui.commands.score_sound", "tui.commands.calibrate", "tui.commands.watch",
     "tui.commands.devices", "tui.commands.amulet", "tui.commands.dcgan", "tui.commands.compare", "core.advice"],
)  # fmt: skip
def test_the_station_loads_neither_screen_nor_learning(module: str) -> None:
    loaded = loaded_by(f"import {module}")
    assert not loaded & (LEARNING | SCREEN)
    assert "models" not in loaded


@pytest.mark.parametrize("module", ["tui.app", "tui.late", "tui.screens.compare"])
def test_the_screen_is_there_before_the_numbers(module: str) -> None:
    loaded = loaded_by(f"import {module}")
    assert not loaded & (LEARNING | NUMBERS | {"models"})


@pytest.mark.parametrize(
    "module",
    [
        "models.train",
        "models.features",
        "models.backbone",
        "models.folds",
        "models.spectrum",
        "models.sound",
        "models.contest",
    ],
)
def test_learning_without_gradients_needs_no_tensorflow(module: str) -> None:
    loaded = loaded_by(f"import {module}")
    assert not loaded & (LEARNING | SCREEN | {"tui"})


@pytest.mark.parametrize("arguments", [[], ["--help"], ["--version"], ["watch", "--help"], ["train", "--nonsense"]])
def test_help_comes_before_anything_heavy(arguments: list[str]) -> None:
    code = (
        "import contextlib, io\nfrom tui.main import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()), "
        f"contextlib.redirect_stderr(io.StringIO()):\n    main({arguments!r})"
    )
    loaded = loaded_by(code)
    assert not loaded & (LEARNING | SCREEN | NUMBERS | {"models", "platformdirs", "tomlkit", "sqlite3", "asyncio"})
