"""How well a model tells a recipe's good material from its defective material, which is only ever tested with."""

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

Progress = Callable[[int, int], None]
"""Told files done and files of all before each; what it raises ends the work."""


@dataclass(frozen=True)
class JudgedSample:
    """A file that was judged."""

    path: Path
    state: State
    """UNKNOWN where the picture or the sound could not be trusted; its scores are there all the same."""
    reason: str
    share: float
    """Of the alarm level, above 1 is anomalous; infinite where the scores are not numbers."""
    density: float
    reconstruction_error: float
    map: AnomalyMap | None = None
    """Only of pictures."""
    trace: npt.NDArray[np.float64] | None = None
    """Only of sound: (n, 2), the end of each window in seconds, and the share of the alarm level that the station
    would have shown for it."""


@dataclass(frozen=True)
class GoodScores:
    """Of good pictures, or good recordings each at its worst stretch, by models that did not learn from them: float64
    (n,) each."""

    density: Scores
    reconstruction_error: Scores
    share: Scores
    names: Sequence[str] = ()
    """Of their files in the recipe, in the same order; empty where the bundle does not tell."""


@dataclass(frozen=True)
class DefectTest:
    """What a model does on material that it did not learn from."""

    sense: Sense
    bundle: str
    thresholds: Thresholds
    """What density and reconstruction error were compared with; of sound those for a whole recording."""
    good: GoodScores
    defects: Sequence[JudgedSample]
    """The least anomalous first: those that are missed stand at the beginning."""
    refused: Sequence[str] = ()
    """A sentence for each defect file that could not be read."""

    @property
    def defect_share(self) -> Scores:
        return np.array([case.share for case in self.defects], np.float64)

    @property
    def auroc(self) -> float | None:
        """Chance that a defective part scores worse than a good one; None without either."""
        if not self.defects or not len(self.good.share):
            return None
        return auroc(self.good.share, self.defect_share)

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the AUROC, see `auroc_interval`."""
        value = self.auroc
        return None if value is None else auroc_interval(value, len(self.good.share), len(self.defects))

    @property
    def misses(self) -> int:
        """Defective ones that are called OK."""
        return sum(case.state == "OK" for case in self.defects)

    @property
    def unknown(self) -> int:
        """Defective ones of which nothing is said."""
        return sum(case.state == "UNKNOWN" for case in self.defects)

    @property
    def false_alarms(self) -> int:
        """Held-out good ones beyond the thresholds. Where these were calibrated on the same scores this is near the
        target by construction, and no evidence of its own."""
        pairs = zip(self.good.density.tolist(), self.good.reconstruction_error.tolist(), strict=True)
        return sum(is_anomalous(density, error, self.thresholds) for density, error in pairs)

    @property
    def worst(self) -> Sequence[JudgedSample]:
        """The three defects that look or sound most like good parts, missed or nearly so."""
        return self.defects[:WORST]


def separate(recipe: Recipe, sense: Sense, bundle: Bundle, progress: Progress | None = None) -> DefectTest:
    """Judge the recipe's defect folder with a bundle (the recipe's own or a candidate), and compare with the scores of
    good material that the bundle holds.

    The thresholds are those that the recipe would use with this bundle. Works without defects. Raises GoodpartError
    where the bundle cannot be used; lets through what `progress` raises.
    """
    return _pictures(recipe, bundle, progress) if sense == "image" else _recordings(recipe, bundle, progress)


def _pictures(recipe: Recipe, bundle: Bundle, progress: Progress | None) -> DefectTest:
    judge = ImageJudge(recipe, bundle)
    files = pictures_in(recipe.defect_images) if recipe.defect_images.is_dir() else []
    held, t = judge.bundle.held_out, judge.thresholds
    cases, refused = _judged(files, partial(_judged_picture, judge), progress)
    good = GoodScores(held.density, held.reconstruction_error, _shares(held.density, held.reconstruction_error, t))
    return DefectTest("image", bundle.id, t, _named(good, bundle, np.arange(held.count)), cases, refused)


def _judged_picture(judge: ImageJudge, file: Path) -> JudgedSample:
    """Raises UnreadableError."""
    result = judge_picture_file(judge, file)
    seen = result.judgement
    return JudgedSample(
        file, result.state, result.reason, seen.share, seen.density, seen.reconstruction_error, map=seen.map
    )


def _recordings(recipe: Recipe, bundle: Bundle, progress: Progress | None) -> DefectTest:
    # Only who listens waits for the sound libraries.
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
    used = _shares(means.density, means.reconstruction_error, t)
    recordings = np.unique(means.recording)
    at = [int(np.flatnonzero(means.recording == one)[np.argmax(used[means.recording == one])]) for one in recordings]
    good = GoodScores(means.density[at], means.reconstruction_error[at], used[at])
    return DefectTest("sound", bundle.id, t, _named(good, bundle, recordings), cases, refused)


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
    used = share_arrays(density, error, t)
    return np.where(np.isfinite(used), used, np.inf)


def _named(good: GoodScores, bundle: Bundle, which: npt.NDArray[np.int64]) -> GoodScores:
    """With the names of the files that the scores are of."""
    names = bundle.facts.get("files")
    if not isinstance(names, list) or (len(which) and len(names) <= int(which.max())):
        return good
    told = tuple(str(names[number]) for number in which.tolist())
    return GoodScores(good.density, good.reconstruction_error, good.share, told)
