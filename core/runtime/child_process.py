"""A Python module in a process of its own: what the parent does with it, and what the child owes to its parent.

The child tells lines of JSON on its standard output. It ends when its standard input closes: the parent has closed it,
or is no more.
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
"""For an end in order; the process is killed then."""
NICE = 10
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""In the environment of a child: numerical libraries take one core only."""
_LAST_LINES = 20

# The parent's side.


class ChildProcess:
    """A running child of low priority. One thread reads what it tells; any thread may end it."""

    def __init__(self, module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        """`environment` is added to that of this process. Raises OSError if no process can be started."""
        self._process = subprocess.Popen(
            command(module, arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            # Libraries write what they like.
            errors="replace",
            env={**os.environ, **environment},
            # Ctrl-C in the terminal reaches the whole group: the child is ended by us, in order.
            start_new_session=True,
        )
        lower_priority(self.pid)
        self._errors: list[str] = []
        self._drain = threading.Thread(target=self._read_errors, name=f"errors of {module}", daemon=True)
        self._drain.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def last_words(self) -> str:
        """The last line on standard error that is not blank; empty if there is none."""
        return next((line for line in reversed(self._errors) if line), "")

    def messages(self) -> Iterator[dict[str, Any]]:
        """What it tells, until it closes its output. Lines that are no JSON object are passed over."""
        assert self._process.stdout
        for line in self._process.stdout:
            said = json_object(line)
            if said is not None:
                yield said

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        code = self._process.wait()
        self._drain.join(1.0)
        self.end()
        return code

    def end(self) -> None:
        """Let it end in order: its standard input is closed."""
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def cancel(self) -> None:
        """End it within a second, by force if it does not listen."""
        self.end()
        threading.Timer(CANCEL_SECONDS, self._kill).start()

    def _kill(self) -> None:
        if self._process.poll() is not None:
            return
        if sys.platform == "win32":
            self._process.kill()
        else:
            # With what it has started itself: it leads a group of its own.
            os.killpg(self.pid, signal.SIGKILL)

    def _read_errors(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self._errors = [*self._errors[-_LAST_LINES:], line.strip()]


def command(module: str, arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def json_object(line: str | bytes) -> dict[str, Any] | None:
    """The JSON object in a line; None for any other line."""
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def lower_priority(pid: int) -> None:
    """Let the bench go before this process."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, NICE)


# The child's side.


def end_with_parent(begun: Path | None = None) -> None:
    """From now on this process ends at once when its standard input closes, unless that is a terminal. Files that were
    begun in the folder `begun` are removed, and the process takes its own children with it."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            # Not through sys.stdin: a thread that waits inside it makes the interpreter abort at its end.
            while os.read(0, 4096):
                pass
        if begun is not None:
            remove_begun(begun, os.getpid())
        if sys.platform != "win32" and os.getpgrp() == os.getpid():
            # Started as ChildProcess starts it: its children are in its group.
            os.killpg(0, signal.SIGKILL)
        os._exit(130)

    if not sys.stdin.isatty():
        threading.Thread(target=watch, name="parent", daemon=True).start()
