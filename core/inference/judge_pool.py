"""Processes that judge files, and the queue before them. A process that dies or hangs costs one answer."""

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
"""For one file; the process is ended then."""
WAIT_SECONDS = 30.0
"""For a process to be free."""
START_SECONDS = 30.0
_LINE_BYTES = 1 << 24
"""Of an answer: five minutes of sound have 3 000 windows."""


class BusyError(GoodpartError):
    """Nobody was free in time."""


@dataclass(eq=False)
class JudgeWorker:
    process: asyncio.subprocess.Process

    async def ask(self, job: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Raises TimeoutError, and EOFError or OSError when it has died."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(job).encode() + b"\n")
        await self.process.stdin.drain()
        return await self.hear(seconds)

    async def hear(self, seconds: float) -> dict[str, Any]:
        assert self.process.stdout
        line = await asyncio.wait_for(self.process.stdout.readline(), seconds)
        said = json_object(line) if line.endswith(b"\n") else None
        if said is None:
            raise EOFError
        return said

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()


class JudgePool:
    """As many processes as there are cores to spare, started when they are first needed."""

    def __init__(self, recipe: Path, amulet: Path | None = None, count: int | None = None) -> None:
        self._arguments = [str(recipe), *([str(amulet)] if amulet else [])]
        self._count = count or max(1, min(4, (os.cpu_count() or 2) - 1))
        self._free: asyncio.Queue[JudgeWorker | None] = asyncio.Queue()
        for _ in range(self._count):
            self._free.put_nowait(None)  # to be started
        self._all: set[JudgeWorker] = set()
        self._ended = False
        self.waiting = 0
        self.crashed = 0

    async def start(self) -> None:
        """One that is ready before the first file comes, unless one has come already."""
        if self._free.empty():
            return
        worker = self._free.get_nowait()
        try:
            with contextlib.suppress(GoodpartError):
                worker = worker or await self._new()
        finally:
            self._free.put_nowait(worker)

    async def judge(self, file: Path, name: str, **how: Any) -> dict[str, Any]:
        """What FileJudge says of a file. Raises UnreadableError if the file cannot be judged, BusyError if no process
        is free in time, GoodpartError if no file can be judged."""
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
            said = await worker.ask({"file": str(file), "name": name, **how}, JUDGE_SECONDS)
        except (TimeoutError, EOFError, OSError) as error:
            self.crashed += 1
            self._drop(worker)
            worker = None
            why = f"it took longer than {JUDGE_SECONDS:.0f} s" if isinstance(error, TimeoutError) else "it crashed"
            raise UnreadableError(f"{name}: the decoder could not read it ({why})") from error
        except BaseException:
            # Whoever asked has gone; the answer that is under way must not be taken for that of the next file.
            self._drop(worker)
            worker = None
            raise
        finally:
            self._free.put_nowait(worker)
        if "error" in said:
            raise (UnreadableError if said["unreadable"] else GoodpartError)(said["error"])
        result: dict[str, Any] = said["result"]
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
            raise GoodpartError("the process that judges files does not start: is goodpart installed whole?") from error
        return worker

    def _drop(self, worker: JudgeWorker | None) -> None:
        if worker is not None:
            self._all.discard(worker)
            worker.end()

    async def close(self) -> None:
        self._ended = True
        for worker in self._all:
            worker.end()
        await asyncio.gather(*(worker.process.wait() for worker in self._all))
