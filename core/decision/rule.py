"""The alarm rule: how two scores and their thresholds make a sample anomalous."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from core.state.verdict import Thresholds

Number = float | npt.NDArray[np.float64]


def shares(density: Number, error: Number, t: Thresholds) -> tuple[Number, Number]:
    """How much of its alarm level each score uses up alone: 0 at the typical value, 1 at its threshold.

    A threshold that was moved past the typical value still has share 1; there a step stands for the room.
    """
    room_d = max(t.typical_density - t.density, t.density_step)
    room_e = max(t.reconstruction_error - t.typical_error, t.error_step)
    return 1.0 + (t.density - density) / room_d, 1.0 + (error - t.reconstruction_error) / room_e


def share(density: Number, error: Number, t: Thresholds) -> Number:
    """How much of the alarm level is used up under the rule; above 1 is anomalous (design: shares add up in `sum`)."""
    of_density, of_error = shares(density, error, t)
    if t.rule == "sum":
        return of_density + of_error
    if t.rule in ("or", "max"):
        return np.maximum(of_density, of_error)
    if t.rule == "and":
        return np.minimum(of_density, of_error)
    return of_density if t.rule == "density" else of_error


def is_anomalous(density: float, error: float, t: Thresholds) -> bool:
    """The rule itself; anything that is not a number is anomalous, never fine."""
    if not all(map(math.isfinite, (density, error, t.density, t.reconstruction_error))):
        return True
    low, high = density < t.density, error > t.reconstruction_error
    if t.rule == "sum":
        return not share(density, error, t) <= 1.0
    if t.rule in ("or", "max"):
        return low or high
    if t.rule == "and":
        return low and high
    return low if t.rule == "density" else high
