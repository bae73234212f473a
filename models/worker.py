"""What every process that learns owes to the one that started it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from pathlib import Path

from core.runtime.atomic_files import remove_begun


def end_with_parent(folder: Path) -> None:
    """End at once when standard input closes: the parent cancelled, or is no more. What was begun in the folder is
    removed."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            # Not through sys.stdin: a thread that waits inside it makes the interpreter abort at its end.
            while os.read(0, 4096):
                pass
        remove_begun(folder, os.getpid())
        if sys.platform != "win32" and os.getpgrp() == os.getpid():
            # Started by core.runtime.training_process: the conversion of the backbone, a child of this one, ends too.
            os.killpg(0, signal.SIGKILL)
        os._exit(130)

    if not sys.stdin.isatty():
        threading.Thread(target=watch, name="parent", daemon=True).start()
