"""Options of `goodpart dcgan`."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from tui.cli.argument_types import between, positive


def add(to: argparse.ArgumentParser) -> None:
    """Add the actions dataset, train, detect and evaluate, with their options."""
    actions = to.add_subparsers(dest="action", metavar="dataset|train|detect|evaluate", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")

    dataset = action("dataset", "make one MFCC picture per second of sound")
    material(dataset)
    dataset.add_argument("--output-dir", type=Path, required=True, metavar="FOLDER", help="folder for the data set")
    prefix(dataset)

    train = action("train", "learn from a data set; the same command continues an interrupted training")
    train.add_argument(
        "--dataset", type=Path, required=True, metavar="FOLDER", help="the folder that `dataset` has written"
    )
    prefix(train)
    output(train, "folder for checkpoints and sample pictures")
    train.add_argument(
        "--epochs", type=positive, metavar="N", help="training epochs (default 700; fewer give poor results)"
    )
    train.add_argument("--iterations", type=positive, metavar="N", help="steps per epoch (default 5)")
    train.add_argument("--batch-size", type=positive, metavar="N", help="pictures per step (default 64)")
    train.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the random generator")
    train.add_argument(
        "--quick", action="store_true", help="run a few small steps, to check that everything is installed"
    )

    detect = action("detect", "judge each second of sound; the exit code is 1 if one is beyond the threshold")
    material(detect)
    checkpoint(detect)
    detect.add_argument(
        "--threshold", type=partial(between, 0, 1), metavar="X",
        help="largest difference of a good second, as `evaluate` proposes it; without it only scores are printed",
    )  # fmt: skip
    output(detect, "folder for scores.csv")
    detect.add_argument("--json", action="store_true", help="print one JSON object per second of sound")

    evaluate = action("evaluate", "list the true and false positive rate of every threshold, as CSV and as a curve")
    evaluate.add_argument(
        "--good",
        type=Path,
        nargs="+",
        required=True,
        metavar="PATH",
        help="good recordings that were not used for training",
    )
    evaluate.add_argument("--defect", type=Path, nargs="+", required=True, metavar="PATH", help="recordings of defects")
    checkpoint(evaluate)
    output(evaluate, "folder for roc.csv, roc.png and the scores")


def material(to: argparse.ArgumentParser) -> None:
    """Add the options that name sound files and folders."""
    to.add_argument(
        "--input-file", type=Path, nargs="+", default=[], metavar="WAV", help="sound files, or stored MFCCs"
    )
    to.add_argument("--input-dir", type=Path, nargs="+", default=[], metavar="FOLDER", help="folders of such files")


def prefix(to: argparse.ArgumentParser) -> None:
    """Add the option that names a folder in the data set."""
    to.add_argument("--prefix", default="train", metavar="NAME", help="folder in the data set: train, defect ...")


def output(to: argparse.ArgumentParser, purpose: str) -> None:
    """Add the option of the output folder; `purpose` is its help text."""
    to.add_argument(
        "--output-dir", type=Path, default=Path("dcgan"), metavar="FOLDER", help=f"{purpose} (default dcgan)"
    )


def checkpoint(to: argparse.ArgumentParser) -> None:
    """Add the options of the trained generator and its pictures."""
    to.add_argument(
        "--checkpoint", type=Path, default=Path("dcgan"), metavar="PATH",
        help="a checkpoint, or the folder of `train` for its newest one (default dcgan)",
    )  # fmt: skip
    to.add_argument(
        "--generated",
        type=positive,
        default=1000,
        metavar="N",
        help="generated pictures to compare with; the nearest one counts (default 1000)",
    )
