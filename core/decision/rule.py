"""The alarm rule: how two scores and their thresholds make a sample anomalous. Plain Python, so the screen has it too.

A new rule is one row of RULES and one name of `core.state.verdict.Rule`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from core.state.verdict import Rule, Thresholds, Which

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Number = TypeVar("Number", float, "npt.NDArray[np.float64]")
LEAST_ROOM = 1e-300
"""A station far away may send steps of 0, and nothing divides by that."""


@dataclass(frozen=True)
class Comparisons:
    """The larger and the smaller of two numbers, or of two arrays element by element; NaN if one of them is NaN."""

    larger: Callable[[Any, Any], Any]
    smaller: Callable[[Any, Any], Any]


def _larger(one: float, other: float) -> float:
    return one if one >= other or math.isnan(one) else other


def _smaller(one: float, other: float) -> float:
    return one if one <= other or math.isnan(one) else other


OF_NUMBERS = Comparisons(_larger, _smaller)


@dataclass(frozen=True)
class AlarmRule:
    """Everything that differs between the rules."""

    join: Callable[[Any, Any, Comparisons], Any]
    """The share of the alarm level under the rule, from the share of the density and the share of the error."""
    alarm: Callable[[bool, bool, float], bool]
    """Whether a sample is anomalous: density below its threshold, error above its threshold, joined share."""
    decisive: Callable[[float, float], Which | None]
    """Which score makes an anomalous sample anomalous, from both shares; None if it takes both."""
    formula: str
    """The condition with live values, for the screen. Fields: see `tui.view.text.formula`."""
    thresholds_together: bool
    """One calibrated level of the joined score sets both thresholds; otherwise each score has a level of its own."""
    budget_parts: int = 1
    """Each score gets the false-alarm budget divided by this."""
    common_unit: bool = False
    """Calibration joins scores of one unit as they are, and not in standard deviations."""
    needs_room: bool = False
    """A threshold must stay a step away from the typical value, because the room between them divides the score."""


def _either(of_density: float, of_error: float) -> Which | None:
    """The score that reaches its own threshold, of two the one that is further beyond."""
    if of_density >= max(1.0, of_error):
        return "density"
    return "reconstruction_error" if of_error >= 1.0 else None


_EITHER_FORMULA = "if {low} or {high} : ANOMALY"

RULES: Mapping[Rule, AlarmRule] = {
    "sum": AlarmRule(
        join=lambda of_density, of_error, _: of_density + of_error,
        alarm=lambda _low, _high, share: not share <= 1.0,
        decisive=_either,
        formula=("density {density} error {error} : if {of_density} {sign} {of_error} = {share} > 1 : ANOMALY"),
        thresholds_together=True,
        common_unit=True,
        needs_room=True,
    ),
    "or": AlarmRule(
        join=lambda of_density, of_error, compare: compare.larger(of_density, of_error),
        alarm=lambda low, high, _: low or high,
        decisive=_either,
        formula=_EITHER_FORMULA,
        thresholds_together=False,
        budget_parts=2,
    ),
    "max": AlarmRule(
        join=lambda of_density, of_error, compare: compare.larger(of_density, of_error),
        alarm=lambda low, high, _: low or high,
        decisive=_either,
        formula=_EITHER_FORMULA,
        thresholds_together=True,
        common_unit=True,
    ),
    "and": AlarmRule(
        join=lambda of_density, of_error, compare: compare.smaller(of_density, of_error),
        alarm=lambda low, high, _: low and high,
        decisive=lambda _density, _error: None,
        formula="if {low} and {high} : ANOMALY",
        thresholds_together=True,
    ),
    "density": AlarmRule(
        join=lambda of_density, _error, _: of_density,
        alarm=lambda low, _high, _: low,
        decisive=lambda _density, _error: "density",
        formula="if {low} : ANOMALY",
        thresholds_together=False,
    ),
    "error": AlarmRule(
        join=lambda _density, of_error, _: of_error,
        alarm=lambda _low, high, _: high,
        decisive=lambda _density, _error: "reconstruction_error",
        formula="if {high} : ANOMALY",
        thresholds_together=False,
    ),
}


def shares(density: Number, error: Number, t: Thresholds) -> tuple[Number, Number]:
    """How much of its alarm level each score uses up alone: 0 at the typical value, 1 at its threshold.

    Numbers or arrays (n,). A threshold beyond the typical value still has share 1; there a step serves as the room.
    """
    room_d = max(t.typical_density - t.density, t.density_step, LEAST_ROOM)
    room_e = max(t.reconstruction_error - t.typical_error, t.error_step, LEAST_ROOM)
    return 1.0 + (t.density - density) / room_d, 1.0 + (error - t.reconstruction_error) / room_e


def share(density: float, error: float, t: Thresholds) -> float:
    """How much of the alarm level is used up under the rule; above 1 is anomalous. For arrays: `share_arrays`."""
    of_density, of_error = shares(density, error, t)
    return float(RULES[t.rule].join(of_density, of_error, OF_NUMBERS))


def is_anomalous(density: float, error: float, t: Thresholds) -> bool:
    """The rule itself; anything that is not a number is anomalous, never fine."""
    if not all(map(math.isfinite, (density, error, t.density, t.reconstruction_error))):
        return True
    low, high = density < t.density, error > t.reconstruction_error
    return bool(RULES[t.rule].alarm(low, high, share(density, error, t)))
