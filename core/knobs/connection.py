"""Keeps the link to the knobs alive: opens the port, again and again where it must, and tells the board the verdict."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from core.errors import GoodpartError
from core.knobs.link import Link
from core.knobs.protocol import Placed, format_verdict
from core.knobs.serial_port import SerialPort, open_port
from core.state.knobs import KnobLink
from core.state.verdict import State

if TYPE_CHECKING:
    from core.tape.writer import TapeWriter

FIRST_WAIT, LONGEST_WAIT = 0.1, 0.5
"""Seconds between attempts. A board that is put back is live within 2 s: it says something once a second."""
TICK_SECONDS = 0.25
LEAST_GAP = 0.1
"""Verdicts and news of the knobs: at most ten a second."""
LONGEST_GAP = 0.9
"""The board counts a verdict for 3 s."""

BoardVerdict = tuple[State, float | None, float | None]
"""Verdict, density, reconstruction error."""


class KnobConnection:
    """Everything runs on the station's loop, nothing blocks it, nothing raises."""

    def __init__(
        self,
        port: str,
        verdict: Callable[[], BoardVerdict],
        changed: Callable[[], None],
        placed: Callable[[], None] = lambda: None,
        tape: TapeWriter | None = None,
    ) -> None:
        """`verdict` gives what to tell the board, `changed` is called after what a snapshot shows, ten times a second
        at most, `placed` when somebody has pressed the button: a part is in place; `tape`
        records what comes."""
        from core.knobs.simulated import SimulatedBoard

        self._name = port
        self._link = Link(port)
        self._verdict = verdict
        self._changed = changed
        self._placed = placed
        self._tape = tape
        self._port: SerialPort | None = None
        self._board = SimulatedBoard() if port == "simulated" else None
        self._gone = asyncio.Event()
        self._why = ""
        self._told: BoardVerdict | None = None
        self._told_at = float("-inf")
        self._sequence = 0
        self._shown: KnobLink = self._link.status
        self._shown_at = float("-inf")

    @property
    def status(self) -> KnobLink:
        return self._link.status

    async def run(self, ending: asyncio.Event) -> None:
        ticker = asyncio.create_task(self._tick())
        keeper = asyncio.create_task(self._keep())
        try:
            await ending.wait()
        finally:
            for task in (keeper, ticker):
                task.cancel()
            await asyncio.gather(keeper, ticker, return_exceptions=True)
            if self._port:
                self._port.close()
            if self._board:
                self._board.stop()

    async def _keep(self) -> None:
        wait = FIRST_WAIT
        while True:
            try:
                name = await self._board.start() if self._board else self._name
                self._gone.clear()
                self._port = await open_port(name, self._received, self._lost)
            except GoodpartError as lost:
                self._link.closed(str(lost))
                self._news()
            else:
                began = time.monotonic()
                self._link.opened(began)
                self._told = None
                self._news()
                await self._gone.wait()
                self._port = None
                self._link.closed(self._why)
                self._news()
                if time.monotonic() - began > 2.0:
                    wait = FIRST_WAIT
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)

    def _lost(self, why: str) -> None:
        self._why = why
        self._gone.set()

    def _received(self, data: bytes) -> None:
        now = time.monotonic()
        if self._tape:
            self._tape.knobs(data, now)
        frames = self._link.received(data, now)
        if any(isinstance(frame, Placed) for frame in frames):  # several at once are one press, or a flood
            self._placed()
        self._news()

    async def _tick(self) -> None:
        while True:
            self._link.tick(time.monotonic())
            self._news()
            self.tell()
            await asyncio.sleep(TICK_SECONDS)

    def _news(self) -> None:
        """Tell what changed; a flood of it ten times a second."""
        status, now = self._link.status, time.monotonic()
        if status is self._shown:
            return
        if status.state == self._shown.state and now - self._shown_at < LEAST_GAP:
            return  # the tick, or what comes next, tells it
        self._shown, self._shown_at = status, now
        self._changed()

    def tell(self) -> None:
        """Send the verdict where it has changed, or the last one is nearly a second old."""
        if self._port is None:
            return
        told, now = self._verdict(), time.monotonic()
        since = now - self._told_at
        if since < LEAST_GAP or (told == self._told and since < LONGEST_GAP - TICK_SECONDS):
            return
        self._told, self._told_at = told, now
        self._sequence += 1
        self._port.send(f"{format_verdict(self._sequence, *told)}\r\n".encode("ascii"))
