"""The table of a contest, 80 columns wide."""

from __future__ import annotations

from collections.abc import Sequence

from core.evaluation.comparison import CandidateResult, Comparison, ErrorRate, figures

HEAD = f"{'method':20}{'AUROC':>6} {'95 %':>9} {'missed':>7} {'called':>7} {'ms':>7} {'MB':>5} {'learnt':>7}"
"""`missed` of the defective and `called` of the good ones at the thresholds; ms to judge a picture or a second of
sound, MB of such a process, seconds that one model took to learn."""


def comparison_lines(contest: Comparison) -> list[str]:
    """Head, the methods, and the trivial numbers below; then kinds of defects, where their names tell several."""
    lines = [HEAD, *(comparison_row(contest, entry) for entry in ranked_methods(contest))]
    by_kind = {entry.method: figures(contest, entry).by_kind for entry in ranked_methods(contest)}
    kinds = next(iter(by_kind.values()), {})
    if kinds:
        lines += ["", f"{'AUROC by kind':20}" + "".join(f"{kind[:11]:>12}" for kind in kinds)]
        for method, values in by_kind.items():
            lines.append(f"{method:20}" + "".join(f"{value:12.3f}" for value in values.values()))
    return lines


def ranked_methods(contest: Comparison) -> Sequence[CandidateResult]:
    return sorted(contest.entries, key=lambda entry: entry.trivial)


def comparison_row(contest: Comparison, entry: CandidateResult) -> str:
    found = figures(contest, entry)
    cost = f"{_number(entry.milliseconds, 1):>7} {_number(entry.megabytes, 0):>5}"
    learnt = f"{entry.training_seconds:.0f} s" if not entry.trivial else "-"
    return (
        f"{entry.method:20}{found.auroc.value:6.3f} {_span(found.auroc):>9} {_percent(found.misses):>7}"
        f" {_percent(found.false_alarms):>7} {cost} {learnt:>7}"
    )


def _span(rate: ErrorRate) -> str:
    return f"{rate.low:.2f}-{rate.high:.2f}"


def _percent(rate: ErrorRate) -> str:
    return f"{100 * rate.value:.1f} %"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
