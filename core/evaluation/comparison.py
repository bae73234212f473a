"""The result of a comparison of methods: every method learns on the same folds and judges the same samples."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import GoodpartError
from core.evaluation.statistics import auroc_interval, rate_interval
from core.methods import is_trivial
from core.recipes.recipe import Recipe
from core.runtime.atomic_files import replace_file
from core.state.verdict import Sense

FORMAT = 1
WORST = 3
"""Worst judged samples of each kind that a result shows."""
MOST = 1e6
"""Largest share of the alarm level; larger ones and NaN count as this."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MisjudgedSample:
    """A sample that a method judged badly: a good one with a high score, or a defective one with a low score."""

    name: str
    defective: bool
    share: float
    """Share of the alarm level; for a defective sample the mean over all models."""
    map: Sequence[Sequence[float]] | None = None
    """Only for pictures: 14 rows, see core.samples.AnomalyMap."""
    trace: Sequence[Sequence[float]] | None = None
    """Only for sound: [seconds, share of the alarm level] from beginning to end."""


@dataclass(frozen=True)
class CandidateResult:
    """The scores and costs of one method."""

    method: str
    good: Sequence[float]
    """(n,) share of the alarm level of each good sample, by the model that did not learn from it."""
    defect: Sequence[Sequence[float]]
    """(folds, m) share of the alarm level of each defective sample, by every model."""
    training_seconds: float
    """Seconds to train one model, on average."""
    milliseconds: float | None = None
    """Milliseconds to judge a picture, or a second of sound, in a separate process."""
    megabytes: float | None = None
    """Peak memory of that process."""
    notes: Sequence[str] = ()
    worst: Sequence[MisjudgedSample] = ()

    @property
    def trivial(self) -> bool:
        """Whether the method is a trivial baseline, such as the brightness alone."""
        return is_trivial(self.method)


@dataclass(frozen=True)
class Comparison:
    """All candidates of a sense with their scores on the same `n` good and `m` defective samples."""

    recipe: str
    """Name of the recipe."""
    sense: Sense
    method: str
    """The recipe's method when the comparison was made."""
    target: float
    """The false-alarm rate for which thresholds were set, 0 to 1."""
    when: str
    """ISO 8601, local time."""
    machine: str
    """`2 cores, x86_64, ...`"""
    settings: Mapping[str, Any]
    good: Sequence[str]
    """(n,) file names."""
    fold: Sequence[int]
    """(n,) number of the model that did not learn from the sample."""
    good_group: Sequence[int]
    """(n,) near-duplicates have the same number."""
    defects: Sequence[str]
    """(m,) file names."""
    defect_group: Sequence[int]
    """(m,) near-duplicates have the same number."""
    twins: Sequence[str]
    """Sentences on defective samples that are near-duplicates of good ones."""
    refused: Sequence[str]
    """Sentences on unreadable files, and on methods that cannot learn from this material."""
    entries: Sequence[CandidateResult] = field(default=())
    """The candidates."""

    def entry(self, method: str) -> CandidateResult:
        """The result of one method. Raises StopIteration if it is not a candidate."""
        return next(entry for entry in self.entries if entry.method == method)


@dataclass(frozen=True)
class ErrorRate:
    """A rate or an AUROC, 0 to 1, with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Figures:
    """The figures by which candidates are compared."""

    auroc: ErrorRate
    false_alarms: ErrorRate
    misses: ErrorRate
    by_kind: Mapping[str, float]
    """AUROC by kind of defect; empty if the file names do not show several kinds."""


def figures(comparison: Comparison, entry: CandidateResult) -> Figures:
    """Calculate AUROC, false alarms and missed defects of a candidate, with 95 % intervals."""
    wins = won(comparison, entry)
    n, m = _distinct(comparison.good_group), _distinct(comparison.defect_group)
    auroc = float(wins.mean())
    false_alarms = float(np.mean(np.asarray(entry.good) > 1))
    missed = float(np.mean(np.asarray(entry.defect) <= 1))
    return Figures(
        ErrorRate(auroc, *auroc_interval(auroc, n, m)),
        # Near-duplicates count once: only distinct samples narrow an interval.
        ErrorRate(false_alarms, *rate_interval(round(false_alarms * n), n)),
        ErrorRate(missed, *rate_interval(round(missed * m), m)),
        {kind: float(wins[:, columns].mean()) for kind, columns in kinds(comparison.defects).items()},
    )


def won(comparison: Comparison, entry: CandidateResult) -> Numbers:
    """Compare each good sample with each defective one, by the model that learnt from neither: float64 (n, m).

    1 if the defective sample scores higher, 0.5 for a tie, otherwise 0.
    """
    good = np.asarray(entry.good, np.float64)[:, None]
    defect = np.asarray(entry.defect, np.float64)[np.asarray(comparison.fold)]
    return np.asarray((defect > good) + 0.5 * (defect == good), np.float64)


def kinds(names: Sequence[str]) -> dict[str, list[int]]:
    """Group defects by the kind in names such as `000012-bearing_3.wav`: kind to indices into `names`.

    Empty unless there are two to six kinds with at least two samples each.
    """
    indices: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        prefix = re.match(r"(?:\d{6}-)?([^\W\d_]+)[-_ ]", name)
        indices.setdefault(prefix[1].lower() if prefix else "", []).append(index)
    several = 2 <= len(indices) <= 6 and "" not in indices and all(len(some) >= 2 for some in indices.values())
    return indices if several else {}


def _distinct(groups: Sequence[int]) -> int:
    return len(set(groups))


def distinct_defects(comparison: Comparison) -> int:
    """The number of defective samples, near-duplicates counted once."""
    return _distinct(comparison.defect_group)


def distinct_good(comparison: Comparison) -> int:
    """The number of good samples, near-duplicates counted once."""
    return _distinct(comparison.good_group)


def difference(
    comparison: Comparison, one: CandidateResult, other: CandidateResult, draws: int = 1000
) -> tuple[float, float]:
    """95 % interval (low, high) of the AUROC of `one` minus that of `other`.

    A paired bootstrap with a fixed seed over good and defective samples at once; near-duplicates are drawn together.
    """
    between = won(comparison, one) - won(comparison, other)
    generator = np.random.default_rng(0)
    good, defect = (_weights(generator, groups, draws) for groups in (comparison.good_group, comparison.defect_group))
    drawn = np.einsum("bn,nm,bm->b", good, between, defect, optimize=True) / (good.sum(axis=1) * defect.sum(axis=1))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def _weights(generator: np.random.Generator, groups: Sequence[int], draws: int) -> Numbers:
    """(draws, n) how often each sample is drawn; the samples of a group are drawn together."""
    _, number = np.unique(groups, return_inverse=True)
    count = int(number.max()) + 1
    return np.asarray(generator.multinomial(count, np.full(count, 1 / count), size=draws)[:, number], np.float64)


def worst_of(
    good_names: Sequence[str], defect_names: Sequence[str], good: Numbers, defect: Numbers
) -> list[tuple[int, bool]]:
    """The worst judged samples as (index, defective): the lowest scored defects, then the highest scored good ones.

    `good` is (n,), `defect` (folds, m), both shares of the alarm level.
    """
    lowest = np.argsort(defect.mean(axis=0), kind="stable")[: min(WORST, len(defect_names))]
    highest = np.argsort(-good, kind="stable")[: min(WORST, len(good_names))]
    return [*((int(index), True) for index in lowest), *((int(index), False) for index in highest)]


def contest_file(recipe: Recipe, sense: Sense) -> Path:
    """The file of the last comparison of a sense."""
    return recipe.folder / f"contest-{sense}.json"


def to_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as a JSON object with its format number."""
    return {"format": FORMAT, **asdict(comparison)}


def write_contest(place: Path, comparison: Comparison) -> None:
    """Write the comparison to the file `place`. Raises GoodpartError if it cannot be written."""
    replace_file(place, json.dumps(to_json(comparison), allow_nan=False).encode())


def _check(comparison: Comparison) -> None:
    """Raises ValueError or LookupError if the samples and scores do not belong together."""
    n, m = len(comparison.good), len(comparison.defects)
    if not n or not m or (len(comparison.fold), len(comparison.good_group), len(comparison.defect_group)) != (n, n, m):
        raise ValueError("its samples do not belong together")
    for entry in comparison.entries:
        if won(comparison, entry).shape != (n, m):
            raise ValueError(f"{entry.method} judged other samples")


def read_contest(place: Path) -> Comparison:
    """Read a comparison. Raises GoodpartError if the file is missing, invalid or of a newer format."""
    try:
        stored = json.loads(place.read_text(encoding="utf-8"))
        if stored.pop("format") > FORMAT:
            raise GoodpartError(f"{place}: was made by a newer goodpart; update it, or compare again")
        entries = [
            CandidateResult(**entry | {"worst": [MisjudgedSample(**case) for case in entry["worst"]]})
            for entry in stored.pop("entries")
        ]
        comparison = Comparison(**stored, entries=entries)
        _check(comparison)
    except FileNotFoundError:
        raise GoodpartError(f"{place}: there is no comparison yet; `goodpart compare` makes one") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, LookupError) as error:
        raise GoodpartError(f"{place}: is not a comparison of this goodpart ({error}); compare again") from error
    return comparison
