"""A simulated board behind a pseudo-terminal: the firmware's own logic if there is a C++ compiler, else its Python
twin."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from core.knobs.serial_port import PortLost
from core.runtime.atomic_files import replacing

FIRMWARE = Path(__file__).parents[2] / "firmware"
"""Next to the packages in a checkout; an installed goodpart has only the Python twin."""


def sources() -> list[Path]:
    """The files that the simulated board is compiled from; empty if the firmware is missing."""
    library = sorted((FIRMWARE / "lib" / "benchlink" / "src").glob("*.cpp"))
    own = [FIRMWARE / "host" / "board.cpp", FIRMWARE / "test" / "noise.cpp"]
    return [*own, *library] if library and all(path.exists() for path in own) else []


def compiled_board(cache: Path) -> Path | None:
    """The board's program, compiled once per version of the sources; None if it cannot be compiled."""
    files, compiler = sources(), shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if not files or not compiler:
        return None
    headers = sorted((FIRMWARE / "lib" / "benchlink" / "src").glob("*.h"))
    key = hashlib.sha256(b"".join(path.read_bytes() for path in files + headers)).hexdigest()[:16]
    program = cache / f"board-{key}"
    if program.exists():
        return program
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with replacing(program) as made:
            include = ["-I", str(FIRMWARE / "lib" / "benchlink" / "src"), "-I", str(FIRMWARE / "test")]
            command = [compiler, "-std=c++17", "-O2", *include, "-o", str(made), *map(str, files)]
            subprocess.run(command, capture_output=True, timeout=120, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return program


def command_of_board(cache: Path | None = None) -> list[str]:
    """The command that simulates a board; its options are described in firmware/host/board.cpp."""
    from core.features.image.backbone import cache_folder

    program = compiled_board(cache or cache_folder() / "boards")
    return [str(program)] if program else [sys.executable, "-m", "core.knobs.firmware_twin"]


class SimulatedBoard:
    """The process of a simulated board; it ends when this process ends."""

    def __init__(self, command: list[str] | None = None, *options: str) -> None:
        self._command = command
        self._options = options or ("--play",)
        self._process: subprocess.Popen[bytes] | None = None
        self.port = ""

    async def start(self) -> str:
        """Start the board unless it runs, without blocking the loop; returns its port. Raises PortLost."""
        if self._process and self._process.poll() is None:
            return self.port
        return await asyncio.get_running_loop().run_in_executor(None, self.start_now)

    def start_now(self) -> str:
        """Start a board and wait until its port is open; returns the port. Raises PortLost."""
        if os.name != "posix":
            raise PortLost("this system has no simulated knobs: give a real port")
        try:
            command = self._command or command_of_board()
            self._process = subprocess.Popen(
                [*command, *self._options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd=Path(__file__).parents[2],
            )
            assert self._process.stdout is not None
            label, _, self.port = self._process.stdout.readline().decode().strip().partition(" ")
        except OSError as error:
            raise PortLost(f"the simulated board cannot be started ({error})") from error
        if label != "port":
            raise PortLost("the simulated board does not start")
        return self.port

    def stop(self) -> None:
        """End the process. May be called twice."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait(2.0)
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()
        self._process = None
