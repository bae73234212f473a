"""goodpart amulet: trains and predicts as AMULET does, with its options and output files."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.bundle import read_bundle
from core.dataset.add_sound import find_recordings
from core.detectors.sound.amulet import AS_TRAINED, AmuletModel, sensitive
from core.detectors.sound.amulet_model import read_model
from core.errors import GoodpartError
from core.features.sound.amulet import AmuletFeatures, Mode, table_of
from core.runtime.atomic_files import replace_file
from tui.cli.commands import amulet_output
from tui.cli.training import run_training


def run(options: argparse.Namespace) -> int:
    """Run the action train or predict; return 0 if it succeeds and the file is good, 1 for a defect."""
    log = Log(options.output_dir, options.silent or getattr(options, "json", False))
    try:
        if options.action == "train":
            train(options, log)
        if options.predict_file is None:
            return 0
        return predict(options, log)
    except GoodpartError as error:
        log.note(str(error))
        raise
    finally:
        log.close()


class Log:
    """Prints lines, unless silent, and writes them to `amulet.log` in the output folder when it is closed."""

    def __init__(self, folder: Path, silent: bool) -> None:
        self._silent = silent
        self._folder = folder
        self._lines: list[str] = []

    def __call__(self, text: str) -> None:
        """Add a line to the file, and print it unless silent."""
        self._lines.append(text)
        if not self._silent:
            print(text, flush=True)

    def note(self, text: str) -> None:
        """Add a line to the file only."""
        self._lines.append(text)

    def close(self) -> None:
        """Write the log file, if the folder exists."""
        if self._lines and self._folder.is_dir():
            replace_file(self._folder / "amulet.log", ("\n".join(self._lines) + "\n").encode())


def features_of(options: argparse.Namespace) -> AmuletFeatures:
    """Return the features that the options ask for. Raises GoodpartError if they contradict each other."""
    if options.wavelet and (options.fft_last or options.hamming):
        raise GoodpartError("--wavelet cannot be combined with --fft-last or --hamming: give one of them")
    # The Hamming window applies to the FFT column, which only the block mode has.
    mode: Mode = "wavelet" if options.wavelet else "block" if options.fft_last or options.hamming else "whole-file"
    return AmuletFeatures(mode, options.divide_input_sec, options.hamming, options.median)


def train(options: argparse.Namespace, log: Log) -> None:
    """Train a model and write it with its tables and plots.

    Raises GoodpartError if it fails, and KeyboardInterrupt after Ctrl-C, once the training process has ended.
    """
    if not options.input_file and not options.input_dir:
        raise GoodpartError("there is no sound to learn from: give --input-file or --input-dir")
    features = features_of(options)
    files = find_recordings([*(options.input_file or ()), *(options.input_dir or ())])
    amulet_output.make_folder(options.output_dir)
    model = options.model.expanduser().absolute()
    if model.is_dir():
        raise GoodpartError(f"{model}: is a folder; --model names the file to write, such as motor.goodpart")
    tables = [(file, table_of(file, features)) for file in files]
    amulet_output.write_table(options.output_dir / "training_data.csv", tables, features.columns)
    log(f"learning from {len(files)} files, {sum(len(t.names) for _, t in tables)} rows of {len(features.columns)}")
    job = {
        "files": [str(file.absolute()) for file in files],
        "model": str(model),
        "features": features.to_json(),
        "timesteps": options.timesteps,
        "epochs": options.epochs,
        "batch": options.batch_size,
        "seed": options.seed,
    }
    model.parent.mkdir(parents=True, exist_ok=True)
    end = run_training(model.parent, [json.dumps(job)], "models.sound.amulet")
    log(end.message)
    trained, history = read_model(model), read_bundle(model).facts["history"]
    errors = [trained.errors(t.rows) for _, t in tables if len(t.rows) >= trained.timesteps]
    amulet_output.write_training(options.output_dir, history, errors, trained.threshold)
    log(f"model {model}")


@dataclass(frozen=True)
class Found:
    """An anomaly in the format of AMULET's service: `seconds` is the name of the row, `value` its error."""

    Anomaly: bool
    seconds: str
    value: float


def predict(options: argparse.Namespace, log: Log) -> int:
    """Judge a file, write AMULET's output files, and return 0 if it is good, 1 if it has a defect.

    Raises GoodpartError if the model or the file cannot be used.
    """
    if options.model is None:
        raise GoodpartError(
            "there is no model to judge with: give --model FILE of `goodpart amulet train`, or a folder of AMULET's"
        )
    model = read_model(options.model)
    threshold = limit_of(model, options)
    table = table_of(options.predict_file, model.features)
    if len(table.names) < model.timesteps:
        raise GoodpartError(
            f"{options.predict_file}: too short, with {len(table.names)} rows: the model judges groups of"
            f" {model.timesteps}"
        )
    errors = model.errors(table.rows)
    anomalies = [
        Found(True, name, round(float(error), 4))
        for name, error in zip(table.names, errors, strict=True)
        if not error <= threshold
    ]
    result = "defect" if anomalies else "good"
    amulet_output.make_folder(options.output_dir)
    amulet_output.write_prediction(options.output_dir, options.predict_file, table, model, errors, threshold, result)
    if options.json:
        no_anomalies: list[dict[str, Any]] = [{"Anomaly": "No anomalies detected"}]
        print(json.dumps({"Analysis": [asdict(anomaly) for anomaly in anomalies] or no_anomalies}))
    for anomaly in anomalies:
        log(f"{anomaly.seconds} s  error {anomaly.value:.4f} > {threshold:.4f}")
    if not amulet_output.can_draw():
        log("no plots: they need matplotlib (pip install 'goodpart[train]')")
    log(
        f"{options.predict_file}: {result}: {len(anomalies)} of {len(table.names)} rows beyond the"
        f" limit {threshold:.4f}"
    )
    return 1 if anomalies else 0


def limit_of(model: AmuletModel, options: argparse.Namespace) -> float:
    """Return the threshold on the error: from --anomaly-limit, or the trained one at a sensitivity."""
    if options.anomaly_limit is not None:
        return float(options.anomaly_limit)
    return sensitive(model.threshold, AS_TRAINED if options.sensitivity is None else options.sensitivity)
