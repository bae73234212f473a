"""The options of `goodpart amulet`: those of AMULET's trainer."""

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


def respelled(arguments: Sequence[str]) -> list[str]:
    """The original's spellings (--input_file, --trained_model) as ours."""
    if not arguments or arguments[0] not in ("amulet", "dcgan"):
        return list(arguments)
    found = []
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if name.startswith("--"):
            name = name.replace("_", "-")
            name = OTHER_NAMES.get(name, name)
        found.append(name + equals + value)
    return found


def add(to: argparse.ArgumentParser) -> None:
    actions = to.add_subparsers(dest="action", metavar="train|predict", required=True)
    train = actions.add_parser("train", help="learn from good sound", description="Learn from good sound.")
    option = train.add_argument
    option("--input-file", type=Path, nargs="+", metavar="WAV", help="good sound")
    option("--input-dir", type=Path, nargs="+", metavar="FOLDER", help="folders of it; all files are learnt from")
    option("--divide-input-sec", type=duration, default=0.1, metavar="S", help="seconds of a row, 0.1")
    option("--timesteps", type=positive, default=1, metavar="T", help="rows of a group, 1")
    option("--fft-last", action="store_true", help="features block by block, with wav and fft")
    option("--hamming", action="store_true", help="the same with a Hamming window for fft")
    option("--wavelet", action="store_true", help="a continuous wavelet transform instead")
    option("--median", action="store_true", help="medians instead of means")
    option("--epochs", type=positive, default=5, metavar="N", help="5")
    option("--batch-size", type=positive, default=10, metavar="N", help="10")
    option("--seed", type=int, default=0, metavar="N", help="of the random generator")
    option("--model", type=Path, default=Path("amulet.goodpart"), metavar="FILE", help="where it is written")
    option("--predict-file", type=Path, metavar="WAV", help="judge this one afterwards")
    outcome(train)
    predict = actions.add_parser(
        "predict", help="judge a file", description="Judge a file: ends with 0 for a good one, 1 for a defect."
    )
    predict.add_argument(
        "--model", type=Path, metavar="PATH", help="a file of train, or a folder of AMULET's weights, scaler, threshold"
    )
    predict.add_argument("--predict-file", type=Path, required=True, metavar="WAV", help="the file to judge")
    outcome(predict)


def outcome(to: argparse.ArgumentParser) -> None:
    limit = to.add_mutually_exclusive_group()
    limit.add_argument(
        "--sensitivity", type=partial(between, 0, 10), metavar="0..10", help="8 is as trained, a step is 30 %%"
    )
    limit.add_argument("--anomaly-limit", type=partial(between, 1e-9, 1e9), metavar="X", help="the threshold by hand")
    to.add_argument("--output-dir", type=Path, default=Path("output"), metavar="FOLDER", help="of tables and plots")
    to.add_argument("--silent", action="store_true", help="write to the log file alone")
    to.add_argument("--json", action="store_true", help="print the anomalies as AMULET's service does")
