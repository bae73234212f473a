"""Converts a knob's position to a threshold."""

from __future__ import annotations

from core.knobs.protocol import FULL_TURN
from core.settings.recipe_settings import KnobTable
from core.state.knobs import Knob, KnobMeaning
from core.state.verdict import Sense, Thresholds, Which

LEAST_ROOM = 50
"""Fine steps: the least width of the span on each side of the calibrated threshold."""


def span_around(calibrated: Thresholds, which: Which) -> tuple[float, float]:
    """Low and high of a full turn: the calibrated threshold in the middle, a typical good part at one end."""
    if which == "density":
        middle, room = calibrated.density, calibrated.typical_density - calibrated.density
        step = calibrated.density_step
    else:
        middle, room = calibrated.reconstruction_error, calibrated.reconstruction_error - calibrated.typical_error
        step = calibrated.error_step
    half = max(abs(room), LEAST_ROOM * step)
    return middle - half, middle + half


def span_of(table: KnobTable, calibrated: Thresholds | None, which: Which) -> tuple[float, float] | None:
    """Low and high of a full turn; None if the knob's number itself is the threshold or nothing is calibrated yet."""
    if table.range == "raw":
        return None
    return table.span or (span_around(calibrated, which) if calibrated else None)


def meaning(
    sense: Sense, which: Which, table: KnobTable, calibrated: Thresholds | None, knob: Knob | None
) -> KnobMeaning:
    """What the knob means for one threshold; `threshold` is None if the knob has no value or one outside its span."""
    span = span_of(table, calibrated, which)
    if table.range == "raw":
        return KnobMeaning(sense, which, knob.value if knob else None, None, table.range, False)
    if knob is None or span is None or knob.position > FULL_TURN:
        return KnobMeaning(sense, which, None, span, table.range, table.span is None)
    low, high = span
    threshold = low + (high - low) * knob.position / FULL_TURN
    return KnobMeaning(sense, which, threshold, span, table.range, table.span is None)
