"""Runs a Python module in a child process: the parent's side, and the child's duties towards its parent.

The child writes lines of JSON to its standard output. It ends when its standard input closes, because the parent has
closed it or has died.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.runtime.atomic_files import remove_begun

CANCEL_SECONDS = 0.8
"""Seconds that a cancelled process has for an orderly end; it is killed then."""
NICE = 10
"""Priority of child processes: the nice value on POSIX systems."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Environment of a child that lets numerical libraries use one core only."""
_LAST_LINES = 20
"""Lines of standard error that are kept."""

# The parent's side.


class ChildProcess:
    """A running child process of low priority. Read its messages on one thread; any thread may end it."""

    def __init__(self, module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start the process; `environment` is added to that of this process. Raises OSError if it cannot be started."""
        self._process = subprocess.Popen(
            command(module, arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            # Output of libraries may not be UTF-8.
            errors="replace",
            env={**os.environ, **environment},
            # Ctrl-C in the terminal reaches the whole group; in its own group the child is ended in order by us.
            start_new_session=True,
        )
        lower_priority(self.pid)
        self._errors: list[str] = []
        self._drain = threading.Thread(target=self._read_errors, name=f"errors of {module}", daemon=True)
        self._drain.start()

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    @property
    def last_words(self) -> str:
        """The last line on standard error that is not blank; empty if there is none."""
        return next((line for line in reversed(self._errors) if line), "")

    def messages(self) -> Iterator[dict[str, Any]]:
        """Yield the JSON objects that the process writes until it closes its output. Other lines are ignored."""
        assert self._process.stdout
        for line in self._process.stdout:
            message = json_object(line)
            if message is not None:
                yield message

    def wait(self) -> int:
        """Wait until the process has ended; return its exit code."""
        code = self._process.wait()
        self._drain.join(1.0)
        self.end()
        return code

    def end(self) -> None:
        """Close the standard input of the process, so that it ends in order."""
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def cancel(self) -> None:
        """End the process within CANCEL_SECONDS, by force if necessary. Returns at once."""
        self.end()
        threading.Timer(CANCEL_SECONDS, self._kill).start()

    def _kill(self) -> None:
        if self._process.poll() is not None:
            return
        if sys.platform == "win32":
            self._process.kill()
        else:
            # The whole group, because the process may have started others.
            os.killpg(self.pid, signal.SIGKILL)

    def _read_errors(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self._errors = [*self._errors[-_LAST_LINES:], line.strip()]


def command(module: str, arguments: Sequence[str]) -> list[str]:
    """The command line that runs a module with this Python interpreter."""
    return [sys.executable, "-m", module, *arguments]


def json_object(line: str | bytes) -> dict[str, Any] | None:
    """The JSON object in a line; None for any other line."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def lower_priority(pid: int) -> None:
    """Lower the priority of a process, so that the station keeps its share of the processor. No effect on Windows."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, NICE)


# The child's side.


def end_with_parent(begun: Path | None = None) -> None:
    """End this process and its children as soon as its standard input closes, unless that is a terminal.

    Temporary files of this process in the folder `begun` are removed first.
    """

    def watch() -> None:
        with contextlib.suppress(OSError):
            # Not through sys.stdin: the interpreter aborts at exit while a thread waits inside it.
            while os.read(0, 4096):
                pass
        if begun is not None:
            remove_begun(begun, os.getpid())
        if sys.platform != "win32" and os.getpgrp() == os.getpid():
            # ChildProcess made this process the leader of a group, which also holds its children.
            os.killpg(0, signal.SIGKILL)
        os._exit(130)

    if not sys.stdin.isatty():
        threading.Thread(target=watch, name="parent", daemon=True).start()
