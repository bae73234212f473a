"""The cost of a false-alarm target: how many good samples it needs, and how many defects are missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.bundle import Bundle
from core.decision.calibration import WANTED_RECORDINGS, TooFewError, band, needed_for, percent
from core.decision.rule import is_anomalous
from core.decision.thresholds import calibrated_or_shipped, held_out, rule_of
from core.decision.whole_recording import whole_recording
from core.settings.recipe_settings import ImageTable, SoundTable
from core.state.verdict import Thresholds


@dataclass(frozen=True)
class TargetCost:
    """The cost of a false-alarm target for one sense."""

    false_alarms: float
    """The target of this sense, 0..1."""
    thresholds: Thresholds | None
    """None if there are too few samples for the target; `refused` gives the reason."""
    expected: tuple[float, float] | None
    """The 5-95 % band of the real false-alarm rate, 0..1; None if it is unknown."""
    held_out: int
    """Number of held-out good pictures, or of taught recordings."""
    needed: int
    """The same number as the target needs it."""
    defects: int = 0
    """Number of pictures or recordings in the defect folder."""
    misses: int | None = None
    """Number of defects that would be OK; None if there are no defects or no thresholds."""
    refused: str = ""
    """Why there are no thresholds; empty if there are."""

    @property
    def missing(self) -> int:
        """The number of good samples that are missing for the target."""
        return max(0, self.needed - self.held_out)


def what_it_costs(
    bundle: Bundle,
    table: ImageTable | SoundTable,
    false_alarms: float,
    defects: Sequence[tuple[float, float]] = (),
) -> TargetCost:
    """Return the cost of the target `false_alarms` (0..1) for one sense; nothing is changed.

    `defects` are the density and the reconstruction error of each file in the defect folder, for a recording those of
    its worst part (core/evaluation/defect_test.py computes them).
    """
    recordings = bundle.held_out.recording
    least = needed_for(rule_of(table, bundle.method), false_alarms)
    if recordings is None:
        count, needed = bundle.held_out.count, least
    else:
        # The windows of one recording are alike, so the number of recordings decides.
        count, needed = len(np.unique(recordings)), max(least, WANTED_RECORDINGS)
    try:
        thresholds = calibrated_or_shipped(bundle, table, false_alarms)
    except TooFewError as error:
        return TargetCost(false_alarms, None, None, count, needed, len(defects), None, str(error))
    # The rate is unknown for the default thresholds of a method, and for provisional ones from too little sound.
    known = count >= needed and held_out(bundle, table).count >= least
    expected = band(count, false_alarms) if known else None
    misses = _misses(bundle, false_alarms, thresholds, defects) if defects else None
    return TargetCost(false_alarms, thresholds, expected, count, needed, len(defects), misses)


def cost_sentence(cost: TargetCost) -> str:
    """Return the cost as one sentence."""
    if cost.thresholds is None:
        return cost.refused
    target = f"target {percent(cost.false_alarms)}"
    if cost.expected is None:
        sentence = f"{target}, provisional: {cost.missing} more good samples needed"
    else:
        low, high = cost.expected
        sentence = f"{target}, expected {100 * low:.0f}-{100 * high:.0f} %"
    if cost.misses is not None:
        sentence += f"; {cost.misses} of {cost.defects} defects would be OK"
    return sentence


def _misses(bundle: Bundle, false_alarms: float, t: Thresholds, defects: Sequence[tuple[float, float]]) -> int:
    if bundle.held_out.recording is not None:  # recordings are judged as a whole (core.inference.sound_file)
        t = whole_recording(bundle.held_out, t, t, false_alarms).thresholds
    return sum(not is_anomalous(density, error, t) for density, error in defects)
