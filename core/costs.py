"""What a false-alarm target needs, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.bundle import Bundle
from core.calibration import WANTED_RECORDINGS, HeldOut, TooFewError, band, needed_for, percent, smoothed
from core.detectors.load import calibrated_or_shipped, held_out, rule_of
from core.ear import Ear, whole_recording
from core.errors import UnreadableError
from core.features.picture import decode_picture
from core.features.wave import read_wave
from core.judging import Judge
from core.recipe import ImageTable, SoundTable
from core.snapshot import Judgement, Thresholds
from core.sound_teaching import recordings_in
from core.teaching import pictures_in
from core.verdict import is_anomalous


@dataclass(frozen=True)
class Cost:
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
    bundle: Bundle, table: ImageTable | SoundTable, false_alarms: float, defect_scores: HeldOut | None = None
) -> Cost:
    """What the target `false_alarms` of one sense means; nothing is changed.

    `defect_scores` are those of the defect folder (`defect_scores` and `defect_sound_scores` make them): of pictures
    one each, of recordings of every window, with the recording that it is from.
    """
    recordings = bundle.held_out.recording
    want = needed_for(rule_of(table, bundle.method), false_alarms)
    if recordings is None:
        count, needed = bundle.held_out.count, want
    else:
        # Windows of one recording are alike: recordings vouch for a rate.
        count, needed = len(np.unique(recordings)), max(want, WANTED_RECORDINGS)
    defects = 0 if defect_scores is None else _samples(defect_scores)
    try:
        thresholds = calibrated_or_shipped(bundle, table, false_alarms)
    except TooFewError as error:
        return Cost(false_alarms, None, None, count, needed, defects, None, str(error))
    # The seed's as shipped, or so little sound that its threshold is provisional: no rate to be expected.
    known = count >= needed and held_out(bundle, table).count >= want
    misses = None
    if defect_scores is not None and defects:
        misses = _misses(bundle, table, false_alarms, thresholds, defect_scores)
    return Cost(false_alarms, thresholds, band(count, false_alarms) if known else None, count, needed, defects, misses)


def in_words(cost: Cost) -> str:
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


def _samples(scores: HeldOut) -> int:
    return scores.count if scores.recording is None else len(np.unique(scores.recording))


def _misses(
    bundle: Bundle, table: ImageTable | SoundTable, false_alarms: float, t: Thresholds, defects: HeldOut
) -> int:
    if defects.recording is None:
        pairs = zip(defects.density, defects.reconstruction_error, strict=True)
        return sum(not is_anomalous(float(density), float(error), t) for density, error in pairs)
    # Recordings are judged as a whole (core/audition.py): by their stretch that is most anomalous.
    rule = whole_recording(bundle.held_out, t, false_alarms)
    means = smoothed(defects, max(2, rule.windows))
    assert means.recording is not None
    called = {
        int(recording)
        for recording, density, error in zip(means.recording, means.density, means.reconstruction_error, strict=True)
        if is_anomalous(float(density), float(error), rule.thresholds)
    }
    return _samples(defects) - len(called)


def defect_scores(judge: Judge, folder: Path) -> HeldOut:
    """The scores of a folder's pictures; those that cannot be decoded are passed over. Takes 20 ms each."""
    scores = [(one.density, one.reconstruction_error) for one in _judged(judge, folder)]
    density, error = np.array(scores, np.float64).reshape(-1, 2).T
    return HeldOut(density, error)


def _judged(judge: Judge, folder: Path) -> Iterator[Judgement]:
    for path in pictures_in(folder) if folder.exists() else []:
        try:
            picture = decode_picture(path)
        except UnreadableError:
            continue
        yield judge(picture)


def defect_sound_scores(ear: Ear, folder: Path, channel: int | None = None) -> HeldOut:
    """The scores of every window of a folder's recordings, likewise."""
    scores: list[tuple[float, float, int]] = []
    for number, path in enumerate(recordings_in(folder) if folder.exists() else []):
        ear.reset()
        try:
            for block in read_wave(path, ear.rate, channel):
                scores += [(one.density, one.reconstruction_error, number) for one in ear.listen(block)]
        except UnreadableError:
            continue
    density, error, recording = np.array(scores, np.float64).reshape(-1, 3).T
    return HeldOut(density, error, recording=recording.astype(np.int64))
