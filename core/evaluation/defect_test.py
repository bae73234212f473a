"""Tests how well a model separates a recipe's good material from its defective material, which it never learns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.bundle import Bundle, Scores
from core.dataset.add_images import pictures_in
from core.decision.calibration import smoothed
from core.decision.rule import is_anomalous
from core.decision.rule_arrays import share_arrays
from core.errors import UnreadableError
from core.evaluation.statistics import auroc, auroc_interval
from core.inference.image_file import judge_picture_file
from core.inference.image_judge import ImageJudge
from core.recipes.recipe import Recipe
from core.samples import AnomalyMap
from core.state.verdict import Sense, State, Thresholds

if TYPE_CHECKING:
    from core.inference.sound_judge import SoundJudge

WORST = 3
"""Defects that are shown as the most similar to good parts."""

Progress = Callable[[int, int], None]
"""Called before each file with the number of judged files and of all files; an exception from it ends the test."""


@dataclass(frozen=True)
class JudgedSample:
    """A judged file."""

    path: Path
    state: State
    """UNKNOWN if the picture or the sound cannot be trusted; the scores are given nevertheless."""
    reason: str
    share: float
    """Share of the alarm level, above 1 is anomalous; infinite if the scores are not numbers."""
    density: float
    reconstruction_error: float
    map: AnomalyMap | None = None
    """Only for pictures."""
    trace: npt.NDArray[np.float64] | None = None
    """Only for sound: (n, 2), the end of each window in seconds, and its share of the alarm level as the station would
    show it."""


@dataclass(frozen=True)
class GoodScores:
    """Scores of good samples by models that did not learn from them, float64 (n,) each.

    A sample is a picture, or the most anomalous stretch of a recording.
    """

    density: Scores
    reconstruction_error: Scores
    share: Scores
    """Shares of the alarm level."""
    names: Sequence[str] = ()
    """Names of their files in the recipe, in the same order; empty if the bundle does not hold them."""


@dataclass(frozen=True)
class DefectTest:
    """The results of a model on material that it did not learn from."""

    sense: Sense
    bundle: str
    """Id of the model."""
    thresholds: Thresholds
    """Thresholds for density and reconstruction error; for sound those of a whole recording."""
    good: GoodScores
    defects: Sequence[JudgedSample]
    """The least anomalous first, so that missed defects are at the beginning."""
    refused: Sequence[str] = ()
    """A sentence for each unreadable defect file."""

    @property
    def defect_share(self) -> Scores:
        """Shares of the alarm level of the defects, float64 (m,)."""
        return np.array([case.share for case in self.defects], np.float64)

    @property
    def auroc(self) -> float | None:
        """Probability that a defective part scores higher than a good one; None if one of the kinds is missing."""
        if not self.defects or not len(self.good.share):
            return None
        return auroc(self.good.share, self.defect_share)

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the AUROC (low, high), see `auroc_interval`; None if there is no AUROC."""
        value = self.auroc
        return None if value is None else auroc_interval(value, len(self.good.share), len(self.defects))

    @property
    def misses(self) -> int:
        """Number of defects that are judged OK."""
        return sum(case.state == "OK" for case in self.defects)

    @property
    def unknown(self) -> int:
        """Number of defects with the verdict UNKNOWN."""
        return sum(case.state == "UNKNOWN" for case in self.defects)

    @property
    def false_alarms(self) -> int:
        """Number of held-out good samples beyond the thresholds. If the thresholds were calibrated on the same scores,
        this is near the target by construction and is no independent evidence."""
        pairs = zip(self.good.density.tolist(), self.good.reconstruction_error.tolist(), strict=True)
        return sum(is_anomalous(density, error, self.thresholds) for density, error in pairs)

    @property
    def worst(self) -> Sequence[JudgedSample]:
        """The defects that look or sound most like good parts, missed or nearly missed."""
        return self.defects[:WORST]


def separate(recipe: Recipe, sense: Sense, bundle: Bundle, progress: Progress | None = None) -> DefectTest:
    """Judge the recipe's defect folder with a bundle (the recipe's own or a candidate) and compare with the scores of
    good material that the bundle holds.

    The thresholds are those that the recipe uses with this bundle. Works without defects. Raises GoodpartError if the
    bundle cannot be used; exceptions from `progress` pass through.
    """
    return _pictures(recipe, bundle, progress) if sense == "image" else _recordings(recipe, bundle, progress)


def _pictures(recipe: Recipe, bundle: Bundle, progress: Progress | None) -> DefectTest:
    judge = ImageJudge(recipe, bundle)
    files = pictures_in(recipe.defect_images) if recipe.defect_images.is_dir() else []
    held, t = judge.bundle.held_out, judge.thresholds
    cases, refused = _judged(files, partial(_judged_picture, judge), progress)
    good = GoodScores(held.density, held.reconstruction_error, _shares(held.density, held.reconstruction_error, t))
    return DefectTest("image", bundle.id, t, _with_names(good, bundle, np.arange(held.count)), cases, refused)


def _judged_picture(judge: ImageJudge, file: Path) -> JudgedSample:
    """Raises UnreadableError."""
    result = judge_picture_file(judge, file)
    judgement = result.judgement
    return JudgedSample(
        file,
        result.state,
        result.reason,
        judgement.share,
        judgement.density,
        judgement.reconstruction_error,
        map=judgement.map,
    )


def _recordings(recipe: Recipe, bundle: Bundle, progress: Progress | None) -> DefectTest:
    # Imported here so that only sound tests load the sound libraries.
    from core.dataset.add_sound import recordings_in
    from core.inference.sound_judge import SoundJudge

    judge = SoundJudge(recipe, bundle)
    files = recordings_in(recipe.defect_sound) if recipe.defect_sound.is_dir() else []
    whole = judge.for_whole()
    t = whole.thresholds
    judged = partial(_judged_recording, judge, channel=recipe.settings.microphone.channel)
    cases, refused = _judged(files, judged, progress)
    held = judge.bundle.held_out
    assert held.recording is not None
    means = smoothed(held, max(2, whole.windows))  # as core.inference.sound_file judges a recording
    assert means.recording is not None
    shares = _shares(means.density, means.reconstruction_error, t)
    recordings = np.unique(means.recording)
    inside = [means.recording == number for number in recordings]
    worst = [int(np.flatnonzero(mask)[np.argmax(shares[mask])]) for mask in inside]
    good = GoodScores(means.density[worst], means.reconstruction_error[worst], shares[worst])
    return DefectTest("sound", bundle.id, t, _with_names(good, bundle, recordings), cases, refused)


def _judged_recording(judge: SoundJudge, file: Path, channel: int | None) -> JudgedSample:
    """Raises UnreadableError."""
    from core.inference.sound_file import judge_sound_file, reason_of

    result = judge_sound_file(judge, file, channel)
    whole = result.whole
    trace = np.array([(window.end, window.share) for window in result.windows], np.float64)
    return JudgedSample(
        file,
        result.state,
        reason_of(judge, result),
        whole.share,
        whole.density,
        whole.reconstruction_error,
        trace=trace,
    )


def _judged(
    files: Sequence[Path], judged: Callable[[Path], JudgedSample], progress: Progress | None
) -> tuple[list[JudgedSample], list[str]]:
    cases: list[JudgedSample] = []
    refused: list[str] = []
    for step, file in enumerate(files):
        if progress:
            progress(step, len(files))
        try:
            cases.append(judged(file))
        except UnreadableError as error:
            refused.append(str(error))
    return sorted(cases, key=lambda case: case.share), refused


def _shares(density: Scores, error: Scores, t: Thresholds) -> Scores:
    shares = share_arrays(density, error, t)
    return np.where(np.isfinite(shares), shares, np.inf)


def _with_names(good: GoodScores, bundle: Bundle, which: npt.NDArray[np.int64]) -> GoodScores:
    """Add the names of the scored files; `which` (n,) are their numbers in the bundle's list of files."""
    names = bundle.facts.get("files")
    if not isinstance(names, list) or (len(which) and len(names) <= int(which.max())):
        return good
    used = tuple(str(names[number]) for number in which.tolist())
    return GoodScores(good.density, good.reconstruction_error, good.share, used)
