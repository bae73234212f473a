"""A file that says that a part is in place: whoever controls the machine writes or touches it."""

from __future__ import annotations

from pathlib import Path

POLL_SECONDS = 0.1
Mark = tuple[int, int, int]


class FileTrigger:
    """`pulled` may wait for a disk or a network: call it on a thread of its own.

    The file is looked at, never removed. What lies there at the beginning, or while nobody looked, is no word. A file
    that is still being written is one word, not several: it must have stayed the same from one look to the next.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fault = ""
        """Why it cannot be looked at, in words; a file or folder that is missing is none."""
        self._begun = False
        self._obeyed: Mark | None = None
        self._before: Mark | None = None

    def pulled(self) -> bool:
        """Whether it has appeared or changed since the last time."""
        try:
            facts = self.path.stat()
            mark: Mark | None = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
            self.fault = ""
        except (FileNotFoundError, NotADirectoryError):
            mark, self.fault = None, ""
        except OSError as error:
            mark, self.fault = self._obeyed, f"the trigger {self.path} cannot be looked at ({error.strerror or error})"
        steady, self._before = mark == self._before, mark
        if not self._begun:
            self._begun, self._obeyed = True, mark
            return False
        if mark == self._obeyed or not steady:
            return False
        self._obeyed = mark
        return mark is not None

    def pass_over(self) -> None:
        """Nobody looked for a while: what has happened meanwhile is no word."""
        self._begun = False
