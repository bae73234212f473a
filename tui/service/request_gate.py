"""Checks every request: the page that it comes from, its size and its duration."""

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
"""Headers of an answer 429."""


class RequestGate:
    """An ASGI application around another, which refuses foreign, too large and too slow requests.

    Without tokens it answers only requests to names of this machine: a foreign page may let its own name point here.
    """

    def __init__(self, app: ASGIApp, names: Collection[str] | None) -> None:
        """`names` are the host names that requests may use; None for any."""
        self._app = app
        self._names = names
        self._bytes = 0
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, then pass it on or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        self._under_way += 1
        try:
            await self._answer(Headers(scope=scope), scope, receive, send)
        finally:
            self._under_way -= 1

    async def _answer(self, headers: Headers, scope: Scope, receive: Receive, send: Send) -> None:
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
            return f"{host or 'no host'}: this service answers only to {', '.join(sorted(self._names))}"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return f"{origin}: pages of other sites may not use this service"
        return ""

    async def _bounded(self, headers: Headers, scope: Scope, receive: Receive, send: Send) -> None:
        claimed = headers.get("content-length", "0")
        size = int(claimed) if claimed.isdecimal() else 0
        if size > BODY_BYTES and "expect" in headers:
            # The client waits for permission before it sends the body.
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
        """Count `more` received bytes; return whether all requests together are within their limit."""
        self._bytes += more
        return self._bytes <= ALL_BYTES


class Body:
    """Receives a request's body and limits its size and time."""

    def __init__(self, gate: RequestGate, receive: Receive) -> None:
        self._gate = gate
        self._receive = receive
        self._until = time.monotonic() + RECEIVE_SECONDS
        self._complete = False
        self.size = 0

    async def receive(self) -> Message:
        """Return the next ASGI message. Raises HTTPException if the body is too large or too slow."""
        if self._complete:
            return await self._receive()  # waits until the client disconnects
        message = await self._within(self._until)
        part = len(message.get("body", b""))
        self._complete = message["type"] != "http.request" or not message.get("more_body", False)
        self.size += part
        has_room = self._gate.has_room(part)
        if self.size > BODY_BYTES or not has_room:
            if has_room:
                raise HTTPException(413, too_large())
            raise HTTPException(429, "too much is being sent: try again later", LATER)
        return message

    async def _within(self, until: float) -> Message:
        try:
            return await asyncio.wait_for(self._receive(), max(0.0, until - time.monotonic()))
        except TimeoutError:
            raise HTTPException(
                408, f"the request did not arrive within {RECEIVE_SECONDS:.0f} s", {"Connection": "close"}
            ) from None

    async def ended(self) -> bool:
        """Return whether the whole body has arrived, when the answer begins.

        The rest of the body is read and discarded for a while: a client that is sending does not read the answer.
        """
        until = time.monotonic() + DRAIN_SECONDS
        while not self._complete and time.monotonic() < until:
            try:
                message = await self._within(until)
            except HTTPException:
                break
            self._complete = not message.get("more_body", False)
        return self._complete


async def refuse(status: int, why: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with an error, also instead of opening a WebSocket."""
    await JSONResponse({"error": why}, status, LATER if status == 429 else None)(scope, receive, send)


def too_large() -> str:
    """Return the error text of a request that is too large."""
    return f"the request is larger than {BODY_BYTES // 1024 // 1024} MB"


def name_of(host: str) -> str:
    """Return the name in a Host header, without port and brackets, in lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address; the only name that counts is localhost."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def sender(scope: dict[str, Any], headers: Headers) -> str:
    """Return the sender for the journal: the name that the client gives, and its address, which it cannot choose."""
    given = headers.get("x-goodpart-who", "").encode("latin-1", "replace").decode("utf-8", "replace")
    name = "".join(c for c in given if c.isprintable())[:60]
    client = scope.get("client")
    address = client[0] if client else "unknown address"
    return f"{name} ({address})" if name else address
