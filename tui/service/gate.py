"""What every request passes: whose page it comes from, how much it brings and how long it takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from tui.service.limits import ALL_BYTES, BODY_BYTES, DRAIN_SECONDS, HEADER_SECONDS, RECEIVE_SECONDS

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ImpatientProtocol(H11Protocol):
    """A connection that asks for nothing in time is closed."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(HEADER_SECONDS, self._close_if_silent)

    def _close_if_silent(self) -> None:
        # A WebSocket has taken over the transport, or a request is or was under way: then others count the time.
        if self.cycle is None and self.transport.get_protocol() is self:
            self.transport.close()


class Gate:
    """An ASGI application around another.

    Without tokens only names of this machine are answered to: a page from elsewhere may let its own name point here.
    """

    def __init__(self, app: ASGIApp, names: Collection[str] | None) -> None:
        """`names` are the names of this machine that are answered to; None for any."""
        self._app = app
        self._names = names
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        why = self._foreign(headers)
        if why:
            await self._refuse(403, why, scope, receive, send)
        elif scope["type"] == "websocket":
            await self._app(scope, receive, send)
        else:
            await self._bounded(headers, scope, receive, send)

    def _foreign(self, headers: Headers) -> str:
        host = headers.get("host", "")
        if self._names is not None and name_of(host) not in self._names:
            return f"{host or 'no host'}: this service answers to {', '.join(sorted(self._names))} alone"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return f"{origin}: a page from elsewhere may not use this service"
        return ""

    async def _refuse(self, status: int, why: str, scope: Scope, receive: Receive, send: Send) -> None:
        # A WebSocket that is not accepted is refused with 403, without words.
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await JSONResponse({"error": why}, status)(scope, receive, send)

    async def _bounded(self, headers: Headers, scope: Scope, receive: Receive, send: Send) -> None:
        claimed = headers.get("content-length", "0")
        size = int(claimed) if claimed.isdecimal() else 0
        if size > BODY_BYTES and "expect" in headers:
            # It asks before it sends.
            await self._refuse(413, too_large(), scope, receive, send)
            return
        body = Body(self, receive)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and not await body.ended():
                message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
            await send(message)

        try:
            await self._app(scope, body.receive, answer)
        finally:
            self._bytes -= body.size

    def has_room(self, more: int) -> bool:
        self._bytes += more
        return self._bytes <= ALL_BYTES


class Body:
    """A request's body as it comes, counted and timed."""

    def __init__(self, gate: Gate, receive: Receive) -> None:
        self._gate = gate
        self._receive = receive
        self._until = time.monotonic() + RECEIVE_SECONDS
        self._complete = False
        self.size = 0

    async def receive(self) -> Message:
        """Raises HTTPException where it is too large or too slow."""
        if self._complete:
            return await self._receive()  # until the client goes
        message = await self._within(self._until)
        part = len(message.get("body", b""))
        self._complete = message["type"] != "http.request" or not message.get("more_body", False)
        self.size += part
        room = self._gate.has_room(part)
        if self.size > BODY_BYTES or not room:
            raise HTTPException(
                413 if room else 429, too_large() if room else "too much is being sent: try again later"
            )
        return message

    async def _within(self, until: float) -> Message:
        try:
            return await asyncio.wait_for(self._receive(), max(0.0, until - time.monotonic()))
        except TimeoutError:
            raise HTTPException(
                408, f"the request did not come within {RECEIVE_SECONDS:.0f} s", {"Connection": "close"}
            ) from None

    async def ended(self) -> bool:
        """Whether all of it has come, now that it is answered. What still comes is thrown away for a while: a client
        that is sending would not read the answer."""
        until = time.monotonic() + DRAIN_SECONDS
        while not self._complete and time.monotonic() < until:
            try:
                message = await self._within(until)
            except HTTPException:
                break
            self._complete = not message.get("more_body", False)
        return self._complete


def too_large() -> str:
    return f"the request is larger than {BODY_BYTES // 1024 // 1024} MB"


def name_of(host: str) -> str:
    """The name in a Host header: without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def is_loopback(host: str) -> bool:
    return host in LOOPBACK or host.startswith("127.")


def sender(scope: dict[str, Any], headers: Headers) -> str:
    """Who asks, for the journal: what they call themselves, and the address that they cannot choose."""
    said = headers.get("x-goodpart-who", "").encode("latin-1", "replace").decode("utf-8", "replace")
    name = "".join(c for c in said if c.isprintable())[:60]
    client = scope.get("client")
    address = client[0] if client else "unknown address"
    return f"{name} ({address})" if name else address
