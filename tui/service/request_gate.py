"""What every request passes: whose page it comes from, how much it brings and how long it takes."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tui.service.limits import ALL_BYTES, BODY_BYTES, DRAIN_SECONDS, RECEIVE_SECONDS, REQUESTS

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
LATER = {"Retry-After": "5"}
"""What goes with a 429."""


class RequestGate:
    """An ASGI application around another.

    Without tokens only names of this machine are answered to: a page from elsewhere may let its own name point here.
    """

    def __init__(self, app: ASGIApp, names: Collection[str] | None) -> None:
        """`names` are the names of this machine that are answered to; None for any."""
        self._app = app
        self._names = names
        self._bytes = 0
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        self._under_way += 1
        try:
            await self._let_in(Headers(scope=scope), scope, receive, send)
        finally:
            self._under_way -= 1

    async def _let_in(self, headers: Headers, scope: Scope, receive: Receive, send: Send) -> None:
        why = self._foreign(headers)
        if why:
            await refuse(403, why, scope, receive, send)
        elif self._under_way > REQUESTS and scope["path"] != "/health":
            await refuse(429, f"{REQUESTS} requests are under way: try again later", scope, receive, send)
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

    async def _bounded(self, headers: Headers, scope: Scope, receive: Receive, send: Send) -> None:
        claimed = headers.get("content-length", "0")
        size = int(claimed) if claimed.isdecimal() else 0
        if size > BODY_BYTES and "expect" in headers:
            # It asks before it sends.
            await refuse(413, too_large(), scope, receive, send)
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

    def __init__(self, gate: RequestGate, receive: Receive) -> None:
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
            if room:
                raise HTTPException(413, too_large())
            raise HTTPException(429, "too much is being sent: try again later", LATER)
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


async def refuse(status: int, why: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Of a WebSocket it is the answer instead of its opening."""
    await JSONResponse({"error": why}, status, LATER if status == 429 else None)(scope, receive, send)


def too_large() -> str:
    return f"the request is larger than {BODY_BYTES // 1024 // 1024} MB"


def name_of(host: str) -> str:
    """The name in a Host header: without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone; of names only localhost is known to be."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def sender(scope: dict[str, Any], headers: Headers) -> str:
    """Who asks, for the journal: what they call themselves, and the address that they cannot choose."""
    said = headers.get("x-goodpart-who", "").encode("latin-1", "replace").decode("utf-8", "replace")
    name = "".join(c for c in said if c.isprintable())[:60]
    client = scope.get("client")
    address = client[0] if client else "unknown address"
    return f"{name} ({address})" if name else address
