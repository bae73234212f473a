"""What a contest of methods is held on: good and defective samples, with near-duplicates known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.dataset.add_images import pictures_in
from core.dataset.add_sound import LEAST_SECONDS, recordings_in
from core.dataset.near_duplicates import Thumbnail, near_duplicates, thumbnail
from core.errors import GoodpartError, UnreadableError
from core.features.image.picture import crop, decode_picture
from core.features.sound.wav import wave_facts
from core.recipes.recipe import Recipe
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense
from models.comparison.candidate import Groups, Numbers
from models.progress import ProgressReporter

FEWEST_GOOD = 6
"""Fewer cannot be learnt from and held out as well."""
SAME_SOUND = 0.9
"""Correlation of how two recordings go up and down from which they are one: in noise of its own it is near 0."""


@dataclass(frozen=True)
class ComparisonMaterial:
    good: Sequence[Path]
    group: Groups
    """(n,) near-duplicates have one number, in the order of their first."""
    defects: Sequence[Path]
    defect_group: Groups
    twins: Sequence[str]
    """Sentences on defective samples that are near-duplicates of good ones."""
    refused: Sequence[str]


def look_through(recipe: Recipe, sense: Sense, report: ProgressReporter) -> ComparisonMaterial:
    """Raises GoodpartError where there is too little for a contest."""
    listed, looked, folder = (
        (pictures_in, _Pictures(recipe), recipe.defect_images)
        if sense == "image"
        else (recordings_in, _Recordings(recipe), recipe.defect_sound)
    )
    refused: list[str] = []
    kept: list[list[Path]] = []
    for name, place in (("good", recipe.good(sense)), ("defective", folder)):
        files = listed(place) if place.is_dir() else []
        kept.append([])
        for step, file in enumerate(files):
            report(f"looking through {name}", step, len(files))
            try:
                looked.take(file)
            except UnreadableError as error:
                refused.append(str(error))
            else:
                kept[-1].append(file)
    good, defects = kept
    option, what = f"--{SENSE_WORDS[sense].folder}", SENSE_WORDS[sense].files
    but = f" ({len(refused)} could not be read: {refused[0]})" if refused else ""
    if not defects:
        raise GoodpartError(
            f"{recipe.name}: there are no known defects to compare by{but}; `goodpart teach {recipe.name} {option} PATH"
            " --defect` adds some"
        )
    every = looked.groups()
    group, defect_group = every[: len(good)], every[len(good) :]
    distinct = len(set(group.tolist()))
    if distinct < FEWEST_GOOD:
        alike = f", of which only {distinct} are not near-duplicates," if distinct < len(good) else ""
        raise GoodpartError(
            f"{recipe.name}: {len(good)} good {what}{alike} are too few to learn from and to judge{but}; it takes"
            f" {FEWEST_GOOD}, better 25"
        )
    _, numbered = np.unique(group, return_inverse=True)
    return ComparisonMaterial(good, numbered, defects, defect_group, twins(good, group, defects, defect_group), refused)


def twins(good: Sequence[Path], group: Groups, defects: Sequence[Path], defect_group: Groups) -> list[str]:
    first: dict[int, Path] = {}
    for file, number in zip(good, group.tolist(), strict=True):
        first.setdefault(number, file)
    pairs = zip(defects, defect_group.tolist(), strict=True)
    return [f"{file.name} is nearly the same as the good {first[n].name}" for file, n in pairs if n in first]


class _Pictures:
    def __init__(self, recipe: Recipe) -> None:
        self._region = recipe.settings.camera.region
        self._seen: list[Thumbnail] = []

    def take(self, file: Path) -> None:
        """Raises UnreadableError."""
        self._seen.append(thumbnail(crop(decode_picture(file), self._region)))

    def groups(self) -> Groups:
        return near_duplicates(self._seen)


class _Recordings:
    """Recordings are the same where their envelopes rise and fall together from the beginning on, band by band."""

    def __init__(self, recipe: Recipe) -> None:
        from models.comparison.sound_candidates import WindowsOf

        self._channel = recipe.settings.microphone.channel
        self._windows_of = WindowsOf(self._channel)
        self._seen: list[Numbers] = []

    def take(self, file: Path) -> None:
        """Raises UnreadableError."""
        seconds = wave_facts(file).seconds
        if seconds < LEAST_SECONDS:
            raise UnreadableError(f"{file}: {seconds:.1f} s are shorter than a window ({LEAST_SECONDS} s)")
        fine = self._windows_of(file).eye.astype(np.float64)
        self._seen.append(fine - fine.mean(axis=0))

    def groups(self) -> Groups:
        numbers: list[int] = []
        for at, one in enumerate(self._seen):
            same = next((other for other in range(at) if alike(one, self._seen[other])), None)
            numbers.append(numbers[same] if same is not None else max(numbers, default=-1) + 1)
        return np.array(numbers, np.int64)


def alike(one: Numbers, other: Numbers) -> bool:
    """Whether two recordings (windows, bands), their means removed, are one."""
    common = min(len(one), len(other))
    a, b = one[:common].ravel(), other[:common].ravel()
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return length > 0 and float(a @ b) / length > SAME_SOUND
