"""Waiting for a source and for a model, in a pipeline."""

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
    """The common part of cameras and microphones."""

    def take(self, timeout: float) -> Sample | None:
        """Return the next sample; None if `timeout` seconds pass without one."""

    def status(self) -> Status:
        """Return the present status of the device."""


class Steps(Protocol):
    """Everything that a step of a pipeline waits for. A replay returns recorded samples instead."""

    @property
    def busy(self) -> float:
        """Seconds since the present step began; 0 between steps."""

    def begin(self) -> None:
        """Mark the begin of a step."""

    def end(self) -> None:
        """Mark the end of the step."""

    async def take(self, source: SampleSource[Sample, Status], timeout: float) -> tuple[Sample | None, Status, float]:
        """Return the source's next sample (None if `timeout` seconds pass without one), its status, and
        time.monotonic() at that moment. A step has no other input."""

    async def judge(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run `work`, which judges a sample with a model, and return its result."""

    async def load(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run other long work, such as reading a model, and return its result."""

    def close(self) -> None:
        """Release the threads; work that runs is not waited for."""


class ThreadedSteps:
    """Waits for the source on one thread and judges on another, so that neither blocks the loop."""

    def __init__(self, sense: Sense, clock: Clock, tape: TapeWriter | None) -> None:
        """`tape` records what is taken and judged."""
        self._sense, self._clock, self._tape = sense, clock, tape
        self._began: float | None = None
        self._waiter = ThreadPoolExecutor(1, f"{sense} waiting")
        self._worker = ThreadPoolExecutor(1, f"{sense} judging")

    @property
    def busy(self) -> float:
        """Seconds since the present step began; 0 between steps."""
        return 0.0 if self._began is None else max(0.0, self._clock.now - self._began)

    def begin(self) -> None:
        """Record the begin of a step."""
        self._began = time.monotonic()

    def end(self) -> None:
        """Record the end of the step."""
        self._began = None

    async def take(self, source: SampleSource[Sample, Status], timeout: float) -> tuple[Sample | None, Status, float]:
        """Take on the waiting thread, and record the sample on the tape."""
        sample = await asyncio.get_running_loop().run_in_executor(self._waiter, source.take, timeout)
        status, now = source.status(), self._clock.read()
        if self._tape:
            self._tape.took(self._sense, sample, status)  # type: ignore[arg-type]
        return sample, status, now

    async def judge(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Judge on the judging thread, and record on the tape that the judgement came."""
        result = await self.load(work, *arguments)
        self._clock.read()
        if self._tape:
            self._tape.judged(self._sense)
        return result

    async def load(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run `work` on the judging thread and return its result."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, work, *arguments)

    def close(self) -> None:
        """Release both threads; work that runs is not waited for."""
        for pool in (self._waiter, self._worker):
            pool.shutdown(wait=False)
