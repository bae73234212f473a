"""Keeps the link to the knobs alive: opens the port, reopens it after a loss, and sends the verdict to the board."""

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
"""Seconds between attempts. A board that is plugged in again is live within 2 s: it sends a line every second."""
TICK_SECONDS = 0.25
LEAST_GAP = 0.1
"""Seconds between two verdicts, and between two change notifications: at most ten per second."""
LONGEST_GAP = 0.9
"""Seconds after which an unchanged verdict is sent again; the board forgets a verdict after 3 s."""

BoardVerdict = tuple[State, float | None, float | None]
"""Verdict, density, reconstruction error; a missing score is None."""


class KnobConnection:
    """Connects one board to a station. Runs on the station's event loop, never blocks it and never raises."""

    def __init__(
        self,
        port: str,
        verdict: Callable[[], BoardVerdict],
        changed: Callable[[], None],
        placed: Callable[[], None] = lambda: None,
        tape: TapeWriter | None = None,
    ) -> None:
        """`port` is a serial port, or `simulated`. `verdict` returns what to send to the board. `changed` is called
        after `status` has changed, at most ten times per second. `placed` is called when the button was pressed: a
        part is in place. `tape` records the received bytes."""
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
        self._reason = ""
        self._sent: BoardVerdict | None = None
        self._sent_at = float("-inf")
        self._sequence = 0
        self._shown: KnobLink = self._link.status
        self._shown_at = float("-inf")

    @property
    def status(self) -> KnobLink:
        """The current state of the link; a new object after every change."""
        return self._link.status

    async def run(self, ending: asyncio.Event) -> None:
        """Keep the link open and send verdicts until `ending` is set; then close the port."""
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
            except GoodpartError as error:
                self._link.closed(str(error))
                self._notify()
            else:
                opened_at = time.monotonic()
                self._link.opened(opened_at)
                self._sent = None
                self._notify()
                await self._gone.wait()
                self._port = None
                self._link.closed(self._reason)
                self._notify()
                if time.monotonic() - opened_at > 2.0:
                    wait = FIRST_WAIT
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)

    def _lost(self, reason: str) -> None:
        self._reason = reason
        self._gone.set()

    def _received(self, data: bytes) -> None:
        now = time.monotonic()
        if self._tape:
            self._tape.knobs(data, now)
        frames = self._link.received(data, now)
        if any(isinstance(frame, Placed) for frame in frames):  # several at once: one press, or a flood
            self._placed()
        self._notify()

    async def _tick(self) -> None:
        while True:
            self._link.tick(time.monotonic())
            self._notify()
            self.tell()
            await asyncio.sleep(TICK_SECONDS)

    def _notify(self) -> None:
        """Call `changed` if the status is new; at most ten times per second while the state stays the same."""
        status, now = self._link.status, time.monotonic()
        if status is self._shown:
            return
        if status.state == self._shown.state and now - self._shown_at < LEAST_GAP:
            return  # the next tick or the next data reports it
        self._shown, self._shown_at = status, now
        self._changed()

    def tell(self) -> None:
        """Send the verdict to the board if it has changed or the last one is nearly a second old."""
        if self._port is None:
            return
        verdict, now = self._verdict(), time.monotonic()
        since = now - self._sent_at
        if since < LEAST_GAP or (verdict == self._sent and since < LONGEST_GAP - TICK_SECONDS):
            return
        self._sent, self._sent_at = verdict, now
        self._sequence += 1
        self._port.send(f"{format_verdict(self._sequence, *verdict)}\r\n".encode("ascii"))
