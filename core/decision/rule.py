"""The alarm rules: they decide from two scores and their thresholds whether a sample is anomalous.

Free of NumPy, so that the screen can import it. A new rule needs one row in RULES and its name in
`core.state.verdict.Rule`.
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
"""Lower bound of a divisor: another station may send steps of 0."""


@dataclass(frozen=True)
class Comparisons:
    """Functions for the larger and the smaller of two numbers, or of two arrays element by element. The result is NaN
    if one of the numbers is NaN."""

    larger: Callable[[Any, Any], Any]
    smaller: Callable[[Any, Any], Any]


def _larger(first: float, second: float) -> float:
    return first if first >= second or math.isnan(first) else second


def _smaller(first: float, second: float) -> float:
    return first if first <= second or math.isnan(first) else second


OF_NUMBERS = Comparisons(_larger, _smaller)
"""The comparisons of two floats."""


@dataclass(frozen=True)
class AlarmRule:
    """One alarm rule: everything in which the rules differ."""

    join: Callable[[Any, Any, Comparisons], Any]
    """Returns the share of the alarm level under the rule, from the share of the density and that of the error."""
    alarm: Callable[[bool, bool, float], bool]
    """Returns whether a sample is anomalous. Arguments: whether the density is below its threshold, whether the error
    is above its threshold, and the joined share."""
    decisive: Callable[[float, float], Which | None]
    """Returns the score that makes an anomalous sample anomalous, from the shares of density and error; None if only
    both together do."""
    formula: str
    """The condition as a format string for the screen. `tui.view.text.formula` fills in its fields."""
    thresholds_together: bool
    """True if one calibrated level of the joined score sets both thresholds; False if each score has its own level."""
    budget_parts: int = 1
    """Each score gets the false-alarm rate divided by this number."""
    common_unit: bool = False
    """True if the calibration joins scores of the same unit unscaled, instead of in standard deviations."""
    needs_room: bool = False
    """True if a threshold must be at least a step away from the typical value, because shares divide by that
    distance."""


def _either(of_density: float, of_error: float) -> Which | None:
    """Return the score that reaches its threshold; if both do, the one with the larger share; None if neither does."""
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
    """Return the share of its own alarm level for the density and for the error: 0 at the typical value, 1 at the
    threshold.

    `density` and `error` are numbers or arrays (n,). If a threshold is on the wrong side of the typical value, the
    share is 1 at the threshold too, and a step is used as the distance.
    """
    room_d = max(t.typical_density - t.density, t.density_step, LEAST_ROOM)
    room_e = max(t.reconstruction_error - t.typical_error, t.error_step, LEAST_ROOM)
    return 1.0 + (t.density - density) / room_d, 1.0 + (error - t.reconstruction_error) / room_e


def share(density: float, error: float, t: Thresholds) -> float:
    """Return the share of the alarm level under the rule; above 1 is anomalous. For arrays see `share_arrays`."""
    of_density, of_error = shares(density, error, t)
    return float(RULES[t.rule].join(of_density, of_error, OF_NUMBERS))


def is_anomalous(density: float, error: float, t: Thresholds) -> bool:
    """Whether a sample is anomalous under the rule; always True if a score or threshold is NaN or infinite."""
    if not all(map(math.isfinite, (density, error, t.density, t.reconstruction_error))):
        return True
    low, high = density < t.density, error > t.reconstruction_error
    return bool(RULES[t.rule].alarm(low, high, share(density, error, t)))
