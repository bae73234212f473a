"""Putting good material into a recipe: found, numbered, copied or linked, each content once."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Collection, Iterable
from functools import partial
from pathlib import Path

from core.errors import GoodpartError
from core.runtime.atomic_files import refusal_in_words, write_material
from core.runtime.listing import files_in

LONGEST_NAME = 200
"""Bytes; file systems take 255, and a number is put before it."""


def find_files(paths: Iterable[Path], suffixes: Collection[str], called: str) -> list[Path]:
    """Files as they are given, folders (with the folders in them) by their files of a kind, `called` so.

    Raises GoodpartError for a path that does not exist or cannot be read, or a folder without any.
    """
    found: list[Path] = []
    for path in paths:
        try:
            if path.is_dir():
                inside = [p for folder in sorted({path, *_folders(path)}) for p in files_in(folder, suffixes)]
                if not inside:
                    raise GoodpartError(f"{path}: there are no {called} in this folder ({', '.join(sorted(suffixes))})")
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


def identity(path: Path) -> bytes:
    """By content: the same folder handed over twice adds nothing, two files of one name are two. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def next_number(folder: Path) -> int:
    """After those that are there: `000042-name.png`. Raises OSError."""
    numbered = (re.match(r"(\d{6})-", path.name) for path in folder.iterdir())
    return max((int(match[1]) for match in numbered if match), default=0) + 1


def numbered(number: int, name: str) -> str:
    """`000042-name.png`, the name cut where it would be longer than file systems take."""
    if len(os.fsencode(name)) > LONGEST_NAME:
        path = Path(name)
        name = path.stem[: LONGEST_NAME // 4] + path.suffix
    return f"{number:06d}-{name}"


def put(file: Path, place: Path, link: bool) -> None:
    """Copy or link. Raises GoodpartError."""
    if not link:
        write_material(place, partial(shutil.copyfile, file))
        return
    with refusal_in_words(place, "what came before it was added"):
        place.symlink_to(file.resolve())
