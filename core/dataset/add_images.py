"""Adding good pictures to a recipe, and finding what was taught."""

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
    """What became of the files that were handed over."""

    added: Sequence[Path]
    """In the recipe, in order."""
    refused: Sequence[str]
    """A sentence each, with the name."""
    known: int
    """Files that were in the recipe already."""
    near_duplicates: int
    """Of all pictures that the recipe holds now: how many have an earlier near-duplicate."""
    total: int


def pictures_in(folder: Path) -> list[Path]:
    """Pictures in a folder, in natural order; hidden files are passed over."""
    return files_in(folder, PICTURE_SUFFIXES)


def find_pictures(paths: Iterable[Path]) -> list[Path]:
    """See core.dataset.material_files.find_files."""
    return find_files(paths, PICTURE_SUFFIXES, "pictures")


def teach_pictures(
    folder: Path, paths: Iterable[Path], *, link: bool = False, progress: Callable[[int, int], None] | None = None
) -> AddedImages:
    """Copy (or link) pictures into a recipe's folder; what cannot be decoded is refused by name and the rest goes on.

    They are numbered in the order given, after those that are there: `000042-name.png`.
    Raises GoodpartError where nothing can be written.
    """
    files = find_pictures(paths)
    known_files: set[bytes] = set()
    thumbnails: list[Thumbnail] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        present = pictures_in(folder)
        for path in present:
            with contextlib.suppress(UnreadableError):  # training passes over it and says so
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
        place = folder / numbered(number, file.name)
        put(file, place, link)
        number += 1
        known_files.add(content)
        thumbnails.append(small)
        added.append(place)
    groups = near_duplicates(thumbnails)
    return AddedImages(added, refused, known, len(groups) - len(set(groups.tolist())), len(thumbnails))
