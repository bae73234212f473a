"""Comparisons of methods with made-up scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.evaluation.comparison import CandidateResult, Comparison, MisjudgedSample
from core.methods import is_trivial
from core.state.verdict import Sense

FOLDS = 5


def scores(count: int, middle: float, seed: int, spread: float = 0.3) -> list[float]:
    """Return normally distributed scores, always the same for a seed."""
    return np.random.default_rng(seed).normal(middle, spread, count).tolist()


def contest(
    defective: Mapping[str, float] | None = None,
    *,
    good: int = 40,
    defects: int = 30,
    sense: Sense = "image",
    method: str = "features",
    names: Sequence[str] = (),
    twins: Sequence[str] = (),
    defect_group: Sequence[int] = (),
) -> Comparison:
    """Return a comparison in which every method scores good samples around 0.4 of the alarm level, and defective ones
    around its number in `defective`."""
    if defective is None:
        defective = {"features": 2.2, "filter bank": 1.6, "seed": 0.9, "brightness": 0.6, "file size": 0.4}
    names = names or [f"{number:06d}-broken-{number}.png" for number in range(defects)]
    entries = []
    for seed, (name, middle) in enumerate(defective.items()):
        rows = [scores(defects, middle, 1000 + 100 * seed + fold) for fold in range(FOLDS)]
        worst = [
            MisjudgedSample(names[0], True, 0.8, [[0.0] * 14] * 13 + [[5.0] * 14]) if sense == "image"
            else MisjudgedSample(names[0], True, 0.8, trace=[[1.1, 0.5], [1.2, 0.9], [1.3, 0.7]]),
            MisjudgedSample("000001-good.png", False, 1.1),
        ]  # fmt: skip
        plain = is_trivial(name)
        entries.append(
            CandidateResult(
                name, scores(good, 0.4, seed), rows, 0.1 if plain else 12.0 * (1 + seed), None if plain else 25.0,
                None if plain else 150.0, [] if plain else [f"{name} learnt from little"], [] if plain else worst,
            )
        )  # fmt: skip
    return Comparison(
        recipe="pump",
        sense=sense,
        method=method,
        target=0.05,
        when="2026-11-27T04:00:00+0000",
        machine="2 cores, x86_64",
        settings={"folds": FOLDS, "epochs": None, "dcgan_epochs": 40, "seed": 0},
        good=[f"{number:06d}-good.png" for number in range(good)],
        fold=[number % FOLDS for number in range(good)],
        good_group=list(range(good)),
        defects=list(names),
        defect_group=list(defect_group or range(good, good + defects)),
        twins=list(twins),
        refused=[],
        entries=entries,
    )
