"""What a contest of methods came to: every method on the same folds, judged on the same good and defective samples."""

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
MOST = 1e6
"""Of the alarm level; what is beyond it, or not a number, counts as this."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MisjudgedSample:
    """A sample that a method judged badly: a good one that it finds odd, or a defective one that it finds usual."""

    name: str
    defective: bool
    share: float
    """Of the alarm level; of a defective sample the mean over all models."""
    map: Sequence[Sequence[float]] | None = None
    """Only of pictures: 14 rows, see core.samples.AnomalyMap."""
    trace: Sequence[Sequence[float]] | None = None
    """Only of sound: [seconds, share of the alarm level] from beginning to end."""


@dataclass(frozen=True)
class CandidateResult:
    """What one method did."""

    method: str
    good: Sequence[float]
    """(n,) the share of the alarm level of each good sample, by the model that did not learn from it."""
    defect: Sequence[Sequence[float]]
    """(folds, m) that of each defective sample, by every model."""
    training_seconds: float
    """A model's, on average."""
    milliseconds: float | None = None
    """To judge a picture, or a second of sound, in a process of its own."""
    megabytes: float | None = None
    """The memory that such a process takes at most."""
    notes: Sequence[str] = ()
    worst: Sequence[MisjudgedSample] = ()

    @property
    def trivial(self) -> bool:
        return is_trivial(self.method)


@dataclass(frozen=True)
class Comparison:
    recipe: str
    sense: Sense
    method: str
    """The recipe's, when the contest was held."""
    target: float
    """The false-alarm rate for which thresholds were set."""
    when: str
    """ISO 8601, local time."""
    machine: str
    """`2 cores, x86_64, ...`"""
    settings: Mapping[str, Any]
    good: Sequence[str]
    """(n,) file names."""
    fold: Sequence[int]
    """(n,) the model that did not learn from it."""
    good_group: Sequence[int]
    """(n,) near-duplicates have one number."""
    defects: Sequence[str]
    defect_group: Sequence[int]
    twins: Sequence[str]
    """Sentences on defective samples that are near-duplicates of good ones."""
    refused: Sequence[str]
    """Sentences on files that could not be read, and on methods that could not learn here."""
    entries: Sequence[CandidateResult] = field(default=())

    def entry(self, method: str) -> CandidateResult:
        return next(entry for entry in self.entries if entry.method == method)


@dataclass(frozen=True)
class ErrorRate:
    value: float
    low: float
    high: float
    """95 % interval."""


@dataclass(frozen=True)
class Figures:
    auroc: ErrorRate
    false_alarms: ErrorRate
    misses: ErrorRate
    by_kind: Mapping[str, float]
    """AUROC by kind of defect, where the names tell several."""


def figures(contest: Comparison, entry: CandidateResult) -> Figures:
    wins = won(contest, entry)
    n, m = _distinct(contest.good_group), _distinct(contest.defect_group)
    auroc = float(wins.mean())
    called = float(np.mean(np.asarray(entry.good) > 1))
    missed = float(np.mean(np.asarray(entry.defect) <= 1))
    return Figures(
        ErrorRate(auroc, *auroc_interval(auroc, n, m)),
        # Near-duplicates count once: an interval rests on what is distinct.
        ErrorRate(called, *rate_interval(round(called * n), n)),
        ErrorRate(missed, *rate_interval(round(missed * m), m)),
        {kind: float(wins[:, at].mean()) for kind, at in kinds(contest.defects).items()},
    )


def won(contest: Comparison, entry: CandidateResult) -> Numbers:
    """(n, m) 1 where the defective sample scores higher than the good one, by the model that learnt from neither; 0.5
    for a tie."""
    good = np.asarray(entry.good, np.float64)[:, None]
    defect = np.asarray(entry.defect, np.float64)[np.asarray(contest.fold)]
    return np.asarray((defect > good) + 0.5 * (defect == good), np.float64)


def kinds(names: Sequence[str]) -> dict[str, list[int]]:
    """Defects by kind, where names such as `000012-bearing_3.wav` tell at least two of two samples and more."""
    found: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        word = re.match(r"(?:\d{6}-)?([^\W\d_]+)[-_ ]", name)
        found.setdefault(word[1].lower() if word else "", []).append(at)
    several = 2 <= len(found) <= 6 and "" not in found and all(len(some) >= 2 for some in found.values())
    return found if several else {}


def _distinct(groups: Sequence[int]) -> int:
    return len(set(groups))


def distinct_defects(contest: Comparison) -> int:
    return _distinct(contest.defect_group)


def distinct_good(contest: Comparison) -> int:
    return _distinct(contest.good_group)


def difference(
    contest: Comparison, one: CandidateResult, other: CandidateResult, draws: int = 1000
) -> tuple[float, float]:
    """95 % interval of how much higher the AUROC of `one` is, by a bootstrap over good and defective samples at once
    (near-duplicates together), the same for both. The same every time."""
    between = won(contest, one) - won(contest, other)
    draw = np.random.default_rng(0)
    good, defect = (_weights(draw, groups, draws) for groups in (contest.good_group, contest.defect_group))
    drawn = np.einsum("bn,nm,bm->b", good, between, defect, optimize=True) / (good.sum(axis=1) * defect.sum(axis=1))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def _weights(draw: np.random.Generator, groups: Sequence[int], draws: int) -> Numbers:
    """(draws, n) how often each sample is drawn, with its group."""
    _, number = np.unique(groups, return_inverse=True)
    count = int(number.max()) + 1
    return np.asarray(draw.multinomial(count, np.full(count, 1 / count), size=draws)[:, number], np.float64)


def worst_of(
    contest_good: Sequence[str], contest_defects: Sequence[str], good: Numbers, defect: Numbers
) -> list[tuple[int, bool]]:
    """Which samples are worst judged: (number, defective), defects that look most usual first, then good ones that
    look oddest."""
    usual = np.argsort(defect.mean(axis=0), kind="stable")[: min(WORST, len(contest_defects))]
    odd = np.argsort(-good, kind="stable")[: min(WORST, len(contest_good))]
    return [*((int(at), True) for at in usual), *((int(at), False) for at in odd)]


def contest_file(recipe: Recipe, sense: Sense) -> Path:
    """Where the last contest of a sense is kept."""
    return recipe.folder / f"contest-{sense}.json"


def to_json(contest: Comparison) -> dict[str, Any]:
    return {"format": FORMAT, **asdict(contest)}


def write_contest(place: Path, contest: Comparison) -> None:
    """Raises GoodpartError."""
    replace_file(place, json.dumps(to_json(contest), allow_nan=False).encode())


def _check(contest: Comparison) -> None:
    """Raises ValueError or LookupError where its parts do not belong together."""
    n, m = len(contest.good), len(contest.defects)
    if not n or not m or (len(contest.fold), len(contest.good_group), len(contest.defect_group)) != (n, n, m):
        raise ValueError("its samples do not belong together")
    for entry in contest.entries:
        if won(contest, entry).shape != (n, m):
            raise ValueError(f"{entry.method} judged others")


def read_contest(place: Path) -> Comparison:
    """Raises GoodpartError where there is none, or it is not one."""
    try:
        said = json.loads(place.read_text(encoding="utf-8"))
        if said.pop("format") > FORMAT:
            raise GoodpartError(f"{place}: was made by a newer goodpart; update it, or compare again")
        entries = [
            CandidateResult(**entry | {"worst": [MisjudgedSample(**case) for case in entry["worst"]]})
            for entry in said.pop("entries")
        ]
        contest = Comparison(**said, entries=entries)
        _check(contest)
    except FileNotFoundError:
        raise GoodpartError(f"{place}: there is no contest yet; `goodpart compare` holds one") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, LookupError) as error:
        raise GoodpartError(f"{place}: is not a contest of this goodpart ({error}); compare again") from error
    return contest
