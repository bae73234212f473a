"""A connection of a client: how long it may take to ask for something, and how many there are."""

from __future__ import annotations

import asyncio
import math

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from tui.service.limits import CONNECTIONS, HEADER_SECONDS


class ImpatientProtocol(H11Protocol):
    """Closed when a request does not come in time: the first one, or a later one that has begun. Between two requests
    uvicorn's own time for keeping it alive runs.

    Where there are too many the one that has waited longest makes room, so that silent ones keep nobody out.
    """

    _patience: asyncio.TimerHandle | None = None
    """Runs while the head of a request is not complete."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._patience = self.loop.call_later(HEADER_SECONDS, transport.close)
        # Those that a WebSocket has taken over are of another class; they count all the same.
        there = [one for one in self.connections if not one.transport.is_closing()]
        if len(there) > CONNECTIONS:
            waiting = [one for one in there if isinstance(one, ImpatientProtocol)]
            min(waiting, key=ImpatientProtocol.waits_until).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._be_patient()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        super().handle_events()
        if self.conn.their_state is not h11.IDLE:
            self._be_patient()  # a whole head is there: from now on the body's time counts
        elif self._patience is None and self.conn.trailing_data[0] and not self.transport.is_closing():
            self._patience = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def waits_until(self) -> float:
        """When it will be closed if it asks for nothing (loop.time()); never while a request is under way."""
        timer = self._patience or self.timeout_keep_alive_task
        return timer.when() if timer else math.inf

    def _be_patient(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
