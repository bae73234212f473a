"""Writes files atomically: each one exists complete or not at all. All files are written through this module."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from core.errors import GoodpartError

ASIDE = ".tmp"
"""Suffix of hidden files that are being written: `.recipe.toml.4711-5f3a90bc.tmp`, with the id of the process.

Older versions left `.recipe.toml.tmp` behind, without that id.
"""
LONGEST_NAME = 50
"""Characters of the file's own name that the temporary name keeps: file systems allow 255 bytes."""


class BegunFile:
    """A temporary file at `path`, in the folder of its final `place`; it replaces the place when it is complete.

    `path` exists and is empty at first. It has another suffix than the place: pass the format to libraries that infer
    it from the suffix. Call `finish` or `discard` at the end.
    """

    def __init__(self, place: Path) -> None:
        """Create the temporary file. Raises OSError (read-only, disk full)."""
        self.place = place
        self.path = place.with_name(f".{place.name[:LONGEST_NAME]}.{os.getpid()}-{secrets.token_hex(4)}{ASIDE}")
        self.path.open("xb").close()

    def finish(self, *, flush: bool = True) -> None:
        """Flush the file to disk and rename it: the place holds the old file or the new one, never a part of it.

        Without `flush` it is faster, but the file is damaged if the power fails within some seconds. The new file gets
        the mode of the old one. Raises OSError; the old file is then unchanged and the temporary file removed.
        """
        try:
            if flush:
                with self.path.open("rb+") as file:
                    os.fsync(file.fileno())
            with contextlib.suppress(FileNotFoundError):
                self.path.chmod(self.place.stat().st_mode & 0o777)
            self.path.replace(self.place)
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Remove the temporary file; the place is unchanged."""
        with contextlib.suppress(OSError):
            self.path.unlink()


@contextlib.contextmanager
def replacing(place: Path, *, flush: bool = True) -> Iterator[Path]:
    """Yield a temporary path to write to; at the end that file replaces `place`, unless an exception is raised.

    `flush` as in BegunFile.finish. Raises OSError.
    """
    begun = BegunFile(place)
    try:
        yield begun.path
    except BaseException:
        begun.discard()
        raise
    begun.finish(flush=flush)


def write_bytes(place: Path, data: bytes, *, flush: bool = True) -> None:
    """Write a file atomically. Raises OSError, for callers with their own message; otherwise use `replace_file`."""
    with replacing(place, flush=flush) as aside:
        aside.write_bytes(data)


def replace_file(place: Path, data: bytes) -> None:
    """Write a file atomically. Raises GoodpartError with the cause (read-only, disk full)."""
    with refusal_in_words(place, "what was there before is still there"):
        write_bytes(place, data)


def write_lines(place: Path, lines: Iterable[str]) -> int:
    """Write a text file atomically, UTF-8; return the number of lines. Raises GoodpartError."""
    number = 0
    with (
        refusal_in_words(place, "nothing was changed"),
        replacing(place) as aside,
        # The text may hold file names that are not UTF-8.
        aside.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        for number, line in enumerate(lines, 1):  # noqa: B007 - the last one is the count
            file.write(line)
    return number


def write_material(place: Path, write: Callable[[Path], object]) -> None:
    """Write one file of many atomically: `write` (a copy, a sound library) gets the temporary path and writes to it.

    Raises GoodpartError.
    """
    with refusal_in_words(place, "what came before it was added"), replacing(place) as aside:
        write(aside)


@contextlib.contextmanager
def refusal_in_words(place: Path, rest: str) -> Iterator[None]:
    """Turn an OSError into a GoodpartError: the place, the cause, and `rest`, the effect on other files."""
    try:
        yield
    except OSError as error:
        raise GoodpartError(f"{place}: cannot be written ({error.strerror or error}); {rest}") from error


def remove_begun(folder: Path, process: int) -> None:
    """Remove the temporary files that a killed process left in a folder."""
    for aside in folder.glob(f".*.{process}-*{ASIDE}"):
        with contextlib.suppress(OSError):
            aside.unlink()
