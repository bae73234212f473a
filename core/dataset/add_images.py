"""Adds pictures to a recipe and lists the ones it has."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.dataset.material_files import find_files, identity, next_number, numbered, put
from core.dataset.near_duplicates import Thumbnail, near_duplicates, thumbnail
from core.errors import GoodpartError, UnreadableError
from core.features.image.picture import decode_picture
from core.runtime.listing import PICTURE_SUFFIXES, files_in


@dataclass(frozen=True)
class AddedImages:
    """The result of adding pictures."""

    added: Sequence[Path]
    """The new files in the recipe, in order."""
    refused: Sequence[str]
    """A sentence per refused file, with its name."""
    known: int
    """Number of files that were already in the recipe."""
    near_duplicates: int
    """Number of pictures in the recipe that have an earlier near-duplicate."""
    total: int
    """Number of pictures in the recipe now."""


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures in a folder, in natural order, without hidden files. Raises OSError."""
    return files_in(folder, PICTURE_SUFFIXES)


def find_pictures(paths: Iterable[Path]) -> list[Path]:
    """Return the pictures at these paths and in these folders; see core.dataset.material_files.find_files."""
    return find_files(paths, PICTURE_SUFFIXES, "pictures")


def teach_pictures(
    folder: Path, paths: Iterable[Path], *, link: bool = False, progress: Callable[[int, int], None] | None = None
) -> AddedImages:
    """Copy (or link) pictures into a recipe's folder; a file that cannot be decoded is refused, the others are added.

    They are numbered in the given order, after the existing ones: `000042-name.png`. `progress` gets the number of the
    file and of all files. Raises GoodpartError if a path is missing or the folder cannot be written.
    """
    files = find_pictures(paths)
    known_files: set[bytes] = set()
    thumbnails: list[Thumbnail] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        present = pictures_in(folder)
        for path in present:
            with contextlib.suppress(UnreadableError):  # training skips it and reports it
                thumbnails.append(thumbnail(decode_picture(path)))
                known_files.add(identity(path))
        number = next_number(folder)
    except OSError as error:
        raise GoodpartError(f"{folder}: cannot be used ({error.strerror or error})") from error
    added: list[Path] = []
    refused: list[str] = []
    known = 0
    for step, file in enumerate(files, 1):
        if progress:
            progress(step, len(files))
        try:
            if file.suffix.lower() not in PICTURE_SUFFIXES:
                raise UnreadableError(f"{file}: its name does not end in {', '.join(sorted(PICTURE_SUFFIXES))}")
            small = thumbnail(decode_picture(file))
        except UnreadableError as error:
            refused.append(str(error))
            continue
        content = identity(file)
        if content in known_files:
            known += 1
            continue
        target = folder / numbered(number, file.name)
        put(file, target, link)
        number += 1
        known_files.add(content)
        thumbnails.append(small)
        added.append(target)
    groups = near_duplicates(thumbnails)
    return AddedImages(added, refused, known, len(groups) - len(set(groups.tolist())), len(thumbnails))
