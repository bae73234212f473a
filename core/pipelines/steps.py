"""How a pipeline waits for its source and for its model."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from core.runtime.clock import Clock
from core.state.verdict import Sense

if TYPE_CHECKING:
    from core.tape.writer import TapeWriter

Sample = TypeVar("Sample", covariant=True)
Status = TypeVar("Status", covariant=True)


class SampleSource(Protocol[Sample, Status]):
    """What a camera and a microphone have in common."""

    def take(self, timeout: float) -> Sample | None: ...

    def status(self) -> Status: ...


class Steps(Protocol):
    """Everything that a step of a pipeline waits for. A replay gives what was recorded instead."""

    @property
    def busy(self) -> float:
        """Seconds since the present step began; 0 between steps."""

    def begin(self) -> None:
        """A step begins."""

    def end(self) -> None:
        """The step is over."""

    async def take(self, source: SampleSource[Sample, Status], timeout: float) -> tuple[Sample | None, Status, float]:
        """The source's next sample (None if none comes within `timeout` seconds), its status, and time.monotonic()
        then: all that a step knows of the world."""

    async def judge(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """What a model says of what was taken."""

    async def load(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Other work that takes long: read a model."""

    def close(self) -> None: ...


class ThreadedSteps:
    """Waits for the source on one thread and judges on another, so that neither holds up the loop."""

    def __init__(self, sense: Sense, clock: Clock, tape: TapeWriter | None) -> None:
        """`tape` records what is taken and judged."""
        self._sense, self._clock, self._tape = sense, clock, tape
        self._began: float | None = None
        self._waiter = ThreadPoolExecutor(1, f"{sense} waiting")
        self._worker = ThreadPoolExecutor(1, f"{sense} judging")

    @property
    def busy(self) -> float:
        return 0.0 if self._began is None else max(0.0, self._clock.now - self._began)

    def begin(self) -> None:
        self._began = time.monotonic()

    def end(self) -> None:
        self._began = None

    async def take(self, source: SampleSource[Sample, Status], timeout: float) -> tuple[Sample | None, Status, float]:
        sample = await asyncio.get_running_loop().run_in_executor(self._waiter, source.take, timeout)
        status, now = source.status(), self._clock.read()
        if self._tape:
            self._tape.took(self._sense, sample, status)  # type: ignore[arg-type]
        return sample, status, now

    async def judge(self, work: Callable[..., Any], *arguments: Any) -> Any:
        result = await self.load(work, *arguments)
        self._clock.read()
        if self._tape:
            self._tape.judged(self._sense)
        return result

    async def load(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work, *arguments)

    def close(self) -> None:
        for pool in (self._waiter, self._worker):
            pool.shutdown(wait=False)
