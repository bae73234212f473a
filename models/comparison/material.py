"""The material of a comparison of methods: good and defective samples, grouped by near-duplicates."""

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
"""Good samples that are not near-duplicates: with fewer, no fold can be held out."""
SAME_SOUND = 0.9
"""Correlation of two recordings' envelopes above which they count as the same; near 0 for independent noise."""


@dataclass(frozen=True)
class ComparisonMaterial:
    """The samples of one sense that can be decoded."""

    good: Sequence[Path]
    """n paths of good samples."""
    group: Groups
    """(n,) near-duplicates have the same number; the numbers follow the order of each group's first sample."""
    defects: Sequence[Path]
    """m paths of known defects."""
    defect_group: Groups
    """(m,) the same for the defects."""
    twins: Sequence[str]
    """Sentences on defective samples that are near-duplicates of good ones."""
    refused: Sequence[str]
    """A sentence per file that could not be read."""


def look_through(recipe: Recipe, sense: Sense, report: ProgressReporter) -> ComparisonMaterial:
    """Decode and group all material of the sense. Raises GoodpartError if there is too little to compare methods."""
    list_files, reader, defect_folder = (
        (pictures_in, _Pictures(recipe), recipe.defect_images)
        if sense == "image"
        else (recordings_in, _Recordings(recipe), recipe.defect_sound)
    )
    refused: list[str] = []
    kept: list[list[Path]] = []
    for name, folder in (("good", recipe.good(sense)), ("defective", defect_folder)):
        files = list_files(folder) if folder.is_dir() else []
        kept.append([])
        for step, file in enumerate(files):
            report(f"looking through {name}", step, len(files))
            try:
                reader.take(file)
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
    every = reader.groups()
    group, defect_group = every[: len(good)], every[len(good) :]
    distinct = len(set(group.tolist()))
    if distinct < FEWEST_GOOD:
        alike = f", of which only {distinct} are not near-duplicates," if distinct < len(good) else ""
        raise GoodpartError(
            f"{recipe.name}: {len(good)} good {what}{alike} are too few to learn from and to judge{but}; a"
            f" comparison needs {FEWEST_GOOD}, better 25"
        )
    _, numbered = np.unique(group, return_inverse=True)
    return ComparisonMaterial(good, numbered, defects, defect_group, twins(good, group, defects, defect_group), refused)


def twins(good: Sequence[Path], group: Groups, defects: Sequence[Path], defect_group: Groups) -> list[str]:
    """Return a sentence per defect that is a near-duplicate of a good sample. Both groups share their numbers."""
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
    """Two recordings are the same if their envelopes rise and fall together from the beginning, band by band."""

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
        for index, envelope in enumerate(self._seen):
            same = next((other for other in range(index) if alike(envelope, self._seen[other])), None)
            numbers.append(numbers[same] if same is not None else max(numbers, default=-1) + 1)
        return np.array(numbers, np.int64)


def alike(one: Numbers, other: Numbers) -> bool:
    """Return whether two recordings (windows, bands), with their means removed, are the same."""
    common = min(len(one), len(other))
    a, b = one[:common].ravel(), other[:common].ravel()
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return length > 0 and float(a @ b) / length > SAME_SOUND
