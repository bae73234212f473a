"""How well a method tells good parts from defective ones, on real pictures: `python -m tests.bench.auroc`.

Learns from a fixed 60 % of the good pictures of a set and judges the others and all defective ones, with the folds and
the calibration of `goodpart train`. Beside the method's scores stand trivial ones (brightness, contrast), which any
method must beat. The default rule of a method rests on these tables. Needs the data sets (tests/support/data.py).
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.bundle import HeldOut
from core.dataset.add_images import pictures_in
from core.dataset.near_duplicates import near_duplicates, thumbnail
from core.decision.calibration import TooFewError, calibrate, supported
from core.decision.rule import is_anomalous
from core.decision.rule_arrays import share_arrays
from core.detectors.image.base import ImageDetector
from core.detectors.image.features import FeaturesDetector
from core.detectors.image.seed import SeedDetector
from core.evaluation.statistics import auroc
from core.features.image.picture import WHOLE, decode_picture
from core.state.verdict import RULE_NAMES, Rule
from models.base import ImageLesson, Learnt
from models.comparison.image_candidates import brightness_and_contrast
from models.folds import make_folds
from models.image import features, seed
from models.image.backbone import obtain_backbone
from tests.support.data import data_folder

SETS = ("aliens", "cookies", "solar_cells")
TARGET = 0.05
TAUGHT = 0.6
AUROC_BARS = {"aliens": 0.98, "cookies": 0.98, "solar_cells": 0.95}
RATE_BARS = {"solar_cells": (0.10, 0.20)}
"""False alarms and misses at the target."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Split:
    """Pictures to learn from, in the order taken; good and defective ones to judge."""

    taught: Sequence[Path]
    good: Sequence[Path]
    defect: Sequence[Path]


@dataclass(frozen=True)
class Result:
    """What one method does on one split."""

    name: str
    auroc: dict[Rule, float]
    rates: dict[Rule, tuple[float, float]]
    """False alarms and misses at the target; not a number where the taught pictures are too few for it."""


def split(name: str, seed: int = 0) -> Split:
    """The pictures of a set, split at random; the same for the same seed. Skips where there are none."""
    good = pictures_in(data_folder(f"images/{name}/good"))
    chosen = np.random.default_rng(seed).permutation(len(good)) < round(TAUGHT * len(good))
    return Split(
        taught=[path for path, taught in zip(good, chosen, strict=True) if taught],
        good=[path for path, taught in zip(good, chosen, strict=True) if not taught],
        defect=pictures_in(data_folder(f"images/{name}/defect")),
    )


def lesson(pictures: Sequence[Path]) -> ImageLesson:
    groups = near_duplicates([thumbnail(decode_picture(path)) for path in pictures])
    return ImageLesson(pictures, WHOLE, make_folds(groups))


def evaluate(
    name: str, learnt: Learnt, detector: ImageDetector, good_test: Sequence[Path], defect: Sequence[Path]
) -> Result:
    """Judge the test pictures of one set with one trained method, under every rule."""
    held_out = learnt.held_out
    good, bad = _scores(detector, good_test), _scores(detector, defect)
    aurocs, rates = {}, {}
    for rule in RULE_NAMES:
        aurocs[rule] = auroc(_ranked(good, held_out, rule), _ranked(bad, held_out, rule))
        try:
            thresholds = calibrate(held_out, rule, TARGET)
        except TooFewError:
            rates[rule] = (math.nan, math.nan)
            continue
        alarms = [np.mean([is_anomalous(*scores, thresholds) for scores in part.tolist()]) for part in (good, bad)]
        rates[rule] = (float(alarms[0]), 1 - float(alarms[1]))
    return Result(name, aurocs, rates)


def _scores(detector: ImageDetector, pictures: Sequence[Path]) -> Values:
    """(n, 2): density, reconstruction error."""
    scores = [detector.judge(decode_picture(path)) for path in pictures]
    return np.array([(score.density, score.reconstruction_error) for score in scores])


def _ranked(scores: Values, held_out: HeldOut, rule: Rule) -> Values:
    """What a rule orders samples by: their share of the alarm level."""
    thresholds = calibrate(held_out, rule, max(TARGET, supported(rule, held_out.count)))
    return share_arrays(scores[:, 0], scores[:, 1], thresholds)


def trivial(pictures: Split) -> dict[str, float]:
    """AUROC of how far the brightness and the contrast are from those of the taught pictures."""
    taught, good, bad = (_trivial_scores(part) for part in (pictures.taught, pictures.good, pictures.defect))
    centre = taught.mean(axis=0)
    away = np.abs(good - centre), np.abs(bad - centre)
    return {name: auroc(away[0][:, i], away[1][:, i]) for i, name in enumerate(("brightness", "contrast"))}


def _trivial_scores(pictures: Sequence[Path]) -> Values:
    return np.array([brightness_and_contrast(decode_picture(path)) for path in pictures])


def quiet(phase: str, step: int, of: int, *, loss: float | None = None, validation_loss: float | None = None) -> None:
    """A Progress that tells nothing."""


def results(pictures: Split, with_seed: bool) -> Iterator[tuple[Result, float]]:
    """The result of every method on one split, and the seconds that learning took."""
    taught = lesson(pictures.taught)
    for name, network in (("features", obtain_backbone()), ("filter bank", None)):
        start = time.perf_counter()
        learnt = features.learn_with(network, taught, quiet)
        seconds = time.perf_counter() - start
        detector: ImageDetector = FeaturesDetector(learnt.arrays, learnt.networks, learnt.settings)
        yield evaluate(name, learnt, detector, pictures.good, pictures.defect), seconds
    if with_seed:
        start = time.perf_counter()
        learnt = seed.learn(taught, quiet)
        seconds = time.perf_counter() - start
        detector = SeedDetector(learnt.arrays, learnt.networks, learnt.settings)
        yield evaluate("seed", learnt, detector, pictures.good, pictures.defect), seconds


def _missed(name: str, result: Result, rule: Rule = "sum") -> list[str]:
    """The bars that the method `features` does not reach on a set, in words."""
    missed = []
    if result.auroc[rule] < AUROC_BARS.get(name, 0):
        missed.append(f"{name}: AUROC {result.auroc[rule]:.3f}, wanted {AUROC_BARS[name]}")
    for what, rate, bar in zip(
        ("false alarms", "misses"), result.rates[rule], RATE_BARS.get(name, (1, 1)), strict=True
    ):
        if rate > bar:
            missed.append(f"{name}: {what} {rate:.3f}, wanted {bar} or less")
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.auroc", description=__doc__)
    parser.add_argument("sets", nargs="*", default=SETS)
    parser.add_argument(
        "--splits", type=int, default=1, help="how many random splits of each set; the bars are the first's"
    )
    parser.add_argument("--seed-method", action="store_true", help="the method `seed` too: some minutes a split")
    options = parser.parse_args()
    missed: list[str] = []
    print("AUROC, and false alarms / misses calibrated for 5 % false alarms, by rule")
    print(f"{'set':12}split method     " + "".join(f"{rule:>20}" for rule in RULE_NAMES) + "  learnt in")
    for name in options.sets:
        for number in range(options.splits):
            pictures = split(name, number)
            for result, seconds in results(pictures, options.seed_method):
                cells = (
                    f"{result.auroc[rule]:.3f} {rates[0]:.3f}/{rates[1]:.3f}" for rule, rates in result.rates.items()
                )
                print(
                    f"{name:12}{number:5} {result.name:11}" + "".join(f"{cell:>20}" for cell in cells),
                    f"{seconds:8.1f} s",
                )
                if result.name == "features" and number == 0:
                    missed += _missed(name, result)
            values = "  ".join(f"{which} {value:.3f}" for which, value in trivial(pictures).items())
            print(f"{name:12}{number:5} trivial      {values}", flush=True)
    print("\n".join(missed) or "All bars are met.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
