"""A trigger file: the machine control writes or touches it to report that a part is in place."""

from __future__ import annotations

from pathlib import Path

POLL_SECONDS = 0.1
FileStamp = tuple[int, int, int]
"""Modification time (ns), size (bytes) and inode of the file."""


class FileTrigger:
    """Polls the trigger file. `pulled` may wait for a disk or a network: call it on its own thread.

    The file is never removed. A file that already exists at start-up, or that appears while nobody polls, does not
    trigger. A file triggers only after it is unchanged between two polls, so that a slow write triggers once.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fault = ""
        """Why the file cannot be read, as text; empty if it can, or if the file or its folder is missing."""
        self._begun = False
        self._handled: FileStamp | None = None
        self._previous: FileStamp | None = None

    def pulled(self) -> bool:
        """Whether the file has appeared or changed since the last call."""
        try:
            facts = self.path.stat()
            stamp: FileStamp | None = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
            self.fault = ""
        except (FileNotFoundError, NotADirectoryError):
            stamp, self.fault = None, ""
        except OSError as error:
            stamp = self._handled
            self.fault = f"the trigger file {self.path} cannot be read ({error.strerror or error})"
        steady, self._previous = stamp == self._previous, stamp
        if not self._begun:
            self._begun, self._handled = True, stamp
            return False
        if stamp == self._handled or not steady:
            return False
        self._handled = stamp
        return stamp is not None

    def pass_over(self) -> None:
        """Ignore what has happened since the last poll: the next one starts as at start-up."""
        self._begun = False
