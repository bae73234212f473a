"""The number of decimals of a score. Free of NumPy, so that the screen can import it."""

from __future__ import annotations

import math

MOST_DECIMALS = 8
UNKNOWN_STEP_DECIMALS = 2
"""Number of decimals if the step is invalid: another station may send a step of 0."""


def decimals(step: float) -> int:
    """Return the number of decimals that show a change by `step`, 0..8; 2 if `step` is not a finite positive number."""
    if not math.isfinite(step) or step <= 0:
        return UNKNOWN_STEP_DECIMALS
    return min(MOST_DECIMALS, max(0, -math.floor(math.log10(step) + 1e-9)))
