"""Small real outputs, to a file and to a TCP peer, and one that misbehaves as the test decides."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import pytest

from core.outputs.registry import FACTORIES
from core.serialization.verdict_json import as_json
from core.settings.output_tables import OUTPUT_TABLES
from core.settings.schema import between, setting
from core.state.journal_event import JournalEvent
from core.state.snapshot import Snapshot


@dataclass(frozen=True)
class LinesTable:
    """The settings of LinesOutput."""

    file: str = setting("lines.json", "a line per verdict and event; a path from the recipe's folder")


@dataclass(frozen=True)
class TcpTable:
    """The settings of TcpOutput."""

    port: int = setting(4711, "of the peer, on this machine", between(1, 65535))
    timeout: float = setting(0.2, "seconds that a peer may take", between(0.01, 60))


@dataclass(frozen=True)
class OddTable:
    """The settings of OddOutput."""

    seconds: float = setting(0.0, "that each call takes", between(0, 60))
    fails: bool = setting(False, "each call raises what no peer can be blamed for")


class LinesOutput:
    """Appends verdicts and events to a file, one JSON object per line."""

    def __init__(self, table: LinesTable, folder: Path) -> None:
        self._place = folder / table.file
        self._file: TextIO | None = None

    def start(self) -> None:
        """Open the file."""
        self._file = self._place.open("a", encoding="utf-8")

    def publish(self, snapshot: Snapshot) -> None:
        """Append the snapshot's verdict."""
        self._write({"snapshot": snapshot.number, **as_json(snapshot)})

    def event(self, event: JournalEvent) -> None:
        """Append the event."""
        self._write(event_line(event))

    def stop(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        assert self._file is not None
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()


class TcpOutput:
    """Sends the same lines to a peer that listens on this machine."""

    def __init__(self, table: TcpTable, _folder: Path) -> None:
        self._table = table
        self._peer: socket.socket | None = None

    def start(self) -> None:
        """Connect to the peer. Raises OSError."""
        self._peer = socket.create_connection(("127.0.0.1", self._table.port), self._table.timeout)

    def publish(self, snapshot: Snapshot) -> None:
        """Send the snapshot's verdict. Raises OSError."""
        self._send({"snapshot": snapshot.number, **as_json(snapshot)})

    def event(self, event: JournalEvent) -> None:
        """Send the event. Raises OSError."""
        self._send(event_line(event))

    def stop(self) -> None:
        """Close the connection."""
        if self._peer is not None:
            self._peer.close()

    def _send(self, line: dict[str, Any]) -> None:
        assert self._peer is not None
        self._peer.sendall((json.dumps(line) + "\n").encode())


class OddOutput:
    """Is slow or raises, as its settings say."""

    def __init__(self, table: OddTable, _folder: Path) -> None:
        self._table = table

    def start(self) -> None:
        """Do nothing."""

    def publish(self, _snapshot: Snapshot) -> None:
        """Wait, then raise if the settings ask for it."""
        self._take_time()

    def event(self, _event: JournalEvent) -> None:
        """Wait, then raise if the settings ask for it."""
        self._take_time()

    def stop(self) -> None:
        """Do nothing."""

    def _take_time(self) -> None:
        time.sleep(self._table.seconds)
        if self._table.fails:
            raise RuntimeError("out of order")


class Peer:
    """Listens on a port of this machine and keeps the lines that come; one that is `deaf` accepts and reads nothing."""

    def __init__(self, port: int = 0, *, deaf: bool = False) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self.lines: list[dict[str, Any]] = []
        self._connections: list[socket.socket] = []
        threading.Thread(target=self._accept, args=(deaf,), daemon=True).start()

    def _accept(self, deaf: bool) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            if not deaf:
                threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection: socket.socket) -> None:
        with connection, connection.makefile(encoding="utf-8") as lines:
            for line in lines:
                self.lines.append(json.loads(line))

    def events(self) -> list[str]:
        """Return the reasons of the events received so far."""
        return [line["reason"] for line in self.lines if "kind" in line]

    def close(self) -> None:
        """Close the port and all connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            connection.close()


def free_port() -> int:
    """Return a TCP port on this machine that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def event_line(event: JournalEvent) -> dict[str, Any]:
    """Return an event as the JSON object that the outputs in this file send."""
    return {"at": event.at, "kind": event.kind, "verdict": event.verdict, "reason": event.reason, "data": event.data}


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the outputs of this file as a product would: a settings class and a row for each."""
    outputs: dict[str, tuple[type[Any], Callable[..., Any]]] = {
        "lines": (LinesTable, LinesOutput),
        "tcp": (TcpTable, TcpOutput),
        "odd": (OddTable, OddOutput),
    }
    for name, (table, output) in outputs.items():
        monkeypatch.setitem(OUTPUT_TABLES, name, table)
        monkeypatch.setitem(FACTORIES, name, f"{output.__module__}:{output.__name__}")
