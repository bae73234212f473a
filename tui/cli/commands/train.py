"""goodpart train"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from core.bundle import Bundle, read_bundle
from core.decision.verdict import shown
from core.detectors.load import calibrated_or_shipped, describe
from core.errors import GoodpartError
from core.journal.store import Journal
from core.recipes.recipe import Recipe, open_recipe
from core.runtime.training_process import TrainingRun
from core.state.snapshot import Sense, Training
from tui.terminal.progress_line import ProgressLine


class TrainingFailedError(GoodpartError):
    """What the training process said when it ended."""

    def __init__(self, message: str, process_code: int | None = None) -> None:
        super().__init__(message)
        self.process_code = process_code


def run(options: argparse.Namespace) -> int:
    recipe = open_recipe(options.recipe)
    methods: dict[Sense, str | None] = {"image": options.image_method, "sound": options.sound_method}
    print("\n".join(train(recipe, methods, options.false_alarms, options.seed, options.epochs)))
    return 0


def train(
    recipe: Recipe,
    methods: Mapping[Sense, str | None] | None = None,
    false_alarms: float | None = None,
    seed: int = 0,
    epochs: int | None = None,
) -> list[str]:
    """Learn with a progress line; writes the bundles, then thresholds, methods and target to recipe.toml.

    Gives sentences on what was learnt.

    Raises GoodpartError, and KeyboardInterrupt once the training process has ended.
    """
    if not os.access(recipe.folder, os.W_OK):
        raise GoodpartError(f"{recipe.folder}: cannot be written (read-only); nothing was learnt")
    before = {sense: bundle_id(recipe, sense) for sense in recipe.senses}
    asked = {sense: method for sense, method in (methods or {}).items() if method}
    options = ["--seed", str(seed)]
    for sense, method in asked.items():
        options += [f"--{sense}-method", method]
    if false_alarms:
        options += ["--false-alarms", str(false_alarms)]
    if epochs:
        options += ["--epochs", str(epochs)]
    end = learn(recipe.folder, options)
    for sense, method in asked.items():
        if sense in recipe.senses:
            recipe.change(sense, {"method": method})
    if false_alarms:
        recipe.change("verdict", {"false_alarms": false_alarms})
    recipe = open_recipe(str(recipe.folder))
    said = [f"{recipe.name}: {end.message}"]
    journal = Journal(recipe.journal)
    try:
        for sense in recipe.senses:
            bundle = read_bundle(recipe.bundle(sense))
            learnt_anew = bundle.id != before.get(sense)
            said += settle(recipe, sense, bundle)
            if learnt_anew:
                journal.record("training", reason=end.message, state="done", model=bundle.id)
    finally:
        journal.close()
    return said


def bundle_id(recipe: Recipe, sense: Sense) -> str:
    """Of the bundle that is there; empty where none can be used."""
    try:
        return read_bundle(recipe.bundle(sense)).id
    except GoodpartError:
        return ""


def learn(
    folder: Path,
    options: Sequence[str],
    module: str = "models.train",
    cancelled: str = "training was cancelled; the model that was there stays",
) -> Training:
    """A training process that writes into a folder, with a progress line. Raises TrainingFailedError,
    KeyboardInterrupt (after saying what that means)."""
    line = ProgressLine()
    with _sigterm_as_interrupt():
        training = TrainingRun(folder, options, line, module)
        try:
            end = training.wait()
        except KeyboardInterrupt:
            training.cancel()
            end = training.wait(2.0)
            line.end()
            if end.state != "done":  # it may have ended just before
                print(f"goodpart: {cancelled}", file=sys.stderr)
            raise
    line.end()
    if end.state != "done":
        raise TrainingFailedError(end.message, training.exit_code)
    return end


def settle(recipe: Recipe, sense: Sense, bundle: Bundle) -> list[str]:
    """Calibrate one sense for its share of the false-alarm budget and save that; sentences on it."""
    table = recipe.table(sense)
    thresholds = calibrated_or_shipped(bundle, table, recipe.false_alarms)
    recipe.save_thresholds(thresholds, bundle.id, sense)
    model = describe(bundle, table, recipe.false_alarms)
    kind = "pictures" if sense == "image" else "sound"
    return [
        f"{kind}: method {model.method}{', ' + model.backbone if model.backbone else ''}, rule {thresholds.rule};"
        f" {model.note}",
        f"{kind}: thresholds: density {shown(thresholds.density, thresholds.density_step)}, reconstruction error"
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
