"""Which method a contest speaks for, in a sentence, and how sure that is; or why it speaks for none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.decision.calibration import percent
from core.evaluation.comparison import (
    CandidateResult,
    Comparison,
    difference,
    distinct_defects,
    distinct_good,
    figures,
)
from core.methods import methods_of
from core.state.sense_words import SENSE_WORDS

FEWEST_DEFECTS = 5
FEWEST_GOOD = 10


@dataclass(frozen=True)
class Recommendation:
    method: str | None
    """What to use; None where the contest is no ground to recommend anything."""
    sentence: str
    doubt: str
    """How much it rests on."""


def advise(contest: Comparison) -> Recommendation:
    defects, good = distinct_defects(contest), distinct_good(contest)
    able = ranked(contest, [entry for entry in contest.entries if entry.method in methods_of(contest.sense)])
    doubt = rests_on(contest, able[0] if able else None)
    if contest.twins:
        return Recommendation(
            None,
            f"No recommendation: {len(contest.twins)} defective samples are nearly the same as good ones, which then"
            " stand on both sides; sort them out and compare again.",
            doubt,
        )
    if defects < FEWEST_DEFECTS or good < FEWEST_GOOD:
        return Recommendation(
            None,
            f"No recommendation: {good} good and {defects} defective samples that differ are too few; it takes"
            f" {FEWEST_GOOD} and {FEWEST_DEFECTS}.",
            doubt,
        )
    if not able:
        return Recommendation(None, "No recommendation: none of these is a method that a recipe can have.", doubt)
    best = able[0]
    doubtful = by_chance(contest, best)
    for simple in ranked(contest, [entry for entry in contest.entries if entry.trivial]):
        if difference(contest, best, simple)[0] <= 0 and not (doubtful and by_chance(contest, simple)):
            return Recommendation(
                None,
                f"No recommendation: {simple.method} alone (AUROC {_value(contest, simple)}) does as well as"
                f" {best.method} ({_value(contest, best)}), as far as these samples can tell: either the fault is as"
                " simple as that, or good and defective samples were not taken alike.",
                doubt,
            )
    if doubtful:
        return Recommendation(
            None,
            f"No recommendation: {best.method} (AUROC {_value(contest, best)}) is the best of these, and may be telling"
            " good from defective by chance alone; more samples of both may show more.",
            doubt,
        )
    alike = [entry for entry in able[1:] if difference(contest, best, entry)[0] <= 0 and not by_chance(contest, entry)]
    current = next((entry for entry in alike if entry.method == contest.method), None)
    if current is not None:
        return Recommendation(
            current.method,
            f"Keep {current.method}: {best.method} is not better beyond chance (AUROC {_value(contest, best)}, here"
            f" {_value(contest, current)}).",
            rests_on(contest, current),
        )
    found = figures(contest, best)
    names = " and ".join(entry.method for entry in alike)
    verb = "Keep" if best.method == contest.method else "Use"
    return Recommendation(
        best.method,
        f"{verb} {best.method}: AUROC {_value(contest, best)}; at {percent(contest.target)} false alarms asked it"
        f" misses {percent(found.misses.value)} of the defects and calls {percent(found.false_alarms.value)} of the"
        " good ones" + (f"; {names} may do as well." if alike else "."),
        doubt,
    )


def ranked(contest: Comparison, entries: Sequence[CandidateResult]) -> list[CandidateResult]:
    """The best first."""
    return sorted(entries, key=lambda entry: -figures(contest, entry).auroc.value)


def by_chance(contest: Comparison, entry: CandidateResult) -> bool:
    """Whether these samples leave it open that it tells good from defective at all."""
    return figures(contest, entry).auroc.low <= 0.5


def rests_on(contest: Comparison, entry: CandidateResult | None) -> str:
    """`entry` is what is recommended, or would have been; None where no method could be."""
    kind = SENSE_WORDS[contest.sense].files
    good, defects = distinct_good(contest), distinct_defects(contest)
    doubles = len(contest.good) + len(contest.defects) - good - defects
    words = f"It rests on {good} good and {defects} defective {kind}"
    words += f" ({doubles} near-duplicates not counted)" if doubles else ""
    if entry is not None:
        auroc = figures(contest, entry).auroc
        words += f": the AUROC of {entry.method} may be {auroc.low:.2f} to {auroc.high:.2f}"
    words += ", for defects of these kinds alone."
    if entry is not None and figures(contest, entry).false_alarms.low > contest.target:
        words += " It calls more of the good ones than was asked: teach more of them."
    return words


def _value(contest: Comparison, entry: CandidateResult) -> str:
    return f"{figures(contest, entry).auroc.value:.3f}"
