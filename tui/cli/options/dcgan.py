"""The options of `goodpart dcgan`."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from tui.cli.argument_types import between, positive


def add(to: argparse.ArgumentParser) -> None:
    actions = to.add_subparsers(dest="action", metavar="dataset|train|detect|evaluate", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")

    dataset = action("dataset", "one MFCC picture of each second of sound")
    material(dataset)
    dataset.add_argument("--output-dir", type=Path, required=True, metavar="FOLDER", help="of the data set")
    prefix(dataset)

    train = action("train", "learn from a data set; the same command goes on where it was interrupted")
    train.add_argument("--dataset", type=Path, required=True, metavar="FOLDER", help="a folder of `dataset`")
    prefix(train)
    output(train, "of checkpoints and sample pictures")
    train.add_argument("--epochs", type=positive, metavar="N", help="700; until then nothing good is to be expected")
    train.add_argument("--iterations", type=positive, metavar="N", help="steps of an epoch, 5")
    train.add_argument("--batch-size", type=positive, metavar="N", help="pictures of a step, 64")
    train.add_argument("--seed", type=int, default=0, metavar="N", help="of the random generator")
    train.add_argument("--quick", action="store_true", help="a few small steps, to try whether everything is there")

    detect = action("detect", "judge seconds of sound: ends with 1 where one is beyond the threshold")
    material(detect)
    checkpoint(detect)
    detect.add_argument(
        "--threshold", type=partial(between, 0, 1), metavar="X",
        help="of the difference, as `evaluate` proposes it; without it there are only scores",
    )  # fmt: skip
    output(detect, "of scores.csv")
    detect.add_argument("--json", action="store_true", help="one JSON object a second of sound")

    evaluate = action("evaluate", "every threshold with its true and false positive rate, as CSV and as a curve")
    evaluate.add_argument("--good", type=Path, nargs="+", required=True, metavar="PATH", help="not learnt from")
    evaluate.add_argument("--defect", type=Path, nargs="+", required=True, metavar="PATH", help="defective ones")
    checkpoint(evaluate)
    output(evaluate, "of roc.csv, roc.png and the scores")


def material(to: argparse.ArgumentParser) -> None:
    to.add_argument("--input-file", type=Path, nargs="+", default=[], metavar="WAV", help="sound, or stored MFCCs")
    to.add_argument("--input-dir", type=Path, nargs="+", default=[], metavar="FOLDER", help="folders of them")


def prefix(to: argparse.ArgumentParser) -> None:
    to.add_argument("--prefix", default="train", metavar="NAME", help="kind of data: train, defect ...")


def output(to: argparse.ArgumentParser, of_what: str) -> None:
    to.add_argument("--output-dir", type=Path, default=Path("dcgan"), metavar="FOLDER", help=f"{of_what}; dcgan")


def checkpoint(to: argparse.ArgumentParser) -> None:
    to.add_argument(
        "--checkpoint", type=Path, default=Path("dcgan"), metavar="PATH",
        help="a checkpoint, or the folder of `train` for its newest; dcgan",
    )  # fmt: skip
    to.add_argument(
        "--generated", type=positive, default=1000, metavar="N", help="pictures to compare with, 1000: nearest counts"
    )
