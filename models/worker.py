"""Duties of a training process towards its parent: end with it, and clean up."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from pathlib import Path

from core.runtime.atomic_files import remove_begun


def end_with_parent(folder: Path) -> None:
    """Start a thread that ends this process when standard input closes: the parent has cancelled or has ended.

    The thread first removes the unfinished files of this process from the folder.
    """

    def watch() -> None:
        with contextlib.suppress(OSError):
            # Not through sys.stdin: the interpreter aborts at exit if a thread still waits inside it.
            while os.read(0, 4096):
                pass
        remove_begun(folder, os.getpid())
        if sys.platform != "win32" and os.getpgrp() == os.getpid():
            # core.runtime.training_process made this process a group leader: the backbone converter, a child of this
            # process, must end too.
            os.killpg(0, signal.SIGKILL)
        os._exit(130)

    if not sys.stdin.isatty():
        threading.Thread(target=watch, name="parent", daemon=True).start()
