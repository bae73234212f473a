"""The one way in which files are written: each is there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from core.errors import GoodpartError

ASIDE = ".tmp"
"""Files that are being written are hidden and end so: `.recipe.toml.4711-5f3a90bc.tmp`, with the process's number.

Older versions left `.recipe.toml.tmp` behind, without that number.
"""
LONGEST_NAME = 50
"""Characters of the file's own name in that of the begun one: file systems take 255 bytes."""


class BegunFile:
    """A file that is written beside its place, at `path`, until it is whole.

    `path` exists and is empty at first. Its name does not end as that of the place: a library that looks at the
    ending must be given the format. One of `finish` and `discard` ends it.
    """

    def __init__(self, place: Path) -> None:
        """Raises OSError (read-only, disk full)."""
        self.place = place
        self.path = place.with_name(f".{place.name[:LONGEST_NAME]}.{os.getpid()}-{secrets.token_hex(4)}{ASIDE}")
        self.path.open("xb").close()

    def finish(self, *, flush: bool = True) -> None:
        """Flush it to the disk and rename it: the place holds the old file or the new, never a torn one.

        Without `flush` it is fast, and torn if the power fails within some seconds. A file that is replaced leaves its
        mode to the new one. Raises OSError; the old file is still there then, and nothing beside it.
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
        with contextlib.suppress(OSError):
            self.path.unlink()


@contextlib.contextmanager
def replacing(place: Path, *, flush: bool = True) -> Iterator[Path]:
    """Gives the path to write to; what was written there takes its place at the end, unless something is raised.

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
    """Raises OSError: for those who have a sentence of their own."""
    with replacing(place, flush=flush) as aside:
        aside.write_bytes(data)


def replace_file(place: Path, data: bytes) -> None:
    """Write a file. Raises GoodpartError with the reason (read-only, disk full)."""
    with refusal_in_words(place, "what was there before is still there"):
        write_bytes(place, data)


def write_lines(place: Path, lines: Iterable[str]) -> int:
    """Write a text; gives the number of lines. Raises GoodpartError."""
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
    """Let `write` (a copy, a sound library) write one file of many to the path that it is given.

    Raises GoodpartError.
    """
    with refusal_in_words(place, "what came before it was added"), replacing(place) as aside:
        write(aside)


@contextlib.contextmanager
def refusal_in_words(place: Path, rest: str) -> Iterator[None]:
    """Raises the GoodpartError of an OSError: the place, the cause, and what became of the `rest`."""
    try:
        yield
    except OSError as error:
        raise GoodpartError(f"{place}: cannot be written ({error.strerror or error}); {rest}") from error


def remove_begun(folder: Path, process: int) -> None:
    """Remove what a process that was killed had begun to write in a folder."""
    for aside in folder.glob(f".*.{process}-*{ASIDE}"):
        with contextlib.suppress(OSError):
            aside.unlink()
