"""Adding good material to a recipe, and finding what was taught."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import GoodpartError, UnreadableError
from core.features.duplicates import Thumbnail, near_duplicates, thumbnail
from core.features.picture import SUFFIXES, decode_picture

LONGEST_NAME = 200
"""Bytes; file systems take 255, and a number is put before it."""


@dataclass(frozen=True)
class Taught:
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


def natural_order(path: Path) -> tuple[list[tuple[int, int, str]], str]:
    """A sort key by which `10.png` comes after `9.png`: the order in which cameras number their pictures."""
    parts = re.findall(r"\d+|\D+", path.name)
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p.lower()) for p in parts], str(path)


def pictures_in(folder: Path) -> list[Path]:
    """Pictures in a folder, in natural order; hidden files are passed over."""
    found = (p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))
    return sorted(found, key=natural_order)


def find_pictures(paths: Iterable[Path]) -> list[Path]:
    """Files as they are given, folders (with the folders in them) by their pictures.

    Raises GoodpartError for a path that does not exist or cannot be read, or a folder without pictures.
    """
    found: list[Path] = []
    for path in paths:
        try:
            if path.is_dir():
                inside = [p for folder in sorted({path, *_folders(path)}) for p in pictures_in(folder)]
                if not inside:
                    raise GoodpartError(f"{path}: there are no pictures in this folder ({', '.join(sorted(SUFFIXES))})")
                found += inside
            elif path.exists():
                found.append(path)
            else:
                raise GoodpartError(f"{path}: there is no such file or folder")
        except OSError as error:
            raise GoodpartError(f"{path}: cannot be read ({error.strerror or error})") from error
    return found


def _folders(path: Path) -> list[Path]:
    return [Path(at) / name for at, names, _ in os.walk(path) for name in names if not name.startswith(".")]


def teach_pictures(
    folder: Path, paths: Iterable[Path], *, link: bool = False, progress: Callable[[int, int], None] | None = None
) -> Taught:
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
                known_files.add(_identity(path))
    except OSError as error:
        raise GoodpartError(f"{folder}: cannot be used ({error.strerror or error})") from error
    number = max(map(_number, present), default=0)
    added: list[Path] = []
    refused: list[str] = []
    known = 0
    for step, file in enumerate(files, 1):
        if progress:
            progress(step, len(files))
        try:
            if file.suffix.lower() not in SUFFIXES:
                raise UnreadableError(f"{file}: its name does not end in {', '.join(sorted(SUFFIXES))}")
            small = thumbnail(decode_picture(file))
        except UnreadableError as error:
            refused.append(str(error))
            continue
        content = _identity(file)
        if content in known_files:
            known += 1
            continue
        number += 1
        # Cut where the new name would be longer than file systems take.
        name = (
            file.name if len(os.fsencode(file.name)) <= LONGEST_NAME else file.stem[: LONGEST_NAME // 4] + file.suffix
        )
        place = folder / f"{number:06d}-{name}"
        _put(file, place, link)
        known_files.add(content)
        thumbnails.append(small)
        added.append(place)
    groups = near_duplicates(thumbnails)
    return Taught(added, refused, known, len(groups) - len(set(groups.tolist())), len(thumbnails))


def _identity(path: Path) -> bytes:
    # By content: the same folder handed over twice adds nothing, two files of one name are two pictures.
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _number(path: Path) -> int:
    numbered = re.match(r"(\d{6})-", path.name)
    return int(numbered[1]) if numbered else 0


def _put(file: Path, place: Path, link: bool) -> None:
    try:
        if link:
            place.symlink_to(file.resolve())
            return
        aside = place.with_name(f".{place.name}.tmp")
        try:
            shutil.copyfile(file, aside)
            aside.replace(place)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise GoodpartError(
            f"{place}: cannot be written ({error.strerror or error}); the pictures before it were added"
        ) from error
