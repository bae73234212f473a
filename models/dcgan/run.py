"""AMULET's DCGAN, for comparison: `python -m models.dcgan.run FOLDER JOB` prints progress, one JSON object per line.

It learns to generate MFCC pictures of good sound; a second that resembles no generated picture is anomalous.
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
    """The arguments of `goodpart dcgan`. Paths are absolute."""

    action: Action
    files: Sequence[str] = ()
    """For `dataset` the files to convert, for `detect` the files to judge, for `evaluate` the good ones."""
    defect: Sequence[str] = ()
    """For `evaluate`: the defective files."""
    dataset: str = ""
    """For `train`: the folder of the data set."""
    prefix: str = "train"
    """Name of the data set within its folder."""
    checkpoint: str = ""
    """For `detect` and `evaluate`: a checkpoint, or the folder of a training."""
    generated: int = GENERATED
    """Generated pictures that a real one is compared with."""
    threshold: float | None = None
    """For `detect`: the difference above which a second is anomalous."""
    course: Course = field(default_factory=Course)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job of the command line (folder, job as JSON) and print the progress; returns the exit code."""
    folder, request = arguments or sys.argv[1:]
    report = ProgressReporter(sys.stdout)
    end_with_parent(Path(folder))
    try:
        fields = json.loads(request)
        job = Job(**fields | {"course": Course(**fields.get("course", {}))})
        report.end("done", run(job, Path(folder), report))
    except GoodpartError as error:
        report.end("failed", str(error))
        return error.exit_code
    except MemoryError:
        report.end("failed", "there is not enough memory for this much material; close other programs")
        return 1
    return 0


def run(job: Job, folder: Path, report: ProgressReporter) -> str:
    """Do the job and write its files into the folder; returns a summary. Raises GoodpartError."""
    if job.action == "dataset":
        count, refused = write_dataset(_material(job.files), folder, job.prefix, phase(report, "features"))
        return "\n".join([*refused, f"{count} seconds of sound are in {folder / job.prefix}"])
    if job.action == "train":
        return train(job, folder, report)
    report("loading", 0, 1)
    detection = Detection(load(Path(job.checkpoint)), job.generated)
    seconds, refused = read_material(_material(job.files), phase(report, "features"))
    judged = detection.judge_seconds(seconds, counted(report, "judging", len(seconds)))
    if job.action == "detect":
        called = write_scores(folder / "scores.csv", seconds, judged, job.threshold)
        beyond = "" if job.threshold is None else f", {called} beyond the threshold {job.threshold:g}"
        return "\n".join([*refused, f"{len(seconds)} seconds judged{beyond}"])
    defective, refused_defects = read_material(_material(job.defect), phase(report, "features of defects"))
    bad = detection.judge_seconds(defective, counted(report, "judging defects", len(defective)))
    report("drawing", 0, 1)
    sentences = dcgan_evaluation.write(folder, judged, bad)
    write_scores(folder / "good.csv", seconds, judged, None)
    write_scores(folder / "defect.csv", defective, bad, None)
    return "\n".join([*refused, *refused_defects, *sentences])


def train(job: Job, folder: Path, report: ProgressReporter) -> str:
    """Train on the job's data set, from the newest checkpoint in the folder if there is one; returns a summary.

    Raises GoodpartError.
    """
    report("data set", 0, 1)
    pictures = pictures_of(read_dataset(Path(job.dataset), job.prefix))
    for place in ("checkpoints", "samples"):
        try:
            (folder / place).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GoodpartError(f"{folder / place}: cannot be made ({error.strerror or error})") from error
    newest = newest_checkpoint(folder)
    before = read_checkpoint(newest).epoch if newest else 0
    started = time.monotonic()
    report("networks", 0, 1)
    # Progress counts only the remaining epochs: those before the interruption take no time.
    left = max(0, job.course.epochs - before)
    fit(pictures, job.course, lambda epoch, loss: report("epochs", epoch - before, left, loss=loss), folder)
    if not left:
        return f"{before} epochs are learnt already; a larger --epochs continues the training"
    after = f", after {before} before" if before else ""
    return (
        f"learnt {left} epochs{after} from {len(pictures)} seconds of sound in {time.monotonic() - started:.0f} s;"
        f" checkpoint {newest_checkpoint(folder)}"
    )


def _material(paths: Sequence[str]) -> list[Path]:
    return find_material(map(Path, paths))


def phase(report: ProgressReporter, name: str) -> Callable[[int, int], None]:
    """Return a callback (step, of) that reports the phase of this name."""
    return lambda step, of: report(name, step, of)


def counted(report: ProgressReporter, name: str, of: int) -> Told:
    """Return a callback (step, loss) that reports the phase of this name with `of` steps, without the loss."""
    return lambda step, _loss: report(name, step, of)


if __name__ == "__main__":
    sys.exit(main())
