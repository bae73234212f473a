"""Thresholds for recordings that are judged as a whole."""

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


@dataclass(frozen=True)
class WholeRecording:
    """A recording is judged by the mean over as many windows as the taught recordings had, which scatters less than
    a window: with thresholds of its own, for the same share of false alarms among recordings."""

    windows: int
    thresholds: Thresholds
    ranking: ScoreRanking


def whole_recording(
    held_out: HeldOut, t: Thresholds, calibrated: Thresholds, false_alarms: float, windows: int | None = None
) -> WholeRecording:
    """How the mean over so many windows is judged (without a number as many as the recordings of `held_out` have),
    where `t` are the thresholds of windows in force.

    The calibrated ones come so much nearer to the typical scores that as many good recordings are called as are good
    windows; those that were set by hand come nearer by the same factor.
    """
    assert held_out.recording is not None
    if windows is None:
        _, lengths = np.unique(held_out.recording, return_counts=True)
        windows = int(np.median(lengths))
    good = smoothed(held_out, windows)
    used = share_arrays(good.density, good.reconstruction_error, calibrated)
    try:
        level = conformal_threshold(used, window_rate(good, false_alarms))
    except GoodpartError:  # too few: beyond all of them
        level = float(used.max())
    level = max(level, LEAST_LEVEL)
    drawn = replace(
        t,
        density=t.typical_density + level * (t.density - t.typical_density),
        reconstruction_error=t.typical_error + level * (t.reconstruction_error - t.typical_error),
    )
    return WholeRecording(windows, drawn, ScoreRanking(good, drawn))
