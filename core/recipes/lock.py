"""A lock that allows one station per recipe. The system releases it when the process ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from core.errors import GoodpartError


class RecipeLock:
    """A lock on a recipe's folder, held from construction until `release` or the end of the process, even a crash.

    Raises GoodpartError if another process holds it or the folder cannot be locked.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._handle: int | None = _lock(folder)
        except BlockingIOError:
            raise GoodpartError(
                f"{folder.name}: another goodpart is judging with this recipe; end it first (one station per recipe)"
            ) from None
        except OSError as error:
            raise GoodpartError(f"{folder}: cannot be locked ({error.strerror or error})") from error

    def release(self) -> None:
        """Release the lock. Further calls do nothing."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


if sys.platform == "win32":
    import msvcrt

    def _lock(folder: Path) -> int:
        handle = os.open(folder / ".station.lock", os.O_RDWR | os.O_CREAT)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            os.close(handle)
            raise BlockingIOError from error
        return handle

else:
    import fcntl

    def _lock(folder: Path) -> int:
        # Locks the folder itself: no file is left over, and a read-only recipe can be locked too.
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise
        return handle
