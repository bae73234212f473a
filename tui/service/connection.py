"""Limits the connections of clients: how long each may wait with a request, and how many there are."""

from __future__ import annotations

import asyncio
import math

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from tui.service.limits import CONNECTIONS, HEADER_SECONDS


class ImpatientProtocol(H11Protocol):
    """A connection that closes if a request does not arrive in time: the first one, or a later one that has begun.

    Between two requests uvicorn's keep-alive time-out applies. If there are too many connections, the one that has
    waited longest is closed, so that silent clients keep no other client out.
    """

    _patience: asyncio.TimerHandle | None = None
    """Timer that runs while the head of a request is incomplete."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer of the first request, and close another connection if there are too many."""
        super().connection_made(transport)
        self._patience = self.loop.call_later(HEADER_SECONDS, transport.close)
        # WebSockets have connections of another class; they count as well.
        opened = [one for one in self.connections if not one.transport.is_closing()]
        if len(opened) > CONNECTIONS:
            waiting = [one for one in opened if isinstance(one, ImpatientProtocol)]
            min(waiting, key=ImpatientProtocol.waits_until).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop_timer()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Handle received bytes; stop the timer after a request's head, start it when the next head begins."""
        super().handle_events()
        if self.conn.their_state is not h11.IDLE:
            self._stop_timer()  # the head is complete: from now on the time-out of the body applies
        elif self._patience is None and self.conn.trailing_data[0] and not self.transport.is_closing():
            self._patience = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def waits_until(self) -> float:
        """Return when it closes without a request, in loop.time(); infinity while a request is under way."""
        timer = self._patience or self.timeout_keep_alive_task
        return timer.when() if timer else math.inf

    def _stop_timer(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
