"""AMULET's DCGAN, for comparison: `python -m models.dcgan.run FOLDER JOB`, one JSON object a line of progress.

It learns to draw MFCC pictures of good sound; what no drawn picture resembles is anomalous.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from core.errors import GoodpartError
from core.runtime.child_process import end_with_parent
from models.dcgan import evaluation as dcgan_evaluation
from models.dcgan.dataset import find_material, pictures_of, read_dataset, read_material, write_dataset
from models.dcgan.detection import GENERATED, Detection, write_scores
from models.dcgan.training import Course, Told, fit, load, newest_checkpoint, read_checkpoint
from models.progress import ProgressReporter

Action = Literal["dataset", "train", "detect", "evaluate"]


@dataclass(frozen=True)
class Job:
    """What `goodpart dcgan` asks for. Paths are absolute."""

    action: Action
    files: Sequence[str] = ()
    """To make a data set of, to judge, or the good ones to evaluate with."""
    defect: Sequence[str] = ()
    dataset: str = ""
    prefix: str = "train"
    checkpoint: str = ""
    generated: int = GENERATED
    threshold: float | None = None
    course: Course = field(default_factory=Course)


def main(arguments: Sequence[str] | None = None) -> int:
    folder, said = arguments or sys.argv[1:]
    report = ProgressReporter(sys.stdout)
    end_with_parent(Path(folder))
    try:
        told = json.loads(said)
        job = Job(**told | {"course": Course(**told.get("course", {}))})
        report.end("done", run(job, Path(folder), report))
    except GoodpartError as error:
        report.end("failed", str(error))
        return error.exit_code
    except MemoryError:
        report.end("failed", "there is not enough memory for so much; close other programs")
        return 1
    return 0


def run(job: Job, folder: Path, report: ProgressReporter) -> str:
    """Do it, writing into the folder; gives sentences. Raises GoodpartError."""
    if job.action == "dataset":
        count, refused = write_dataset(found(job.files), folder, job.prefix, phase(report, "features"))
        return "\n".join([*refused, f"{count} seconds of sound are in {folder / job.prefix}"])
    if job.action == "train":
        return train(job, folder, report)
    report("loading", 0, 1)
    detection = Detection(load(Path(job.checkpoint)), job.generated)
    seconds, refused = read_material(found(job.files), phase(report, "features"))
    judged = detection.judge_seconds(seconds, counted(report, "judging", len(seconds)))
    if job.action == "detect":
        called = write_scores(folder / "scores.csv", seconds, judged, job.threshold)
        beyond = "" if job.threshold is None else f", {called} beyond the threshold {job.threshold:g}"
        return "\n".join([*refused, f"{len(seconds)} seconds judged{beyond}"])
    defective, more = read_material(found(job.defect), phase(report, "features of defects"))
    bad = detection.judge_seconds(defective, counted(report, "judging defects", len(defective)))
    report("drawing", 0, 1)
    told = dcgan_evaluation.write(folder, judged, bad)
    write_scores(folder / "good.csv", seconds, judged, None)
    write_scores(folder / "defect.csv", defective, bad, None)
    return "\n".join([*refused, *more, *told])


def train(job: Job, folder: Path, report: ProgressReporter) -> str:
    report("data set", 0, 1)
    pictures = pictures_of(read_dataset(Path(job.dataset), job.prefix))
    for place in ("checkpoints", "samples"):
        try:
            (folder / place).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GoodpartError(f"{folder / place}: cannot be made ({error.strerror or error})") from error
    newest = newest_checkpoint(folder)
    before = read_checkpoint(newest).epoch if newest else 0
    began = time.monotonic()
    report("networks", 0, 1)
    # Of an interrupted training only the epochs that are left take time.
    left = max(0, job.course.epochs - before)
    fit(pictures, job.course, lambda epoch, loss: report("epochs", epoch - before, left, loss=loss), folder)
    if not left:
        return f"{before} epochs are learnt already; --epochs takes it further"
    after = f", after {before} before" if before else ""
    return (
        f"learnt {left} epochs{after} from {len(pictures)} seconds of sound in {time.monotonic() - began:.0f} s;"
        f" checkpoint {newest_checkpoint(folder)}"
    )


def found(paths: Sequence[str]) -> list[Path]:
    return find_material(map(Path, paths))


def phase(report: ProgressReporter, name: str) -> Callable[[int, int], None]:
    return lambda step, of: report(name, step, of)


def counted(report: ProgressReporter, name: str, of: int) -> Told:
    return lambda step, _loss: report(name, step, of)


if __name__ == "__main__":
    sys.exit(main())
