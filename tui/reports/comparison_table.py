"""The table of a comparison of methods, 80 columns wide."""

from __future__ import annotations

from collections.abc import Sequence

from core.evaluation.comparison import CandidateResult, Comparison, ErrorRate, figures

HEAD = f"{'method':20}{'AUROC':>6} {'95 %':>9} {'missed':>7} {'called':>7} {'ms':>7} {'MB':>5} {'learnt':>7}"
"""`missed`: share of the defective samples that are OK at the thresholds; `called`: share of the good samples that are
ANOMALY; `ms` to judge a picture or a second of sound; `MB` of the judging process; `learnt`: seconds per model."""


def comparison_lines(comparison: Comparison) -> list[str]:
    """Return the lines of the table: head, methods, trivial numbers; then the AUROC by kind of defect, if the file
    names contain several kinds."""
    lines = [HEAD, *(comparison_row(comparison, entry) for entry in ranked_methods(comparison))]
    by_kind = {entry.method: figures(comparison, entry).by_kind for entry in ranked_methods(comparison)}
    kinds = next(iter(by_kind.values()), {})
    if kinds:
        lines += ["", f"{'AUROC by kind':20}" + "".join(f"{kind[:11]:>12}" for kind in kinds)]
        for method, values in by_kind.items():
            lines.append(f"{method:20}" + "".join(f"{value:12.3f}" for value in values.values()))
    return lines


def ranked_methods(comparison: Comparison) -> Sequence[CandidateResult]:
    """Return the results in the order of the table: methods first, then trivial numbers."""
    return sorted(comparison.entries, key=lambda entry: entry.trivial)


def comparison_row(comparison: Comparison, entry: CandidateResult) -> str:
    """Return the line of one method."""
    result = figures(comparison, entry)
    cost = f"{_number(entry.milliseconds, 1):>7} {_number(entry.megabytes, 0):>5}"
    learnt = f"{entry.training_seconds:.0f} s" if not entry.trivial else "-"
    return (
        f"{entry.method:20}{result.auroc.value:6.3f} {_span(result.auroc):>9} {_percent(result.misses):>7}"
        f" {_percent(result.false_alarms):>7} {cost} {learnt:>7}"
    )


def _span(rate: ErrorRate) -> str:
    return f"{rate.low:.2f}-{rate.high:.2f}"


def _percent(rate: ErrorRate) -> str:
    return f"{100 * rate.value:.1f} %"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
