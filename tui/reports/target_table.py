"""The table of false-alarm targets."""

from __future__ import annotations

from core.evaluation.review_result import ModelReview
from tui.view.text import number
from tui.widgets.pane import Line

HEAD = f"{'allowed':>7} {'needed':>7} {'expected':>12} {'missed':>10}   thresholds"


def target_rows(found: ModelReview) -> list[Line]:
    """Return one row per target: allowed false alarms, held-out good scores needed (`!` if there are fewer), expected
    false alarms, missed defects, thresholds."""
    lines: list[Line] = []
    for costs in found.costs:
        needed = f"{costs.needed}" if costs.held_out >= costs.needed else f"{costs.needed}!"
        expect = "-" if costs.expected is None else f"{100 * costs.expected[0]:.1f}-{100 * costs.expected[1]:.1f} %"
        missed = "-" if costs.misses is None else f"{costs.misses} of {found.defects}"
        if costs.density is None or costs.error is None:
            last = f"{costs.needed - costs.held_out} more good ones are needed"
        else:
            last = f"d {number(costs.density, found.density_step)}  e {number(costs.error, found.error_step)}"
        columns = f"{100 * costs.false_alarms:>5.3g} % {needed:>7} {expect:>12} {missed:>10}   "
        lines.append(((columns, ""), (last, "unknown" if costs.density is None else "label")))
    return lines
