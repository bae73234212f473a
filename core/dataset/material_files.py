"""Adds material files to a recipe: finds, numbers, copies or links them; the same content is added once."""

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
"""Bytes of a file name at most; file systems allow 255, and a number is put in front."""


def find_files(paths: Iterable[Path], suffixes: Collection[str], called: str) -> list[Path]:
    """Return the given files, and of the given folders and their subfolders all files with one of the suffixes.

    `called` names such files in messages ("pictures"). Raises GoodpartError if a path is missing or unreadable, or if
    a folder holds no such file.
    """
    files: list[Path] = []
    for path in paths:
        try:
            if path.is_dir():
                inside = [p for folder in sorted({path, *_folders(path)}) for p in files_in(folder, suffixes)]
                if not inside:
                    raise GoodpartError(f"{path}: there are no {called} in this folder ({', '.join(sorted(suffixes))})")
                files += inside
            elif path.exists():
                files.append(path)
            else:
                raise GoodpartError(f"{path}: there is no such file or folder")
        except OSError as error:
            raise GoodpartError(f"{path}: cannot be read ({error.strerror or error})") from error
    return files


def _folders(path: Path) -> list[Path]:
    return [Path(parent) / name for parent, names, _ in os.walk(path) for name in names if not name.startswith(".")]


def identity(path: Path) -> bytes:
    """SHA-256 of the content: adding the same folder twice adds nothing, and equal names do not matter. Raises
    OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def next_number(folder: Path) -> int:
    """The number after the highest one in the folder (`000042-name.png` has 42). Raises OSError."""
    matches = (re.match(r"(\d{6})-", path.name) for path in folder.iterdir())
    return max((int(match[1]) for match in matches if match), default=0) + 1


def numbered(number: int, name: str) -> str:
    """The file name with its number, `000042-name.png`; the name is cut if it is too long for file systems."""
    if len(os.fsencode(name)) > LONGEST_NAME:
        path = Path(name)
        name = path.stem[: LONGEST_NAME // 4] + path.suffix
    return f"{number:06d}-{name}"


def put(file: Path, place: Path, link: bool) -> None:
    """Copy a file to `place`, or create a symbolic link to it there. Raises GoodpartError."""
    if not link:
        write_material(place, partial(shutil.copyfile, file))
        return
    with refusal_in_words(place, "what came before it was added"):
        place.symlink_to(file.resolve())
