"""A pool of processes that judge files, with a queue. If a process dies or hangs, only one answer is lost."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import GoodpartError, UnreadableError
from core.runtime.child_process import ONE_THREAD, command, json_object, lower_priority

JUDGE_SECONDS = 20.0
"""Seconds that a file may take; the process is killed then."""
WAIT_SECONDS = 30.0
"""Seconds that a file waits for a free process."""
START_SECONDS = 30.0
"""Seconds that a process may take to start."""
_LINE_BYTES = 1 << 24
"""Bytes of an answer at most: five minutes of sound have 3 000 windows."""


class BusyError(GoodpartError):
    """No process became free in time."""


@dataclass(eq=False)
class JudgeWorker:
    """A process of the pool (core.inference.judge_worker)."""

    process: asyncio.subprocess.Process

    async def ask(self, job: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send a job and return the answer. Raises TimeoutError, and EOFError or OSError if the process has died."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(job).encode() + b"\n")
        await self.process.stdin.drain()
        return await self.hear(seconds)

    async def hear(self, seconds: float) -> dict[str, Any]:
        """Return the next line of the process as a JSON object. Raises TimeoutError, and EOFError if it is no such
        line."""
        assert self.process.stdout
        line = await asyncio.wait_for(self.process.stdout.readline(), seconds)
        answer = json_object(line) if line.endswith(b"\n") else None
        if answer is None:
            raise EOFError
        return answer

    def end(self) -> None:
        """Kill the process."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()


class JudgePool:
    """Processes that judge files, started when they are first needed."""

    def __init__(self, recipe: Path, amulet: Path | None = None, count: int | None = None) -> None:
        """`recipe` is its folder, `amulet` an AMULET model for sound, `count` the number of processes: by default one
        less than there are cores, 1 to 4."""
        self._arguments = [str(recipe), *([str(amulet)] if amulet else [])]
        self._count = count or max(1, min(4, (os.cpu_count() or 2) - 1))
        self._free: asyncio.Queue[JudgeWorker | None] = asyncio.Queue()
        for _ in range(self._count):
            self._free.put_nowait(None)  # a process that is not started yet
        self._all: set[JudgeWorker] = set()
        self._ended = False
        self.waiting = 0
        """Files that wait for a process."""
        self.crashed = 0
        """Processes that died or took too long."""

    async def start(self) -> None:
        """Start one process before the first file comes; do nothing if all are in use already."""
        if self._free.empty():
            return
        worker = self._free.get_nowait()
        try:
            with contextlib.suppress(GoodpartError):
                worker = worker or await self._new()
        finally:
            self._free.put_nowait(worker)

    async def judge(self, file: Path, name: str, **how: Any) -> dict[str, Any]:
        """Judge a file in a process; `how` are options of FileJudge. Return its answer.

        Raises UnreadableError if the file cannot be judged, BusyError if no process is free in time, GoodpartError if
        no file can be judged.
        """
        self.waiting += 1
        try:
            worker = await asyncio.wait_for(self._free.get(), WAIT_SECONDS)
        except TimeoutError:
            raise BusyError(f"{self.waiting} files are waiting to be judged: try again later") from None
        finally:
            self.waiting -= 1
        try:
            if worker is None or worker.process.returncode is not None:
                worker = await self._new()
            answer = await worker.ask({"file": str(file), "name": name, **how}, JUDGE_SECONDS)
        except (TimeoutError, EOFError, OSError) as error:
            self.crashed += 1
            self._drop(worker)
            worker = None
            cause = f"it took longer than {JUDGE_SECONDS:.0f} s" if isinstance(error, TimeoutError) else "it crashed"
            raise UnreadableError(f"{name}: the decoder could not read it ({cause})") from error
        except BaseException:
            # The caller was cancelled: the pending answer must not be taken for that of the next file.
            self._drop(worker)
            worker = None
            raise
        finally:
            self._free.put_nowait(worker)
        if "error" in answer:
            raise (UnreadableError if answer["unreadable"] else GoodpartError)(answer["error"])
        result: dict[str, Any] = answer["result"]
        return result

    async def _new(self) -> JudgeWorker:
        if self._ended:
            raise GoodpartError("the service is ending")
        process = await asyncio.create_subprocess_exec(
            *command("core.inference.judge_worker", self._arguments),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LINE_BYTES,
            env={**os.environ, **ONE_THREAD}, start_new_session=True,
        )  # fmt: skip
        lower_priority(process.pid)
        worker = JudgeWorker(process)
        self._all.add(worker)
        try:
            await worker.hear(START_SECONDS)
        except (TimeoutError, EOFError, OSError) as error:
            self._drop(worker)
            raise GoodpartError(
                "the process that judges files does not start: is goodpart completely installed?"
            ) from error
        return worker

    def _drop(self, worker: JudgeWorker | None) -> None:
        if worker is not None:
            self._all.discard(worker)
            worker.end()

    async def close(self) -> None:
        """Kill all processes and wait for their end."""
        self._ended = True
        for worker in self._all:
            worker.end()
        await asyncio.gather(*(worker.process.wait() for worker in self._all))
