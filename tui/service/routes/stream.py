"""The WebSocket that streams snapshots."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from core.serialization.snapshot_json import VERSION
from core.state.snapshot import Snapshot
from tui.service.context import Service
from tui.service.limits import HEARTBEAT_SECONDS, QUICK_BYTES, QUICK_SECONDS, SLOW_SECONDS
from tui.service.snapshot_hub import SnapshotFeed, SnapshotHub

PROTOCOL = "goodpart.v1"
"""The WebSocket's subprotocol; a browser, which can set no header, offers `token.<token>` beside it."""


def add_stream(app: FastAPI, service: Service) -> None:
    """Add the WebSocket /snapshots, for the read token."""

    @app.websocket("/snapshots")
    async def snapshots(socket: WebSocket, changes: bool = False) -> None:
        """One snapshot per message, in the format of GET /snapshot. With `changes=1` only the first is complete and the
        rest have the changed fields; each follows after the reader has answered the one before with any message."""
        offered = socket.scope.get("subprotocols", [])
        if service.tokens is not None and not service.tokens.allow(token_of(socket, offered), "read"):
            await socket.close(1008)
            return
        await socket.accept(PROTOCOL if PROTOCOL in offered else None)
        service.hub.viewers += 1
        try:
            await (send_changes(service.hub, socket) if changes else send_snapshots(service.hub, socket))
        except (WebSocketDisconnect, RuntimeError):  # the reader has disconnected, perhaps during a message
            pass
        finally:
            service.hub.viewers -= 1


def token_of(socket: WebSocket, offered: Sequence[str]) -> str:
    """Return the token of the Authorization header or else of the subprotocols `offered`; "" if there is none."""
    scheme, _, token = socket.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token
    return next((name.removeprefix("token.") for name in offered if name.startswith("token.")), "")


async def send_snapshots(hub: SnapshotHub, socket: WebSocket) -> None:
    """Send complete snapshots as fast as the reader takes them, until it disconnects."""
    gone = asyncio.create_task(until_gone(socket))
    sent = None
    try:
        while not gone.done():
            sent = await hub.newer_than(sent, HEARTBEAT_SECONDS)
            await socket.send_json(packed_from(hub, sent))
    finally:
        gone.cancel()


def packed_from(hub: SnapshotHub, snapshot: Snapshot) -> dict[str, Any]:
    """Return the message of a complete snapshot, from the JSON that the hub caches."""
    return {"goodpart": VERSION, "clock": time.monotonic(), "snapshot": hub.as_json(snapshot)}


async def until_gone(socket: WebSocket) -> None:
    """Return when the reader has disconnected; ignore its messages."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await next_message(socket)


async def next_message(socket: WebSocket) -> None:
    """Wait for a message; its content is ignored. Raises WebSocketDisconnect if the reader has disconnected."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))


async def send_changes(hub: SnapshotHub, socket: WebSocket) -> None:
    """Send changes, one message at a time; the next follows after the reader's answer. Raises WebSocketDisconnect."""
    # A line counts as slow until its speed is measured.
    feed, sent, slow = SnapshotFeed(hub), None, True
    while True:
        sent = await hub.newer_than(sent, HEARTBEAT_SECONDS)
        text = json.dumps(feed.message(sent, slow))
        await socket.send_text(text)
        began = time.monotonic()
        await next_message(socket)
        took = time.monotonic() - began
        # A slow line stays slow until it is clearly faster; otherwise the next picture would make it slow again.
        slow = took > SLOW_SECONDS or (slow and took > QUICK_SECONDS and len(text) / took < QUICK_BYTES)
