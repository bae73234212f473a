"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from core.errors import GoodpartError


def put_by(make: Callable[[Path], None], place: Path) -> None:
    """Let `make` write a file beside its place and rename it. Raises GoodpartError."""
    aside = place.with_name(f".{place.name}.tmp")
    try:
        try:
            make(aside)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise GoodpartError(
            f"{place}: cannot be written ({error.strerror or error}); what came before it was added"
        ) from error


def write_lines(place: Path, lines: Iterable[str]) -> int:
    """Write a text beside its place and rename it; gives the number of lines. Raises GoodpartError."""
    aside = place.with_name(f".{place.name}.tmp")
    number = 0
    try:
        try:
            # File names that are no UTF-8 may stand in it.
            with aside.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
                for number, line in enumerate(lines, 1):  # noqa: B007 - the last one is the count
                    file.write(line)
            aside.replace(place)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise GoodpartError(f"{place}: cannot be written ({error.strerror or error}); nothing was changed") from error
    return number


ASIDE = ".tmp"


def replace_file(path: Path, data: bytes) -> None:
    """Write a file beside its place, flush it to the disk and rename it: it is the old or the new, never torn.

    Raises GoodpartError with the reason (read-only, disk full).
    """
    try:
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.{os.getpid()}-", suffix=ASIDE)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
            Path(aside).chmod(mode)
            Path(aside).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(aside).unlink()
            raise
    except OSError as error:
        raise GoodpartError(
            f"{path}: cannot be written ({error.strerror or error}); what was there before is still there"
        ) from error


def remove_begun(folder: Path, process: int) -> None:
    """Take away what `replace_file` had begun in a process that was ended."""
    for aside in folder.glob(f".*.{process}-*{ASIDE}"):
        with contextlib.suppress(OSError):
            aside.unlink()
