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
    @app.websocket("/snapshots")
    async def snapshots(socket: WebSocket, changes: bool = False) -> None:
        """A snapshot a message, as GET /snapshot gives it. With `changes=1` only the first is whole, then what has
        changed; the next comes when the reader has answered the last one with any message."""
        offered = socket.scope.get("subprotocols", [])
        if service.tokens is not None and not service.tokens.allow(token_of(socket, offered), "read"):
            await socket.close(1008)
            return
        await socket.accept(PROTOCOL if PROTOCOL in offered else None)
        service.hub.viewers += 1
        try:
            await (send_changes(service.hub, socket) if changes else send_snapshots(service.hub, socket))
        except (WebSocketDisconnect, RuntimeError):  # it has gone, perhaps while it was told something
            pass
        finally:
            service.hub.viewers -= 1


def token_of(socket: WebSocket, offered: Sequence[str]) -> str:
    kind, _, token = socket.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return token
    return next((one.removeprefix("token.") for one in offered if one.startswith("token.")), "")


async def send_snapshots(hub: SnapshotHub, socket: WebSocket) -> None:
    """Whole snapshots, as fast as the reader takes them."""
    gone = asyncio.create_task(until_gone(socket))
    told = None
    try:
        while not gone.done():
            told = await hub.newer_than(told, HEARTBEAT_SECONDS)
            await socket.send_json(packed_from(hub, told))
    finally:
        gone.cancel()


def packed_from(hub: SnapshotHub, snapshot: Snapshot) -> dict[str, Any]:
    return {"goodpart": VERSION, "clock": time.monotonic(), "snapshot": hub.as_json(snapshot)}


async def until_gone(socket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await next_message(socket)


async def next_message(socket: WebSocket) -> None:
    """Until a message comes; what is in it, words or bytes, means nothing. Raises WebSocketDisconnect."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))


async def send_changes(hub: SnapshotHub, socket: WebSocket) -> None:
    """What has changed, one message at a time."""
    # Until it is known how fast the line is it counts as slow.
    teller, told, slow = SnapshotFeed(hub), None, True
    while True:
        told = await hub.newer_than(told, HEARTBEAT_SECONDS)
        text = json.dumps(teller.message(told, slow))
        await socket.send_text(text)
        began = time.monotonic()
        await next_message(socket)
        took = time.monotonic() - began
        # Once slow it stays so until the line is clearly faster: a picture would make it slow again.
        slow = took > SLOW_SECONDS or (slow and took > QUICK_SECONDS and len(text) / took < QUICK_BYTES)
