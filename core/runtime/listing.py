"""Which files are pictures or recordings by their names, and in which order a folder has them."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"})
SOUND_SUFFIXES = frozenset({".wav", ".flac", ".ogg"})


def natural_order(path: Path) -> tuple[list[tuple[int, int, str]], str]:
    """A sort key by which `10.png` comes after `9.png`: the order in which cameras number their pictures."""
    parts = re.findall(r"\d+|\D+", path.name)
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p.lower()) for p in parts], str(path)


def files_in(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """Files of a kind in a folder, in natural order; hidden files are passed over. Raises OSError."""
    found = (p for p in folder.iterdir() if p.suffix.lower() in suffixes and not p.name.startswith("."))
    return sorted(found, key=natural_order)
