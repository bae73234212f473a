"""Learns the method `amulet`: AMULET's LSTM autoencoder over rows of features, trained as in the original.

For a recipe several networks learn, each without a part of the recordings, so that the thresholds come from held-out
errors; `python -m models.sound.amulet FOLDER JOB` trains a single network for `goodpart amulet train`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.detectors.sound.amulet import WEIGHTS, AmuletModel, Network, Scaler, grouped, last_row_errors, packed, sliding
from core.detectors.sound.amulet_model import write_model
from core.errors import GoodpartError
from core.features.sound.amulet import AmuletFeatures, Rows, table_of
from core.runtime.child_process import end_with_parent
from models.base import Array, Learnt, Progress, SoundLesson
from models.progress import ProgressReporter
from models.training_result import learning_versions

UNITS = (16, 4, 4, 16)
"""Units of the four LSTM layers."""
LEARNING_RATE = 1e-3
VALIDATION = 0.05
"""Share of the groups, the last ones, that are used for validation."""
LEAST_GROUPS = 3
"""Groups of rows without which there is no training."""
RECIPE = AmuletFeatures("block")
RECIPE_TIMESTEPS, RECIPE_EPOCHS, BATCH = 10, 60, 10
RECIPE_FOLDS = 3


@dataclass(frozen=True)
class Fitted:
    """A trained network."""

    weights: Mapping[str, npt.NDArray[Any]]
    """Arrays by the names of core.detectors.sound.amulet.WEIGHTS."""
    history: Mapping[str, list[float]]
    """One number per epoch: loss, val_loss (mean absolute error), mse, val_mse."""


def fit(groups: Rows, epochs: int, batch: int, seed: int, progress: Progress, done: int = 0, of: int = 0) -> Fitted:
    """Train on scaled groups (n, T, columns), the last twentieth for validation, as AMULET does.

    If there are several trainings, `done` of all `of` batches were done before this one. Raises GoodpartError if
    TensorFlow is not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import keras
        import tensorflow as tf
    except ImportError as error:
        raise GoodpartError(
            "AMULET's network learns with TensorFlow, which is not installed: pip install 'goodpart[train]'"
        ) from error
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    model = build(keras, groups.shape[1], groups.shape[2])
    model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss="mae", metrics=["mse"], jit_compile=False)
    batches = -(-int(len(groups) * (1 - VALIDATION)) // batch)

    class Report(keras.callbacks.Callback):  # type: ignore[misc]
        count = done
        validation: float | None = None

        def on_train_batch_end(self, _batch: int, logs: dict[str, float]) -> None:
            self.count += 1
            progress(
                "autoencoder", self.count, of or epochs * batches, loss=logs["loss"], validation_loss=self.validation
            )

        def on_epoch_end(self, _epoch: int, logs: dict[str, float]) -> None:
            self.validation = logs.get("val_loss")

    fitted = model.fit(
        groups.astype(np.float32), groups.astype(np.float32), validation_split=VALIDATION, epochs=epochs,
        batch_size=batch, shuffle=True, verbose=0, callbacks=[Report()],
    )  # fmt: skip
    history = {name: [round(float(v), 8) for v in values] for name, values in fitted.history.items()}
    return Fitted(dict(zip(WEIGHTS, model.get_weights(), strict=True)), history)


def build(keras: Any, timesteps: int, columns: int) -> Any:
    """Return AMULET's network as a Keras model: (n, timesteps, columns) in and out."""
    layers = keras.layers

    def lstm(units: int, sequences: bool) -> Any:
        return layers.LSTM(units, activation="relu", recurrent_activation="sigmoid", return_sequences=sequences)

    return keras.Sequential(
        [
            keras.Input((timesteps, columns)),
            lstm(UNITS[0], True),
            lstm(UNITS[1], False),
            layers.RepeatVector(timesteps),
            lstm(UNITS[2], True),
            lstm(UNITS[3], True),
            layers.TimeDistributed(layers.Dense(columns)),
        ]
    )


def learn(lesson: SoundLesson, progress: Progress) -> Learnt:
    """Learn for a recipe: blocks of 0.1 s in groups of ten; the newest row of each group is judged, every 0.1 s.

    Raises UnreadableError if a recording cannot be decoded, GoodpartError if there is only one recording or no
    TensorFlow, and whatever `progress` raises.
    """
    rows: list[Rows] = []
    for step, path in enumerate(lesson.recordings):
        progress("listening", step, len(lesson.recordings))
        rows.append(table_of(path, RECIPE, lesson.channel).rows)
    scaler = Scaler.of(np.concatenate(rows))
    fold = np.asarray(lesson.folds) % min(RECIPE_FOLDS, len(np.unique(lesson.folds)))
    if len(np.unique(fold)) < 2:
        raise GoodpartError("one recording is too few for the method amulet: teach several")
    names = np.unique(fold).tolist()
    epochs = lesson.epochs or RECIPE_EPOCHS
    taught = {
        name: [grouped(scaler(r), RECIPE_TIMESTEPS) for r, f in zip(rows, fold, strict=True) if f != name]
        for name in names
    }
    batches = {name: epochs * -(-int(sum(map(len, of)) * (1 - VALIDATION)) // BATCH) for name, of in taught.items()}
    arrays: dict[str, Array] = {"scaler_scale": scaler.scale, "scaler_offset": scaler.offset}
    errors: list[Rows] = [np.zeros(0)] * len(rows)
    done = 0
    for number, name in enumerate(names):
        fitted = fit(
            np.concatenate(taught[name]), epochs, BATCH, lesson.seed + number, progress, done, sum(batches.values())
        )
        done += batches[name]
        arrays |= packed(fitted.weights, f"network{number}_")
        network = Network(fitted.weights)
        for index in np.flatnonzero(fold == name):
            errors[index] = last_row_errors(network, sliding(scaler(rows[index]), RECIPE_TIMESTEPS))
    held_out = np.concatenate(errors)
    return Learnt(
        arrays=arrays,
        networks={},
        settings={"features": RECIPE.to_json(), "timesteps": RECIPE_TIMESTEPS, "networks": len(names)},
        held_out_density=np.zeros(len(held_out)),
        held_out_error=held_out,
        held_out_recording=np.repeat(np.arange(len(rows)), [len(e) for e in errors]).astype(np.int64),
        notes=("The method amulet detects changes of level and stops, but not quiet tones and worn bearings.",),
    )


@dataclass(frozen=True)
class AmuletJob:
    """The arguments of `goodpart amulet train`."""

    files: Sequence[str]
    """Paths of the recordings."""
    model: str
    """Path of the model file to write."""
    features: Mapping[str, Any]
    """Arguments of AmuletFeatures."""
    timesteps: int
    """Rows per group."""
    epochs: int
    batch: int
    seed: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job (JSON) of the command line and print the progress; returns the exit code."""
    folder, job = arguments or sys.argv[1:]
    report = ProgressReporter(sys.stdout)
    end_with_parent(Path(folder))
    try:
        report.end("done", run(AmuletJob(**json.loads(job)), report))
    except GoodpartError as error:
        report.end("failed", str(error))
        return error.exit_code
    return 0


def run(job: AmuletJob, report: ProgressReporter) -> str:
    """Train one model on files and write it; returns a summary. Groups never contain rows of two files.

    Raises GoodpartError if there is too little sound or TensorFlow is missing, UnreadableError for an unreadable file.
    """
    features = AmuletFeatures(**job.features)
    began = time.monotonic()
    tables = []
    for step, file in enumerate(job.files):
        report("features", step, len(job.files))
        tables.append(table_of(Path(file), features).rows)
    enough = [rows for rows in tables if len(rows) >= job.timesteps]
    scaler = Scaler.of(np.concatenate(tables))
    # As in the original, rows that do not fill a group count neither for the training nor for the threshold.
    enough = [rows[: len(rows) // job.timesteps * job.timesteps] for rows in enough]
    groups = [grouped(scaler(rows), job.timesteps) for rows in enough]
    count = sum(map(len, groups))
    if count < LEAST_GROUPS:
        rows = sum(map(len, tables))
        raise GoodpartError(
            f"{rows} rows make {count} groups of {job.timesteps}; training needs {LEAST_GROUPS}: record more, or ask"
            " for fewer --timesteps"
        )
    fitted = fit(np.concatenate(groups), job.epochs, job.batch, job.seed, report)
    trained = AmuletModel(Network(fitted.weights), scaler, job.timesteps, 0.0, features)
    errors = np.concatenate([trained.errors(rows) for rows in enough])
    threshold = round(float(errors.max()), 4)
    facts = {
        "files": [Path(file).name for file in job.files],
        "rows": int(sum(map(len, tables))),
        "epochs": job.epochs,
        "history": fitted.history,
        "trained_at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "versions": learning_versions(),
    }
    report("writing", 0, 1)
    model = AmuletModel(trained.network, scaler, job.timesteps, threshold, features)
    write_model(Path(job.model), model, fitted.weights, facts)
    return (
        f"learnt from {len(job.files)} files, {count} groups of {job.timesteps} rows, {job.epochs} epochs in"
        f" {time.monotonic() - began:.0f} s; threshold {threshold}"
    )


if __name__ == "__main__":
    sys.exit(main())
