"""Small drawn parts, and recipes, models and sources made from them."""

from __future__ import annotations

import io
import os
import queue
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import cv2
import numpy as np

from core.recipes.recipe import Recipe, new_recipe
from core.samples import Frame, Picture
from core.settings.recipe_settings import CameraTable, ImageTable, Settings, ThresholdTable, VerdictTable
from core.state.source_status import SourceState, SourceStatus
from tests.support.data import ROOT
from tui.cli.main import main

WIDTH, HEIGHT = 200, 150


def good_part(seed: int) -> Picture:
    """Return a picture of a plate with two bores, uint8 (150, 200, 3); place and light vary with the seed."""
    random = np.random.default_rng(seed)
    shade = cv2.resize(random.normal(0, 7, (6, 8)).astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    grey = 60 + random.uniform(-4, 4) + shade
    x, y = random.integers(-4, 5, 2)
    plate = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.rectangle(plate, (40 + int(x), 30 + int(y)), (160 + int(x), 120 + int(y)), 1.0, -1)
    for centre in (75, 125):
        cv2.circle(plate, (centre + int(x), 75 + int(y)), 16, 0.2, -1)
    grey += 110 * cv2.GaussianBlur(plate, (5, 5), 1.0) + random.normal(0, 4, (HEIGHT, WIDTH))
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def odd_part(seed: int) -> Picture:
    """Return a picture of a part with one bore missing and a scratch."""
    picture = good_part(seed).copy()
    cv2.circle(picture, (125, 75), 20, (170, 170, 170), -1)
    cv2.line(picture, (45, 110), (110, 50), (255, 255, 255), 3)
    return picture


def write_parts(folder: Path, seeds: Iterable[int], draw: Callable[[int], Picture] = good_part) -> list[Path]:
    """Draw a part per seed into the folder; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"part{seed}.png" for seed in seeds]
    for path, seed in zip(paths, seeds, strict=True):
        assert cv2.imwrite(str(path), draw(seed))
    return paths


def make_recipe(
    folder: Path,
    pictures: int = 0,
    *,
    rule: str = "default",
    source: str = "0",
    hold: int = 2,
    of: int = 3,
    rate: float = 50.0,
) -> Recipe:
    """Create a recipe that judges fast, with this number of good pictures."""
    settings = Settings(
        camera=CameraTable(source=source, width=WIDTH, height=HEIGHT, fps=50.0),
        image=ImageTable(rule=rule, thresholds=ThresholdTable()),
        verdict=VerdictTable(rate=rate, hold=hold, of=of, settle=False),
    )
    recipe = new_recipe(str(folder), settings)
    write_parts(recipe.good_images, range(pictures))
    return recipe


def environment(home: Path) -> dict[str, str]:
    """Return the environment variables of a new user on a station without the extra `train`: no recipes, no backbone,
    no TensorFlow."""
    without = home / "without"
    without.mkdir(parents=True, exist_ok=True)
    (without / "sitecustomize.py").write_text("import sys\nsys.modules['tensorflow'] = None\n")
    return os.environ | {
        "PYTHONPATH": os.pathsep.join([str(without), str(ROOT)]),
        # As in core.runtime.training_process: on a busy machine, threads that spin slow each other down.
        "OMP_NUM_THREADS": "1",
        "GOODPART_DATA_HOME": str(home / "recipes"),
        "GOODPART_CACHE": str(home / "cache"),
        "GOODPART_CONFIG": str(home / "config.toml"),
    }


def goodpart(
    arguments: Sequence[str | Path], env: Mapping[str, str], timeout: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a separate process; its output must never contain a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "tui", *map(str, arguments)],
        env=dict(env), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done


def goodpart_here(arguments: Sequence[str | Path], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the command line in this process, which is faster. Processes that it starts are the same as with
    `goodpart`."""
    out, err = io.StringIO(), io.StringIO()
    with mock.patch.dict(os.environ, env, clear=True), redirect_stdout(out), redirect_stderr(err):
        try:
            code = main([str(one) for one in arguments])
        except SystemExit as end:
            code = int(str(end.code))
    return subprocess.CompletedProcess([], code, out.getvalue(), err.getvalue())


def learn_in_process(recipe: Path, env: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m models.train` in a separate process; its input stays open until it ends."""
    with subprocess.Popen(
        [sys.executable, "-m", "models.train", str(recipe), *options],
        env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdout
        assert child.stderr
        out = child.stdout.read()
        err = child.stderr.read()
        code = child.wait(60)
    return subprocess.CompletedProcess(child.args, code, out, err)


def until(met: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait until a condition on another thread or in another process is met; returns False if it is not met in time."""
    end = time.monotonic() + seconds
    while not met():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


class Scripted:
    """A picture source whose pictures and state the test decides."""

    def __init__(self) -> None:
        self._frames: queue.Queue[Picture] = queue.Queue()
        self._again: Callable[[int], Picture] | None = None
        self._number = 0
        self._state: SourceState = "live"
        self._message = ""
        self.started = self.stopped = False

    def show(self, draw: Callable[[int], Picture] | None) -> None:
        """Show `draw(number)` for every frame from now on; None for no frames at all."""
        self._again = draw

    def become(self, state: SourceState, message: str = "") -> None:
        """Set the state and the message of the source."""
        self._state, self._message = state, message

    def start(self) -> None:
        """Note that the source was started."""
        self.started = True

    def stop(self) -> None:
        """Note that the source was stopped."""
        self.stopped = True

    def take(self, timeout: float) -> Frame | None:
        """Return the next frame; None if there is none, after at most 0.05 s."""
        draw = self._again
        if draw is None or self._state != "live":
            time.sleep(min(timeout, 0.05))
            return None
        self._number += 1
        return Frame(draw(self._number), self._number, time.monotonic())

    def status(self) -> SourceStatus:
        """Return the status that the test has set."""
        return SourceStatus(self._state, "scripted", self._message, WIDTH, HEIGHT, 50.0, self._number)
