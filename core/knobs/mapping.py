"""What a knob's position means as a threshold."""

from __future__ import annotations

from core.knobs.protocol import FULL_TURN
from core.settings.recipe_settings import KnobTable
from core.state.knobs import Knob, KnobMeaning
from core.state.verdict import Sense, Thresholds, Which

LEAST_ROOM = 50
"""Fine steps that the span has at least on either side of the calibrated threshold."""


def span_around(calibrated: Thresholds, which: Which) -> tuple[float, float]:
    """The calibrated threshold stands in the middle of the turn, the typical good part at its one end."""
    if which == "density":
        middle, room = calibrated.density, calibrated.typical_density - calibrated.density
        step = calibrated.density_step
    else:
        middle, room = calibrated.reconstruction_error, calibrated.reconstruction_error - calibrated.typical_error
        step = calibrated.error_step
    half = max(abs(room), LEAST_ROOM * step)
    return middle - half, middle + half


def span_of(table: KnobTable, calibrated: Thresholds | None, which: Which) -> tuple[float, float] | None:
    """Low and high of a full turn; None where the number itself is the threshold, or nothing is known yet."""
    if table.range == "raw":
        return None
    return table.span or (span_around(calibrated, which) if calibrated else None)


def meaning(
    sense: Sense, which: Which, table: KnobTable, calibrated: Thresholds | None, knob: Knob | None
) -> KnobMeaning:
    """`threshold` is None where the knob says nothing, or something beyond its span."""
    span = span_of(table, calibrated, which)
    if table.range == "raw":
        return KnobMeaning(sense, which, knob.value if knob else None, None, table.range, False)
    if knob is None or span is None or knob.position > FULL_TURN:
        return KnobMeaning(sense, which, None, span, table.range, table.span is None)
    low, high = span
    threshold = low + (high - low) * knob.position / FULL_TURN
    return KnobMeaning(sense, which, threshold, span, table.range, table.span is None)
