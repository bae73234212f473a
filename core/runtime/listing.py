"""Lists the pictures or recordings of a folder by their suffixes, in natural order."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"})
SOUND_SUFFIXES = frozenset({".wav", ".flac", ".ogg"})


def natural_order(path: Path) -> tuple[list[tuple[int, int, str]], str]:
    """A sort key that puts `10.png` after `9.png`: the order in which cameras number their pictures."""
    parts = re.findall(r"\d+|\D+", path.name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.lower()) for part in parts], str(path)


def files_in(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """The files of a folder with one of the suffixes, in natural order, without hidden files. Raises OSError."""
    files = (p for p in folder.iterdir() if p.suffix.lower() in suffixes and not p.name.startswith("."))
    return sorted(files, key=natural_order)
