"""What a false-alarm target needs, and what it costs."""

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
    """Of one sense, for its own part of the false-alarm budget."""

    false_alarms: float
    thresholds: Thresholds | None
    """None where the target is not supported; `refused` says why."""
    expected: tuple[float, float] | None
    """The 5-95 % band of the share of good parts that will really be called; None where nobody can tell."""
    held_out: int
    """Good pictures that were held out, or recordings that were taught."""
    needed: int
    """So many the target needs."""
    defects: int = 0
    """Pictures or recordings of the defect folder."""
    misses: int | None = None
    """Those of them that would be OK; None where there are none, or no thresholds."""
    refused: str = ""

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.held_out)


def what_it_costs(
    bundle: Bundle,
    table: ImageTable | SoundTable,
    false_alarms: float,
    defects: Sequence[tuple[float, float]] = (),
) -> TargetCost:
    """What the target `false_alarms` of one sense means; nothing is changed.

    `defects` are density and reconstruction error of each file of the defect folder, of a recording at its worst
    stretch (core/evaluation/defect_test.py finds them).
    """
    recordings = bundle.held_out.recording
    want = needed_for(rule_of(table, bundle.method), false_alarms)
    if recordings is None:
        count, needed = bundle.held_out.count, want
    else:
        # Windows of one recording are alike: recordings vouch for a rate.
        count, needed = len(np.unique(recordings)), max(want, WANTED_RECORDINGS)
    try:
        thresholds = calibrated_or_shipped(bundle, table, false_alarms)
    except TooFewError as error:
        return TargetCost(false_alarms, None, None, count, needed, len(defects), None, str(error))
    # The seed's as shipped, or so little sound that its threshold is provisional: no rate to be expected.
    known = count >= needed and held_out(bundle, table).count >= want
    expected = band(count, false_alarms) if known else None
    misses = _misses(bundle, false_alarms, thresholds, defects) if defects else None
    return TargetCost(false_alarms, thresholds, expected, count, needed, len(defects), misses)


def cost_sentence(cost: TargetCost) -> str:
    """In a sentence."""
    if cost.thresholds is None:
        return cost.refused
    if cost.expected is None:
        said = f"{percent(cost.false_alarms)} asked, provisional: {cost.missing} more good samples vouch for it"
    else:
        low, high = cost.expected
        said = f"{percent(cost.false_alarms)} asked, {100 * low:.0f}-{100 * high:.0f} % to expect"
    if cost.misses is not None:
        said += f"; {cost.misses} of {cost.defects} defective ones would be OK"
    return said


def _misses(bundle: Bundle, false_alarms: float, t: Thresholds, defects: Sequence[tuple[float, float]]) -> int:
    if bundle.held_out.recording is not None:  # recordings are judged as a whole (core.inference.sound_file)
        t = whole_recording(bundle.held_out, t, t, false_alarms).thresholds
    return sum(not is_anomalous(density, error, t) for density, error in defects)
