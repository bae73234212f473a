"""goodpart demo: teaches, trains and judges on a simulated bench."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from core import __version__
from core.errors import GoodpartError
from core.recipes.lock import RecipeLock
from core.recipes.recipe import Recipe, new_recipe, open_recipe, user_recipes
from core.settings.recipe_settings import CameraTable, MicrophoneTable, Settings
from core.state.jobs import TrainingState
from tui.cli.commands.watch import watch

WIDTH, HEIGHT = 960, 720
PARTS = 150
"""Pictures of good parts to learn from, one per part."""
MOTORS, MOTOR_SECONDS = 30, 8.0
"""Recordings of good motors to learn from, and the seconds of each."""


def run(options: argparse.Namespace) -> int:
    """Prepare the demo's recipe, then judge live with it; return the exit code."""
    return watch(prepared(user_recipes() / "demo"), options, knobs="simulated")


def prepared(folder: Path) -> Recipe:
    """Return the demo's recipe. Make, teach and train it first, unless this version has already done so.

    Raises GoodpartError if another demo is making it, or still runs with the recipe of an older version.
    """
    marker = folder / ".made-by"
    try:
        ready = marker.read_text() == __version__ and all(
            (folder / f"{sense}.goodpart").exists() for sense in ("image", "sound")
        )
        if ready:
            return open_recipe(str(folder))
    except (OSError, GoodpartError):
        pass  # it is made again below
    folder.mkdir(parents=True, exist_ok=True)
    lock = RecipeLock(folder)
    try:
        for old in folder.iterdir():
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        make(folder)
        marker.write_text(__version__)
    finally:
        lock.release()
    return open_recipe(str(folder))


def make(folder: Path) -> None:
    """Make the demo's recipe in `folder`, teach it and train it. Raises GoodpartError."""
    camera = CameraTable(source="simulated", width=WIDTH, height=HEIGHT, fps=15.0)
    recipe = new_recipe(str(folder), Settings(camera=camera, microphone=MicrophoneTable(source="simulated")))
    print(f"making the demo's recipe in {folder} (only once)", file=sys.stderr)
    teach(recipe)
    teach_motors(recipe)
    from tui.cli.commands.train import train

    print("\n".join(train(recipe)), file=sys.stderr)


def teach(recipe: Recipe) -> None:
    """Teach pictures of good parts from the simulated camera, in the same way as any others. Raises GoodpartError."""
    import cv2

    from core.dataset.add_images import teach_pictures
    from core.sources.simulated.camera import good_pictures
    from tui.terminal.progress_line import ProgressLine

    line, camera = ProgressLine(), recipe.settings.camera
    with tempfile.TemporaryDirectory() as folder:
        for number, picture in enumerate(good_pictures(PARTS, 0, camera.width, camera.height), 1):
            line(TrainingState("running", "taking pictures of parts", number, PARTS))
            if not cv2.imwrite(f"{folder}/part{number}.jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95]):
                raise GoodpartError(f"{folder}: a picture cannot be written: is the disk full?")
        teach_pictures(recipe.good_images, [Path(folder)])
    line.end()


def teach_motors(recipe: Recipe) -> None:
    """Teach recordings of good motors from the simulated microphone."""
    import soundfile

    from core.dataset.add_sound import teach_sound
    from core.sources.simulated.motor import RATE, good_sound
    from tui.terminal.progress_line import ProgressLine

    line = ProgressLine()
    with tempfile.TemporaryDirectory() as folder:
        for number, sound in enumerate(good_sound(MOTORS, MOTOR_SECONDS), 1):
            line(TrainingState("running", "recording motors", number, MOTORS))
            soundfile.write(f"{folder}/motor{number}.wav", sound, RATE)
        teach_sound(recipe.good_sound, [Path(folder)])
    line.end()
