"""A contest of methods: `python -m models.comparison.run RECIPE JOB`, one JSON object a line of progress.

Every method learns the same folds of the recipe's good material, and judges the good samples that were left out and
all defective ones. What came of it is left in the recipe's folder (core.evaluation.comparison).
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
"""Good samples that are judged to measure what judging costs."""


@dataclass(frozen=True)
class ComparisonRequest:
    """What `goodpart compare` asks for."""

    sense: Sense
    methods: Sequence[str] = ()
    """All where none is named."""
    folds: int = FOLDS
    epochs: int | None = None
    """Of methods that learn by gradient; None lets them choose."""
    dcgan_epochs: int = DCGAN_EPOCHS
    seed: int = 0


def main(arguments: Sequence[str] | None = None) -> int:
    folder, said = arguments or sys.argv[1:]
    report = ProgressReporter(sys.stdout)
    end_with_parent(Path(folder))
    try:
        recipe, job = open_recipe(folder), ComparisonRequest(**json.loads(said))
        began = time.monotonic()
        contest = hold(recipe, job, report)
        write_contest(contest_file(recipe, job.sense), contest)
        report.end("done", f"{len(contest.entries)} methods compared in {time.monotonic() - began:.0f} s")
    except GoodpartError as error:
        report.end("failed", str(error))
        return error.exit_code
    except MemoryError:
        report.end("failed", "there is not enough memory to compare so much; close other programs")
        return 1
    return 0


def hold(recipe: Recipe, job: ComparisonRequest, report: ProgressReporter) -> Comparison:
    """Raises GoodpartError: too little of anything, a method that is not one, TensorFlow missing."""
    methods = chosen(job)
    material = look_through(recipe, job.sense, report)
    fold = make_folds(material.group, max(2, min(job.folds, int(material.group.max()) + 1)))
    known = entrants(recipe, job.sense, report)
    along = ComparisonProgress(report, methods, int(fold.max()) + 1)
    tried = {method: CandidateRun(len(material.good)) for method in methods}
    target, left_out = recipe.false_alarms, []
    for number in range(int(fold.max()) + 1):
        rest = np.flatnonzero(fold != number)
        _, group = np.unique(material.group[rest], return_inverse=True)
        taught = FoldMaterial(
            recipe, target, [material.good[at] for at in rest.tolist()], group, job.seed, job.epochs, job.dcgan_epochs
        )
        held = np.flatnonzero(fold == number)
        for method in [*tried]:
            along.begin(method, number)
            try:
                tried[method].by(known[method], taught, material, held, along)
            except UnreadableError:
                raise
            except GoodpartError as error:
                if method in job.methods or number > 0:
                    raise GoodpartError(f"{method}: {error}") from error
                # Nobody named it: the others are compared without it.
                left_out.append(f"{method} was left out: {error}")
                del tried[method]
            along.end()
    names = [file.name for file in material.good], [file.name for file in material.defects]
    entries = [one.entry(method, *names) for method, one in tried.items()]
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
    """Raises GoodpartError for a name that is none."""
    known = candidates_of(job.sense)
    odd = [method for method in job.methods if method not in known]
    if odd:
        raise GoodpartError(f"{odd[0]!r} is not a method here: {', '.join(known)}")
    # Trivial numbers cost nothing, and without them the others' figures say little.
    return [name for name in known if not job.methods or name in job.methods or is_trivial(name)]


def entrants(recipe: Recipe, sense: Sense, report: ProgressReporter) -> Mapping[str, Candidate]:
    if sense == "image":
        from models.comparison import image_candidates as contest_pictures
        from models.image.backbone import backbone_or_none

        # Converted before anything is timed.
        backbone_or_none(report)
        return contest_pictures.entrants(recipe)
    from models.comparison import sound_candidates as contest_sound

    return contest_sound.entrants(recipe)


class ComparisonProgress:
    """Progress through all trainings. The time left is known once each method has learnt one fold."""

    def __init__(self, report: ProgressReporter, methods: Sequence[str], folds: int) -> None:
        self._report, self._methods, self._folds = report, methods, folds
        self._seconds: dict[str, float] = {}
        self._method, self._fold, self._began = "", 0, 0.0

    def begin(self, method: str, fold: int) -> None:
        self._method, self._fold, self._began = method, fold, time.monotonic()
        self("", 0, 0)

    def end(self) -> None:
        self._seconds[self._method] = time.monotonic() - self._began

    def __call__(
        self, phase: str, step: int, of: int, *, loss: float | None = None, validation_loss: float | None = None
    ) -> None:
        done = self._fold * len(self._methods) + self._methods.index(self._method)
        self._report(
            f"{self._fold + 1}/{self._folds} {self._method} {phase}".strip(),
            done, self._folds * len(self._methods), loss=loss, seconds_left=self._left(),
        )  # fmt: skip

    def _left(self) -> float:
        if len(self._seconds) < len(self._methods):
            return math.inf
        at = self._methods.index(self._method)
        whole = (self._folds - self._fold - 1) * sum(self._seconds.values())
        these = sum(self._seconds[method] for method in self._methods[at:])
        return max(0.0, whole + these - (time.monotonic() - self._began))


class CandidateRun:
    """What one method has done so far."""

    def __init__(self, count: int) -> None:
        self._good: list[HeldOutSample | None] = [None] * count
        self._defect: list[list[HeldOutSample]] = []
        self._seconds: list[float] = []
        self._cost: cost.RuntimeCost | None = None
        self._notes: Sequence[str] = ()

    def by(
        self,
        entrant: Candidate,
        taught: FoldMaterial,
        material: ComparisonMaterial,
        held: Iterable[int],
        along: ComparisonProgress,
    ) -> None:
        """Learn, and judge what was not learnt from. Raises GoodpartError."""
        began = time.monotonic()
        model = entrant(taught, along)
        self._seconds.append(model.seconds if model.seconds is not None else time.monotonic() - began)
        self._notes = model.notes
        for at in held:
            along("judging", 0, 1)
            self._good[at] = model.judge(material.good[at])
        defects = []
        for file in material.defects:
            along("judging defects", 0, 1)
            defects.append(model.judge(file))
        self._defect.append(defects)
        if self._cost is None:
            along("cost", 0, 1)
            self._cost = cost_of(model, taught, material)

    def entry(self, method: str, good: Sequence[str], defects: Sequence[str]) -> CandidateResult:
        seen = [one for one in self._good if one is not None]
        of_good = bounded([one.share for one in seen])
        of_defects = np.array([bounded([one.share for one in some]) for some in self._defect])
        worst = []
        for at, defective in worst_of(good, defects, of_good, of_defects):
            # Of a defective sample what the first model saw.
            one = self._defect[0][at] if defective else seen[at]
            share = float(of_defects[:, at].mean()) if defective else float(of_good[at])
            worst.append(MisjudgedSample((defects if defective else good)[at], defective, share, one.map, one.trace))
        assert self._cost is not None
        return CandidateResult(
            method, of_good.tolist(), of_defects.tolist(), float(np.mean(self._seconds)), self._cost.milliseconds,
            self._cost.megabytes, list(self._notes), worst,
        )  # fmt: skip


def bounded(shares: Sequence[float]) -> Numbers:
    """What is not a number is as bad as can be: JSON has no infinity."""
    finite = np.nan_to_num(np.array(shares), nan=MOST, posinf=MOST, neginf=-MOST)
    return np.asarray(np.clip(finite, -MOST, MOST), np.float64)


def cost_of(model: CandidateModel, taught: FoldMaterial, material: ComparisonMaterial) -> cost.RuntimeCost:
    """Of judging in a fresh process that does nothing else. Raises GoodpartError."""
    with tempfile.TemporaryDirectory(prefix="goodpart-") as folder:
        arguments = model.save(Path(folder))
        if not arguments:
            return cost.RuntimeCost(None, None)
        return cost.measured([*arguments, str(taught.recipe.folder), *map(str, material.good[:COST_OF])])


def machine() -> str:
    """What kind of machine this is, in words."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    except OSError:
        pass  # not Linux
    return f"{os.cpu_count()} cores, {platform.machine()}, {name}"


if __name__ == "__main__":
    sys.exit(main())
