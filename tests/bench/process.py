"""What a process uses, from /proc. (ru_maxrss will not do: a child begins with that of its parent.)"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path


def cpu_seconds(pid: int | str = "self") -> float:
    """Of all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_megabytes(pid: int | str = "self") -> float:
    """The largest resident memory so far; 0 for a process that has just ended."""
    return _status(pid, "VmHWM")


def megabytes(pid: int | str = "self") -> float:
    """The resident memory now; 0 for a process that has just ended."""
    return _status(pid, "VmRSS")


def _status(pid: int | str, name: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith(name)), 0) / 1024


def run_measured(command: list[str]) -> tuple[float, float]:
    """Seconds and the largest resident memory (MB) of a command. Raises CalledProcessError."""
    began = time.monotonic()
    peak = 0.0
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
        while child.poll() is None:
            peak = max(peak, peak_megabytes(child.pid))
            time.sleep(0.05)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return time.monotonic() - began, peak
