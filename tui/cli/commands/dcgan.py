"""goodpart dcgan: runs AMULET's DCGAN, for comparison."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

from core.errors import GoodpartError, UnreadableError
from tui.cli.training import TrainingFailedError, run_training

QUICK = {"epochs": 3, "iterations": 2, "batch": 8}
CANCELLED = {
    "dataset": "cancelled; the data set is not complete",
    "train": "training was cancelled; the same command continues from its last checkpoint",
    "detect": "cancelled; nothing was written",
    "evaluate": "cancelled; nothing was written",
}


def run(options: argparse.Namespace) -> int:
    """Run an action and print its result.

    Returns 0; 1 if `detect` finds an anomaly; 3 if a file cannot be read. Raises GoodpartError if it fails.
    """
    folder = options.output_dir.expanduser().absolute()
    job = job_of(options)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GoodpartError(f"{folder}: cannot be made ({error.strerror or error})") from error
    try:
        end = run_training(folder, [json.dumps(job)], "models.dcgan.run", CANCELLED[options.action])
    except TrainingFailedError as error:
        if error.process_code == UnreadableError.exit_code:
            raise UnreadableError(str(error)) from None
        raise
    *refused, summary = end.message.split("\n") if options.action in ("dataset", "detect") else ["", end.message]
    print(*filter(None, refused), sep="\n", end="\n" if any(refused) else "", file=sys.stderr)
    code = UnreadableError.exit_code if any(refused) else 0
    if options.action != "detect":
        print(summary)
        return code
    rows = read_scores(folder / "scores.csv")
    for row in rows:
        print(json.dumps(row) if options.json else score_line(row))
    if not options.json:
        print(summary)
    return code or int(any(row["anomaly"] for row in rows))


def job_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return the job for models.dcgan.run. Raises GoodpartError if an option is missing or invalid."""
    job: dict[str, Any] = {"action": options.action}
    if options.action in ("dataset", "detect"):
        job["files"] = absolute([*options.input_file, *options.input_dir])
        if not job["files"]:
            raise GoodpartError("there is no sound: give --input-file or --input-dir")
    if options.action in ("dataset", "train"):
        if not options.prefix or Path(options.prefix).name != options.prefix or options.prefix in (".", ".."):
            raise GoodpartError(f"--prefix {options.prefix!r} names a folder: a plain word such as train or defect")
        job["prefix"] = options.prefix
    if options.action == "train":
        asked = {"epochs": options.epochs, "iterations": options.iterations, "batch": options.batch_size}
        chosen = {name: value for name, value in asked.items() if value}
        job["dataset"] = str(options.dataset.expanduser().absolute())
        job["course"] = (QUICK if options.quick else {}) | chosen | {"seed": options.seed}
    if options.action in ("detect", "evaluate"):
        job |= {"checkpoint": str(options.checkpoint.expanduser().absolute()), "generated": options.generated}
    if options.action == "detect":
        job["threshold"] = options.threshold
    if options.action == "evaluate":
        job |= {"files": absolute(options.good), "defect": absolute(options.defect)}
    return job


def absolute(paths: list[Path]) -> list[str]:
    """Return the paths as absolute ones, with `~` expanded: the process that gets them may run elsewhere."""
    return [str(path.expanduser().absolute()) for path in paths]


def read_scores(path: Path) -> list[dict[str, Any]]:
    """Return the rows of scores.csv; `anomaly` is None without a threshold."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            {
                "path": row["file"],
                "start": float(row["start"]),
                "difference": float(row["difference"]),
                "discriminator": float(row["discriminator"]),
                "anomaly": bool(int(row["anomaly"])) if row["anomaly"] else None,
            }
            for row in csv.DictReader(file)
        ]


def score_line(row: dict[str, Any]) -> str:
    """Return the score of one second as a line of text."""
    verdict = {True: "ANOMALY", False: "OK", None: "-"}[row["anomaly"]]
    scores = f"difference {row['difference']:.4f}  discriminator {row['discriminator']:8.3f}"
    return f"{verdict:7} {row['start']:6.0f} s  {scores}  {row['path']}"
