"""Options of `goodpart amulet`: the same as those of AMULET's trainer."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tui.cli.argument_types import between, duration, positive

OTHER_NAMES = {
    "--trained-model": "--model",
    "--anomaly-limit-by-hand": "--anomaly-limit",
    "--input-mfccs": "--prefix",
}
"""AMULET's option names, with goodpart's."""


def respelled(arguments: Sequence[str]) -> list[str]:
    """Return `arguments` with AMULET's spellings (--input_file, --trained_model) replaced by goodpart's."""
    if not arguments or arguments[0] not in ("amulet", "dcgan"):
        return list(arguments)
    spelled = []
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if name.startswith("--"):
            name = name.replace("_", "-")
            name = OTHER_NAMES.get(name, name)
        spelled.append(name + equals + value)
    return spelled


def add(to: argparse.ArgumentParser) -> None:
    """Add the actions train and predict, with their options."""
    actions = to.add_subparsers(dest="action", metavar="train|predict", required=True)
    train = actions.add_parser(
        "train", help="learn from recordings of good motors", description="Learn from recordings of good motors."
    )
    option = train.add_argument
    option("--input-file", type=Path, nargs="+", metavar="WAV", help="recordings of good motors")
    option("--input-dir", type=Path, nargs="+", metavar="FOLDER", help="folders of such recordings; all files are used")
    option("--divide-input-sec", type=duration, default=0.1, metavar="S", help="seconds per row (default 0.1)")
    option("--timesteps", type=positive, default=1, metavar="T", help="rows per group (default 1)")
    option("--fft-last", action="store_true", help="calculate the features per block, from the samples and their FFT")
    option("--hamming", action="store_true", help="the same, with a Hamming window before the FFT")
    option("--wavelet", action="store_true", help="use a continuous wavelet transform instead")
    option("--median", action="store_true", help="use medians instead of means")
    option("--epochs", type=positive, default=5, metavar="N", help="training epochs (default 5)")
    option("--batch-size", type=positive, default=10, metavar="N", help="row groups per training step (default 10)")
    option("--seed", type=int, default=0, metavar="N", help="seed of the random generator")
    option("--model", type=Path, default=Path("amulet.goodpart"), metavar="FILE", help="the model file to write")
    option("--predict-file", type=Path, metavar="WAV", help="judge this file afterwards")
    outcome(train)
    predict = actions.add_parser(
        "predict",
        help="judge a file",
        description="Judge a file. The exit code is 0 if it is good, 1 if it has a defect.",
    )
    predict.add_argument(
        "--model",
        type=Path,
        metavar="PATH",
        help="a model file of train, or a folder with AMULET's weights, scaler and threshold",
    )
    predict.add_argument("--predict-file", type=Path, required=True, metavar="WAV", help="the file to judge")
    outcome(predict)


def outcome(to: argparse.ArgumentParser) -> None:
    """Add the options of judging a file: its threshold, and where the result goes."""
    limit = to.add_mutually_exclusive_group()
    limit.add_argument(
        "--sensitivity",
        type=partial(between, 0, 10),
        metavar="0..10",
        help="8 is as trained; each step changes the threshold by 30 %%",
    )
    limit.add_argument("--anomaly-limit", type=partial(between, 1e-9, 1e9), metavar="X", help="use this threshold")
    to.add_argument(
        "--output-dir", type=Path, default=Path("output"), metavar="FOLDER", help="folder for tables and plots"
    )
    to.add_argument("--silent", action="store_true", help="write to the log file only")
    to.add_argument("--json", action="store_true", help="print the anomalies in the format of AMULET's service")
