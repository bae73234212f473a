"""Runs goodpart serve: starts the station and the web server, and stops both."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from core.errors import GoodpartError
from core.inference.judge_pool import JudgePool
from core.recipes.recipe import Recipe
from core.state.snapshot import Snapshot
from core.station.station import Station
from tui.service.app import make_app
from tui.service.connection import ImpatientProtocol
from tui.service.context import Service
from tui.service.limits import BACKLOG, READ_SECONDS, STOP_SECONDS, VIEWER_BUFFER
from tui.service.liveness import Liveness
from tui.service.metrics import Metrics
from tui.service.request_gate import LOOPBACK, RequestGate, is_loopback
from tui.service.snapshot_hub import SnapshotHub
from tui.service.systemd import SystemdNotifier
from tui.service.tokens import Tokens


def serve(
    recipe: Recipe, station: Station, host: str, port: int, tokens: Tokens | None, amulet: Path | None = None
) -> int:
    """Serve until SIGTERM or Ctrl-C; return the exit code. Raises GoodpartError if it cannot listen at the address."""
    hub, pulse, notifier = SnapshotHub(station.snapshot()), Liveness(), SystemdNotifier()
    workers = JudgePool(recipe.folder, amulet)
    service = Service(recipe, station, hub, pulse, workers, Metrics(hub, workers), tokens)

    try:
        listening = listen(host, port)
    except GoodpartError:
        station.stop()
        raise
    port = listening.getsockname()[1]
    gate = RequestGate(make_app(service), {*LOOPBACK, host.lower()} if tokens is None else None)
    log_in_lines()
    server = Server(uvicorn_config(gate), station, notifier)
    station.subscribe(snapshot_receiver(station, pulse, hub, notifier))
    station.start()
    try:
        shown = f"[{host}]" if ":" in host else host
        print(f"{recipe.name}: http://{shown}:{port}/ (calls: /docs); Ctrl-C ends it", flush=True)
        server.run(sockets=[listening])
    finally:
        station.stop(STOP_SECONDS)
        listening.close()
    return 130 if server.by == signal.SIGINT else 0


def snapshot_receiver(
    station: Station, pulse: Liveness, hub: SnapshotHub, notifier: SystemdNotifier
) -> Callable[[Snapshot], None]:
    """Return the function that gets every snapshot, on the station's thread.

    While one sense hangs, the others still publish snapshots, but the watchdog is not fed: only a restart helps.
    """

    def put(snapshot: Snapshot) -> None:
        pulse.put(snapshot)
        hub.put(snapshot)
        if not station.hung:
            notifier.alive()

    return put


def uvicorn_config(gate: RequestGate) -> uvicorn.Config:
    """Return the server's configuration."""
    # Not uvicorn's limit_concurrency: it answers 503, in plain text, to /health as well.
    return uvicorn.Config(
        gate,
        http=ImpatientProtocol,
        ws="websockets-sansio",
        ws_max_size=1 << 20,
        backlog=BACKLOG,
        timeout_graceful_shutdown=1,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
    )


class Server(uvicorn.Server):
    """Notifies systemd when it is ready, and stops the station together with the connections."""

    def __init__(self, config: uvicorn.Config, station: Station, notifier: SystemdNotifier) -> None:
        super().__init__(config)
        self._station = station
        self._notifier = notifier
        self.by = 0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen and notify systemd."""
        await super().startup(sockets)
        self._notifier.tell("READY=1")

    def handle_exit(self, sig: int, _frame: FrameType | None) -> None:
        """Stop the station and the server after SIGTERM or Ctrl-C."""
        if not self.by:
            self._notifier.tell("STOPPING=1")
            # Closing the journal and the devices takes a while; the connections close meanwhile.
            threading.Thread(target=self._station.stop, args=(STOP_SECONDS,), daemon=True).start()
        self.by = sig
        self.should_exit = True

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal arrives."""
        # uvicorn's run raises the signal again at its end, which would end this process before the station has stopped.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.handle_exit)
        with suppress(KeyboardInterrupt):
            asyncio.run(self._serve(sockets))


def listen(host: str, port: int) -> socket.socket:
    """Return a bound socket for the server (port 0: any free one). Raises GoodpartError if that fails."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        if sys.platform != "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit these.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, VIEWER_BUFFER)
        if sys.platform == "linux":
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(READ_SECONDS * 1000))
        listening.bind(address)
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise GoodpartError(
            f"{host}, port {port}: the service cannot listen there ({why}): give another --port"
        ) from error
    return listening


def checked_host(host: str, tokens: Tokens | None) -> None:
    """Raise GoodpartError if other machines could reach a service that asks for no token."""
    if tokens is None and not is_loopback(host):
        raise GoodpartError(
            f"{host} can be reached from other machines: give --token-file FILE (made if missing), or leave --host out"
        )


class OneLineFormatter(logging.Formatter):
    """Formats an exception in one line: its type, message and place."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """Return the line for `ei`, as sys.exc_info() gives it."""
        _, error, trace = ei
        frames = traceback.extract_tb(trace)
        where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
        return f"{type(error).__name__}: {error}{where}"


def log_in_lines() -> None:
    """Print warnings and errors on stderr, each in one line."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLineFormatter("goodpart: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # uvicorn warns of every mistake of a client, and logs invalid UTF-8 from a client as an error of the server.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    logging.getLogger("uvicorn.error").addFilter(is_own_error)


def is_own_error(record: logging.LogRecord) -> bool:
    """Return whether a log record is an error of the server, not of a client."""
    return not (record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError))
