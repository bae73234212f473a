"""Thresholds for a recording that is judged as a whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.bundle import HeldOut
from core.decision.calibration import conformal_threshold, smoothed, window_rate
from core.decision.rule_arrays import share_arrays
from core.decision.verdict import ScoreRanking
from core.errors import GoodpartError
from core.state.verdict import Thresholds

LEAST_LEVEL = 0.05
"""Share of the window thresholds' distance from the typical scores: the thresholds come no nearer than this."""


@dataclass(frozen=True)
class WholeRecording:
    """How to judge the mean scores of a recording.

    The mean over many windows varies less than a single window, so it has its own, narrower thresholds, which give the
    same false-alarm rate among recordings.
    """

    windows: int
    """Number of windows that the mean is taken over."""
    thresholds: Thresholds
    ranking: ScoreRanking


def whole_recording(
    held_out: HeldOut, t: Thresholds, calibrated: Thresholds, false_alarms: float, windows: int | None = None
) -> WholeRecording:
    """Return the thresholds for the mean over `windows` windows; None means the median of the recordings in `held_out`.

    `t` are the window thresholds in force, `calibrated` those of the calibration. The calibrated thresholds are moved
    towards the typical scores by the factor that gives the rate `false_alarms` (0..1) among the good recordings; `t` is
    moved by the same factor.
    """
    assert held_out.recording is not None
    if windows is None:
        _, lengths = np.unique(held_out.recording, return_counts=True)
        windows = int(np.median(lengths))
    good = smoothed(held_out, windows)
    used = share_arrays(good.density, good.reconstruction_error, calibrated)
    try:
        level = conformal_threshold(used, window_rate(good, false_alarms))
    except GoodpartError:  # too few recordings: the highest share is the level
        level = float(used.max())
    level = max(level, LEAST_LEVEL)
    narrowed = replace(
        t,
        density=t.typical_density + level * (t.density - t.typical_density),
        reconstruction_error=t.typical_error + level * (t.reconstruction_error - t.typical_error),
    )
    return WholeRecording(windows, narrowed, ScoreRanking(good, narrowed))
