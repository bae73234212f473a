"""Compares methods: `python -m models.comparison.run RECIPE JOB` prints its progress, one JSON object per line.

Every method learns the same folds of the recipe's good material and judges the held-out good samples and all defective
ones. The result is a file in the recipe's folder (core.evaluation.comparison).
"""

from __future__ import annotations

import json
import math
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import GoodpartError, UnreadableError
from core.evaluation.comparison import (
    MOST,
    CandidateResult,
    Comparison,
    MisjudgedSample,
    contest_file,
    worst_of,
    write_contest,
)
from core.methods import candidates_of, is_trivial
from core.recipes.recipe import Recipe, open_recipe
from core.runtime.child_process import end_with_parent
from core.state.verdict import Sense
from models.comparison import runtime_cost as cost
from models.comparison.candidate import Candidate, CandidateModel, FoldMaterial, HeldOutSample, Numbers
from models.comparison.material import ComparisonMaterial, look_through
from models.folds import make_folds
from models.progress import ProgressReporter

FOLDS = 5
DCGAN_EPOCHS = 40
COST_OF = 3
"""Good samples that are judged to measure the run-time cost."""


@dataclass(frozen=True)
class ComparisonRequest:
    """The arguments of `goodpart compare`."""

    sense: Sense
    methods: Sequence[str] = ()
    """Names of methods; empty means all."""
    folds: int = FOLDS
    epochs: int | None = None
    """Only for methods that learn by gradient; None lets them choose."""
    dcgan_epochs: int = DCGAN_EPOCHS
    seed: int = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison of the command line (recipe, request as JSON) and write it; returns the exit code."""
    folder, request = arguments or sys.argv[1:]
    report = ProgressReporter(sys.stdout)
    end_with_parent(Path(folder))
    try:
        recipe, job = open_recipe(folder), ComparisonRequest(**json.loads(request))
        started = time.monotonic()
        comparison = compare(recipe, job, report)
        write_contest(contest_file(recipe, job.sense), comparison)
        report.end("done", f"{len(comparison.entries)} methods compared in {time.monotonic() - started:.0f} s")
    except GoodpartError as error:
        report.end("failed", str(error))
        return error.exit_code
    except MemoryError:
        report.end("failed", "there is not enough memory for this much material; close other programs")
        return 1
    return 0


def compare(recipe: Recipe, job: ComparisonRequest, report: ProgressReporter) -> Comparison:
    """Train and judge with every candidate on every fold.

    Raises GoodpartError if there is too little material, a method is unknown, or TensorFlow is missing for a method
    that was named.
    """
    methods = chosen(job)
    material = look_through(recipe, job.sense, report)
    fold = make_folds(material.group, max(2, min(job.folds, int(material.group.max()) + 1)))
    candidates = candidates_for(recipe, job.sense, report)
    progress = ComparisonProgress(report, methods, int(fold.max()) + 1)
    runs = {method: CandidateRun(len(material.good)) for method in methods}
    target, left_out = recipe.false_alarms, []
    for number in range(int(fold.max()) + 1):
        rest = np.flatnonzero(fold != number)
        _, group = np.unique(material.group[rest], return_inverse=True)
        taught = FoldMaterial(
            recipe, target, [material.good[i] for i in rest.tolist()], group, job.seed, job.epochs, job.dcgan_epochs
        )
        held = np.flatnonzero(fold == number)
        for method in [*runs]:
            progress.begin(method, number)
            try:
                runs[method].by(candidates[method], taught, material, held, progress)
            except UnreadableError:
                raise
            except GoodpartError as error:
                if method in job.methods or number > 0:
                    raise GoodpartError(f"{method}: {error}") from error
                # The request does not name this method: compare the others without it.
                left_out.append(f"{method} was left out: {error}")
                del runs[method]
            progress.end()
    names = [file.name for file in material.good], [file.name for file in material.defects]
    entries = [run.entry(method, *names) for method, run in runs.items()]
    return Comparison(
        recipe=recipe.name,
        sense=job.sense,
        method=recipe.table(job.sense).method,
        target=target,
        when=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        machine=machine(),
        settings={
            "folds": int(fold.max()) + 1, "epochs": job.epochs, "dcgan_epochs": job.dcgan_epochs, "seed": job.seed,
        },
        good=names[0],
        fold=fold.tolist(),
        good_group=material.group.tolist(),
        defects=names[1],
        defect_group=material.defect_group.tolist(),
        twins=material.twins,
        refused=[*material.refused, *left_out],
        entries=entries,
    )  # fmt: skip


def chosen(job: ComparisonRequest) -> Sequence[str]:
    """Return the names of the methods to compare: the requested ones, or all, and always the trivial ones.

    Raises GoodpartError if a requested method is unknown.
    """
    known = candidates_of(job.sense)
    unknown = [method for method in job.methods if method not in known]
    if unknown:
        raise GoodpartError(f"{unknown[0]!r} is not a method here: {', '.join(known)}")
    # Trivial scores cost nothing, and the other methods' figures need them as a baseline.
    return [name for name in known if not job.methods or name in job.methods or is_trivial(name)]


def candidates_for(recipe: Recipe, sense: Sense, report: ProgressReporter) -> Mapping[str, Candidate]:
    """Return all candidates of a sense by name; for pictures the backbone is converted first if possible."""
    if sense == "image":
        from models.comparison import image_candidates
        from models.image.backbone import backbone_or_none

        # Convert it here, so that the conversion is not part of a method's training time.
        backbone_or_none(report)
        return image_candidates.candidates(recipe)
    from models.comparison import sound_candidates

    return sound_candidates.candidates(recipe)


class ComparisonProgress:
    """Progress of all trainings. The remaining time is known once every method has learnt one fold."""

    def __init__(self, report: ProgressReporter, methods: Sequence[str], folds: int) -> None:
        self._report, self._methods, self._folds = report, methods, folds
        self._seconds: dict[str, float] = {}
        self._method, self._fold, self._began = "", 0, 0.0

    def begin(self, method: str, fold: int) -> None:
        """Note and report that the method starts with the fold (0..k-1)."""
        self._method, self._fold, self._began = method, fold, time.monotonic()
        self("", 0, 0)

    def end(self) -> None:
        """Note the seconds that the method took for the fold."""
        self._seconds[self._method] = time.monotonic() - self._began

    def __call__(
        self, phase: str, _step: int, _of: int, *, loss: float | None = None, **_further: float | None
    ) -> None:
        """Report a method's progress as part of the whole comparison; the steps within a phase do not count."""
        done = self._fold * len(self._methods) + self._methods.index(self._method)
        self._report(
            f"{self._fold + 1}/{self._folds} {self._method} {phase}".strip(),
            done, self._folds * len(self._methods), loss=loss, seconds_left=self._left(),
        )  # fmt: skip

    def _left(self) -> float:
        if len(self._seconds) < len(self._methods):
            return math.inf
        current = self._methods.index(self._method)
        later_folds = (self._folds - self._fold - 1) * sum(self._seconds.values())
        this_fold = sum(self._seconds[method] for method in self._methods[current:])
        return max(0.0, later_folds + this_fold - (time.monotonic() - self._began))


class CandidateRun:
    """The results of one method so far."""

    def __init__(self, count: int) -> None:
        self._good: list[HeldOutSample | None] = [None] * count
        self._defect: list[list[HeldOutSample]] = []
        self._seconds: list[float] = []
        self._cost: cost.RuntimeCost | None = None
        self._notes: Sequence[str] = ()

    def by(
        self,
        candidate: Candidate,
        taught: FoldMaterial,
        material: ComparisonMaterial,
        held: Iterable[int],
        progress: ComparisonProgress,
    ) -> None:
        """Train on one fold's material; judge the held-out good samples (indices `held`) and all defects.

        Raises GoodpartError.
        """
        started = time.monotonic()
        model = candidate(taught, progress)
        self._seconds.append(model.seconds if model.seconds is not None else time.monotonic() - started)
        self._notes = model.notes
        for index in held:
            progress("judging", 0, 1)
            self._good[index] = model.judge(material.good[index])
        defects = []
        for file in material.defects:
            progress("judging defects", 0, 1)
            defects.append(model.judge(file))
        self._defect.append(defects)
        if self._cost is None:
            progress("cost", 0, 1)
            self._cost = cost_of(model, taught, material)

    def entry(self, method: str, good: Sequence[str], defects: Sequence[str]) -> CandidateResult:
        """Return the results of all folds. `good` and `defects` are the names of the samples, in order."""
        of_every_good = [sample for sample in self._good if sample is not None]
        good_shares = bounded([sample.share for sample in of_every_good])
        defect_shares = np.array([bounded([sample.share for sample in samples]) for samples in self._defect])
        worst = []
        for index, defective in worst_of(good, defects, good_shares, defect_shares):
            # All models judged a defect: show the map or trace of the first one.
            sample = self._defect[0][index] if defective else of_every_good[index]
            share = float(defect_shares[:, index].mean()) if defective else float(good_shares[index])
            name = (defects if defective else good)[index]
            worst.append(MisjudgedSample(name, defective, share, sample.map, sample.trace))
        assert self._cost is not None
        return CandidateResult(
            method, good_shares.tolist(), defect_shares.tolist(), float(np.mean(self._seconds)),
            self._cost.milliseconds, self._cost.megabytes, list(self._notes), worst,
        )  # fmt: skip


def bounded(shares: Sequence[float]) -> Numbers:
    """Return the shares limited to -MOST..MOST, as float64; not-a-number becomes MOST. JSON has no infinity."""
    finite = np.nan_to_num(np.array(shares), nan=MOST, posinf=MOST, neginf=-MOST)
    return np.asarray(np.clip(finite, -MOST, MOST), np.float64)


def cost_of(model: CandidateModel, taught: FoldMaterial, material: ComparisonMaterial) -> cost.RuntimeCost:
    """Measure the cost of judging in a separate process that does nothing else. Raises GoodpartError."""
    with tempfile.TemporaryDirectory(prefix="goodpart-") as folder:
        arguments = model.save(Path(folder))
        if not arguments:
            return cost.RuntimeCost(None, None)
        return cost.measured([*arguments, str(taught.recipe.folder), *map(str, material.good[:COST_OF])])


def machine() -> str:
    """Return a short description of this machine: cores, architecture, processor."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    except OSError:
        pass  # not Linux
    return f"{os.cpu_count()} cores, {platform.machine()}, {name}"


if __name__ == "__main__":
    sys.exit(main())
