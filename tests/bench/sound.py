"""How well goodpart hears: `python -m tests.bench.sound`, on real motors (bldc_motor), leaving one clip out.

Every good clip is judged by a model that learnt from the others, and so are all clips with a fault; what is printed is
the mean over these models. Nothing is tuned here; thresholds are those of the calibration for a target of 5 %.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.decision.calibration import calibrate
from core.decision.rule_arrays import share_arrays
from core.detectors.sound.amulet import AmuletModel, Network, Scaler, grouped
from core.detectors.sound.spectrum import SpectrumDetector
from core.features.sound.amulet import table_of
from core.features.sound.spectrum import RATE
from core.features.sound.wav import whole_wave
from core.methods import METHODS
from core.recipes.recipe import Recipe
from core.runtime.listing import natural_order
from core.settings.recipe_settings import Settings
from models.base import SoundLesson
from models.comparison.candidate import FoldMaterial
from models.comparison.sound_candidates import candidates
from models.sound import amulet, spectrum
from models.sound.sound_folds import make_sound_folds
from tests.support.data import find_data

TARGET = 0.05
FAULTS = ("bearing", "propeller")
AUROC_BARS = {"bearing": 0.96, "propeller": 0.98}
FOUND_BARS = {"bearing": 0.75, "propeller": 0.85}
FALSE_BARS = (0.02, 0.08)
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Left:
    """What one model, which did not learn from one clip, says of that clip and of the faulty ones: the share of the
    alarm level of every window."""

    good: Scores
    faulty: dict[str, list[Scores]]


def main() -> int:
    folder = find_data("sound/bldc_motor")
    if folder is None:
        print("no data set sound/bldc_motor here")
        return 0
    good = clips(folder / "good")
    faulty = {fault: clips(folder / f"defect_{fault}") for fault in FAULTS}
    began = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        tasks = [(good, number, faulty) for number in range(len(good))]
        lefts = []
        for done, left in enumerate(pool.imap(leave_out, tasks), 1):
            lefts.append(left)
            left_over = (time.monotonic() - began) / done * (len(good) - done)
            print(f"\r{done} of {len(good)} clips, {left_over:.0f} s left ", end="", file=sys.stderr)
    print(file=sys.stderr)
    missed = False
    false = float(np.mean(np.concatenate([left.good > 1 for left in lefts])))
    missed |= told("window false alarms", false, FALSE_BARS[0] <= false <= FALSE_BARS[1], "0.02-0.08")
    for fault in FAULTS:
        auroc = np.mean([[clip.mean() > left.good.mean() for clip in left.faulty[fault]] for left in lefts])
        found = np.mean([np.mean(np.concatenate(left.faulty[fault]) > 1) for left in lefts])
        missed |= told(f"{fault}: clip AUROC", auroc, auroc >= AUROC_BARS[fault], f">= {AUROC_BARS[fault]}")
        missed |= told(f"{fault}: windows found", found, found >= FOUND_BARS[fault], f">= {FOUND_BARS[fault]}")
    beside(good, faulty)
    amulet_beside(good, faulty)
    return int(missed)


def clips(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.wav"), key=natural_order)


def told(what: str, figure: float, holds: bool, bar: str) -> bool:
    print(f"{what:28} {figure:.3f}  (bar {bar}: {'holds' if holds else 'MISSED'})")
    return not holds


def leave_out(task: tuple[Sequence[Path], int, dict[str, list[Path]]]) -> Left:
    good, number, faulty = task
    rest = [clip for at, clip in enumerate(good) if at != number]
    learnt = spectrum.learn(SoundLesson(rest, None, False, make_sound_folds(len(rest))), silent)
    thresholds = calibrate(learnt.held_out, METHODS["spectrum"].rule, TARGET)

    def judged(clip: Path) -> Scores:
        detector = SpectrumDetector(learnt.arrays, learnt.networks, learnt.settings)
        seen = detector.push(whole_wave(clip, RATE))
        density, error = (
            np.array(part) for part in zip(*((w.density, w.reconstruction_error) for w in seen), strict=True)
        )
        return share_arrays(density, error, thresholds)

    return Left(judged(good[number]), {fault: [judged(clip) for clip in some] for fault, some in faulty.items()})


def silent(*_: object, **__: object) -> None:
    pass


def beside(good: list[Path], faulty: dict[str, list[Path]]) -> None:
    """What is trivial: the level alone, and the mean |z| of the log-mel spectrum, as `goodpart compare` has them."""
    recipe = Recipe(Path(), Settings())
    known = candidates(recipe)
    for name in ("level", "log-mel mean |z|"):
        wins: dict[str, list[bool]] = {fault: [] for fault in faulty}
        for at, left in enumerate(good):
            rest = [clip for number, clip in enumerate(good) if number != at]
            model = known[name](FoldMaterial(recipe, TARGET, rest, np.arange(len(rest))), silent)
            usual = model.judge(left).share
            for fault, some in faulty.items():
                wins[fault] += [model.judge(clip).share > usual for clip in some]
        for fault, won in wins.items():
            print(f"{name + ', ' + fault + ': clip AUROC':40} {np.mean(won):.3f}")


def amulet_beside(good: list[Path], faulty: dict[str, list[Path]]) -> None:
    """AMULET as its application has it (blocks, groups of ten), learnt from four fifths of the good clips in turn."""
    rows = {
        clip: table_of(clip, amulet.RECIPE).rows for clip in [*good, *(c for some in faulty.values() for c in some)]
    }
    wins: dict[str, list[bool]] = {fault: [] for fault in faulty}
    for part in range(5):
        held = good[part::5]
        rest = [clip for clip in good if clip not in held]
        scaler = Scaler.of(np.concatenate([rows[clip] for clip in rest]))
        groups = np.concatenate([grouped(scaler(rows[clip]), amulet.RECIPE_TIMESTEPS) for clip in rest])
        fitted = amulet.fit(groups, 60, amulet.BATCH, part, silent)
        model = AmuletModel(Network(fitted.weights), scaler, amulet.RECIPE_TIMESTEPS, 0.0, amulet.RECIPE)
        error = {clip: float(model.errors(rows[clip]).mean()) for clip in rows}
        for fault, some in faulty.items():
            wins[fault] += [error[clip] > error[one] for clip in some for one in held]
    for fault, won in wins.items():
        print(f"{'amulet, ' + fault + ': clip AUROC':40} {np.mean(won):.3f}")


if __name__ == "__main__":
    sys.exit(main())
