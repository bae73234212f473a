"""goodpart train"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from types import FrameType

from core.bundle import read_bundle
from core.detectors.load import calibrated, describe
from core.errors import GoodpartError
from core.journal import Journal
from core.recipe import Recipe, open_recipe
from core.training import TrainingRun
from core.verdict import shown
from tui.progress import ProgressLine


class TrainingFailedError(GoodpartError):
    """What the training process said when it ended."""


def run(options: argparse.Namespace) -> int:
    recipe = open_recipe(options.recipe)
    print("\n".join(train(recipe, options.image_method, options.false_alarms, options.seed, options.epochs)))
    return 0


def train(
    recipe: Recipe,
    method: str | None = None,
    false_alarms: float | None = None,
    seed: int = 0,
    epochs: int | None = None,
) -> list[str]:
    """Learn with a progress line; writes the bundle, then thresholds, method and target to recipe.toml.

    Gives sentences on what was learnt.

    Raises GoodpartError, and KeyboardInterrupt once the training process has ended.
    """
    if not os.access(recipe.folder, os.W_OK):
        raise GoodpartError(f"{recipe.folder}: cannot be written (read-only); nothing was learnt")
    method = method or recipe.settings.image.method
    target = false_alarms or recipe.settings.image.false_alarms
    options = ["--image-method", method, "--false-alarms", str(target), "--seed", str(seed)]
    if epochs:
        options += ["--epochs", str(epochs)]
    line = ProgressLine()
    with _sigterm_as_interrupt():
        training = TrainingRun(recipe.folder, options, line)
        try:
            end = training.wait()
        except KeyboardInterrupt:
            training.cancel()
            end = training.wait(2.0)
            line.end()
            if end.state != "done":  # it may have ended just before
                print("goodpart: training was cancelled; the model that was there stays", file=sys.stderr)
            raise
    line.end()
    if end.state != "done":
        raise TrainingFailedError(end.message)
    bundle = read_bundle(recipe.image_bundle)
    recipe.change("image", {"method": method, "false_alarms": target})
    recipe = open_recipe(str(recipe.folder))
    thresholds = calibrated(bundle, recipe.settings.image)
    recipe.save_thresholds(thresholds, bundle.id)
    journal = Journal(recipe.journal)
    journal.record("training", reason=end.message, state="done", model=bundle.id)
    journal.close()
    model = describe(bundle, recipe.settings.image)
    return [
        f"{recipe.name}: {end.message}",
        f"method {model.method}{', ' + model.backbone if model.backbone else ''}, rule {thresholds.rule}; {model.note}",
        f"thresholds: density {shown(thresholds.density, thresholds.density_step)}, reconstruction error"
        f" {shown(thresholds.reconstruction_error, thresholds.error_step)} ({thresholds.by})",
    ]


class _sigterm_as_interrupt(contextlib.ContextDecorator):  # noqa: N801 - used like a function
    """SIGTERM and hang-up end the command as Ctrl-C does, so that the training process is ended too."""

    def __enter__(self) -> None:
        self._old = {number: signal.signal(number, self._interrupt) for number in _signals()}

    def __exit__(self, *_: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)

    @staticmethod
    def _interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt


def _signals() -> list[int]:
    return [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
