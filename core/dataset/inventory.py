"""Counts a recipe's good and defective material of one sense, and keeps previews of the newest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from core.errors import GoodpartError, UnreadableError
from core.recipes.recipe import Recipe
from core.samples import Picture
from core.state.material import InventorySummary, Preview
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense

RECENT = 6
"""Number of previews per kind of material."""


class Inventory:
    """The material of one sense of a recipe.

    Call `look`, `added`, `remove_last` and `remove_all` from one thread that may wait for the disk; read `held` from
    any thread.
    """

    def __init__(self, recipe: Recipe, sense: Sense, small: Callable[[Picture], Preview] | None = None) -> None:
        """`small` makes a preview of a picture; None for sound."""
        self._recipe = recipe
        self._sense = sense
        self._small = small
        self._seconds: dict[Path, float] = {}
        self.held = InventorySummary()

    def look(self) -> None:
        """Recount. Unreadable files have no preview and no length; an unreadable folder counts as empty."""
        good, defect = self._files(defect=False), self._files(defect=True)
        recent, recent_defect = self._previews(good[-RECENT:]), self._previews(defect[-RECENT:])
        seconds = sum(map(self._length, good)) if self._sense == "sound" else 0.0
        self.held = InventorySummary(len(good), len(defect), recent, seconds, recent_defect)

    def added(self, picture: Picture, *, defect: bool) -> None:
        """Count one more picture that was stored in the recipe."""
        held = self.held
        recent = held.recent_defect if defect else held.recent
        if self._small is not None:
            recent = (*recent, self._small(picture))[-RECENT:]
        if defect:
            self.held = replace(held, defect=held.defect + 1, recent_defect=recent)
        else:
            self.held = replace(held, good=held.good + 1, recent=recent)

    def remove_last(self, *, defect: bool) -> str:
        """Delete the newest file; returns a sentence about it. Raises GoodpartError."""
        files = self._files(defect=defect)
        if not files:
            raise GoodpartError(f"there is no {self._called(defect)} that could be deleted")
        _unlink(files[-1])
        self.look()
        return f"{files[-1].name} deleted; {len(files) - 1} {self._called(defect)}s are left"

    def remove_all(self, *, defect: bool) -> str:
        """Delete all files; returns a sentence about it. Raises GoodpartError."""
        files = self._files(defect=defect)
        try:
            for file in files:
                _unlink(file)
        finally:
            self.look()
        return f"all {len(files)} {self._called(defect)}s deleted"

    def _called(self, defect: bool) -> str:
        return f"{'defective' if defect else 'good'} {SENSE_WORDS[self._sense].file}"

    def _files(self, *, defect: bool) -> list[Path]:
        if self._sense == "image":
            from core.dataset.add_images import pictures_in as files_in
        else:
            from core.dataset.add_sound import recordings_in as files_in
        try:
            return files_in(self._recipe.material(self._sense, defect=defect))
        except OSError:
            return []

    def _previews(self, files: list[Path]) -> tuple[Preview, ...]:
        if self._small is None:
            return ()
        from core.features.image.picture import decode_picture

        previews = []
        for file in files:
            try:
                previews.append(self._small(decode_picture(file)))
            except UnreadableError:
                continue  # training skips it and reports it
        return tuple(previews)

    def _length(self, file: Path) -> float:
        if file not in self._seconds:
            from core.features.sound.wav import wave_facts

            try:
                self._seconds[file] = wave_facts(file).seconds
            except UnreadableError:
                self._seconds[file] = 0.0
        return self._seconds[file]


def _unlink(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise GoodpartError(f"{file}: cannot be deleted ({error.strerror or error})") from error
