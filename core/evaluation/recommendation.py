"""Recommends a method from a comparison in a sentence and states how certain that is, or why it recommends none."""

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
"""Distinct samples that a recommendation needs."""


@dataclass(frozen=True)
class Recommendation:
    """The recommendation that follows from a comparison."""

    method: str | None
    """The recommended method; None if the comparison does not support a recommendation."""
    sentence: str
    """The recommendation, or why there is none."""
    doubt: str
    """Sentences: the number of samples behind it and the uncertainty."""


def advise(comparison: Comparison) -> Recommendation:
    """Recommend a method.

    There is no recommendation if samples are too few or nearly the same on both sides, if a trivial baseline is as
    good as the best method, or if the best method may be ahead by chance alone. The recipe's own method is kept unless
    another is better beyond chance.
    """
    defects, good = distinct_defects(comparison), distinct_good(comparison)
    able = ranked(comparison, [entry for entry in comparison.entries if entry.method in methods_of(comparison.sense)])
    doubt = rests_on(comparison, able[0] if able else None)
    if comparison.twins:
        return Recommendation(
            None,
            f"No recommendation: {len(comparison.twins)} defective samples are nearly the same as good ones, so the"
            " same samples are on both sides; sort them out and compare again.",
            doubt,
        )
    if defects < FEWEST_DEFECTS or good < FEWEST_GOOD:
        return Recommendation(
            None,
            f"No recommendation: {good} good and {defects} defective samples that differ are too few; at least"
            f" {FEWEST_GOOD} and {FEWEST_DEFECTS} are needed.",
            doubt,
        )
    if not able:
        return Recommendation(None, "No recommendation: a recipe can use none of these methods.", doubt)
    best = able[0]
    doubtful = by_chance(comparison, best)
    for simple in ranked(comparison, [entry for entry in comparison.entries if entry.trivial]):
        if difference(comparison, best, simple)[0] <= 0 and not (doubtful and by_chance(comparison, simple)):
            return Recommendation(
                None,
                f"No recommendation: {simple.method} alone (AUROC {_value(comparison, simple)}) does as well as"
                f" {best.method} ({_value(comparison, best)}), as far as these samples show: either the fault is as"
                " simple as that, or good and defective samples were not taken alike.",
                doubt,
            )
    if doubtful:
        return Recommendation(
            None,
            f"No recommendation: {best.method} (AUROC {_value(comparison, best)}) is the best of these, but may"
            " separate good from defective by chance alone; more samples of both may show more.",
            doubt,
        )
    alike = [
        entry for entry in able[1:] if difference(comparison, best, entry)[0] <= 0 and not by_chance(comparison, entry)
    ]
    current = next((entry for entry in alike if entry.method == comparison.method), None)
    if current is not None:
        return Recommendation(
            current.method,
            f"Keep {current.method}: {best.method} is not better beyond chance (AUROC {_value(comparison, best)}, here"
            f" {_value(comparison, current)}).",
            rests_on(comparison, current),
        )
    best_figures = figures(comparison, best)
    names = " and ".join(entry.method for entry in alike)
    verb = "Keep" if best.method == comparison.method else "Use"
    return Recommendation(
        best.method,
        f"{verb} {best.method}: AUROC {_value(comparison, best)}; at a target of {percent(comparison.target)} false"
        f" alarms it misses {percent(best_figures.misses.value)} of the defects and raises"
        f" {percent(best_figures.false_alarms.value)} false alarms" + (f"; {names} may do as well." if alike else "."),
        doubt,
    )


def ranked(comparison: Comparison, entries: Sequence[CandidateResult]) -> list[CandidateResult]:
    """Sort candidates by their AUROC, the best first."""
    return sorted(entries, key=lambda entry: -figures(comparison, entry).auroc.value)


def by_chance(comparison: Comparison, entry: CandidateResult) -> bool:
    """Whether the candidate may separate good from defective by chance alone: its AUROC interval includes 0.5."""
    return figures(comparison, entry).auroc.low <= 0.5


def rests_on(comparison: Comparison, entry: CandidateResult | None) -> str:
    """State in sentences the samples behind a recommendation and the uncertainty of `entry`.

    `entry` is the recommended candidate, or the best if there is no recommendation; None if there is no candidate.
    """
    files = SENSE_WORDS[comparison.sense].files
    good, defects = distinct_good(comparison), distinct_defects(comparison)
    doubles = len(comparison.good) + len(comparison.defects) - good - defects
    sentence = f"It rests on {good} good and {defects} defective {files}"
    sentence += f" ({doubles} near-duplicates not counted)" if doubles else ""
    if entry is not None:
        auroc = figures(comparison, entry).auroc
        sentence += f": the AUROC of {entry.method} may be {auroc.low:.2f} to {auroc.high:.2f}"
    sentence += ", for defects of these kinds only."
    if entry is not None and figures(comparison, entry).false_alarms.low > comparison.target:
        sentence += " It raises more false alarms than the target: teach more good ones."
    return sentence


def _value(comparison: Comparison, entry: CandidateResult) -> str:
    return f"{figures(comparison, entry).auroc.value:.3f}"
