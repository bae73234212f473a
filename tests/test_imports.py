"""What is imported decides what a station costs, and how soon `goodpart --help` answers."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.data import ROOT

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
    [
        "core.station.station",
        "core.detectors.image.features",
        "core.detectors.image.seed",
        "core.sources.simulated.camera",
        "core.sources.camera.http_camera",
        "core.pipelines.sound",
        "core.inference.sound_judge",
        "core.inference.sound_file",
        "core.detectors.sound.spectrum",
        "core.detectors.sound.amulet",
        "core.sources.microphone.portaudio",
        "core.sources.simulated.microphone",
        "core.detectors.sound.amulet_model",
        "tui.line_mode.headless",
        "tui.cli.commands.score",
        "core.inference.file_judge",
        "core.inference.judge_worker",
        "tui.cli.commands.calibrate",
        "tui.cli.commands.watch",
        "tui.cli.commands.devices",
        "tui.cli.commands.amulet",
        "tui.cli.commands.dcgan",
        "tui.cli.commands.compare",
        "core.evaluation.recommendation",
    ],
)
def test_the_station_loads_neither_screen_nor_learning(module: str) -> None:
    loaded = loaded_by(f"import {module}")
    assert not loaded & (LEARNING | SCREEN)
    assert "models" not in loaded


@pytest.mark.parametrize(
    "module",
    ["core.commands", "tui.app.dashboard", "tui.stations.deferred", "tui.screens.compare", "core.decision.rule"],
)
def test_the_screen_is_there_before_the_numbers(module: str) -> None:
    loaded = loaded_by(f"import {module}")
    assert not loaded & (LEARNING | NUMBERS | {"models"})


@pytest.mark.parametrize(
    "module",
    [
        "models.train",
        "models.image.features",
        "models.image.backbone",
        "models.folds",
        "models.sound.spectrum",
        "models.sound.train",
        "models.comparison.run",
    ],
)
def test_learning_without_gradients_needs_no_tensorflow(module: str) -> None:
    loaded = loaded_by(f"import {module}")
    assert not loaded & (LEARNING | SCREEN | {"tui"})


@pytest.mark.parametrize("arguments", [[], ["--help"], ["--version"], ["watch", "--help"], ["train", "--nonsense"]])
def test_help_comes_before_anything_heavy(arguments: list[str]) -> None:
    code = (
        "import contextlib, io\nfrom tui.cli.main import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()), "
        f"contextlib.redirect_stderr(io.StringIO()):\n    main({arguments!r})"
    )
    loaded = loaded_by(code)
    assert not loaded & (LEARNING | SCREEN | NUMBERS | {"models", "platformdirs", "tomlkit", "sqlite3", "asyncio"})
