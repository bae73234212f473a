"""A station on another machine: receives snapshots over a WebSocket, sends commands as POST. Opens no device."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from core.commands import Command
from core.errors import GoodpartError
from core.state.sense import SenseState
from core.state.snapshot import Snapshot
from core.state.verdict import Verdict
from tui.service.client import ServiceClient, status_words, token_in

SILENT_SECONDS = 1.7
"""Seconds without a message after which the connection counts as lost; the service sends two per second."""
FIRST_SECONDS = 10.0
"""Seconds to wait for the first snapshot, which is complete and therefore slow on a slow line."""
AGAIN_SECONDS = 0.5
"""Seconds between two attempts to connect."""
FAULT_SECONDS = 15.0
"""Seconds for which a refused command is shown."""
NO_NEWS = "no news from the service"
S = TypeVar("S", bound=SenseState)


class RemoteStation:
    """A core.station.interface.StationInterface. While the service does not answer, the verdict is UNKNOWN and its
    reason begins with LOST."""

    def __init__(self, url: str, token: str = "", who: str | None = None) -> None:
        """`who` is the sender named in the journal. Raises GoodpartError if the address is invalid."""
        self.client = ServiceClient(url, token, who)
        self._subscribers: tuple[Callable[[Snapshot], None], ...] = ()
        self._commands: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._ending = threading.Event()
        self._lost_since = time.monotonic()
        self._fault = ("", float("-inf"))
        self._closing: Callable[[], None] | None = None
        self._listener = threading.Thread(target=self._listen, name="attached", daemon=True)
        self._sender = threading.Thread(target=self._send_all, name="commands", daemon=True)
        self.refused: GoodpartError | None = None
        """Why this machine cannot connect (a package is missing); None if it can."""
        starting = Verdict("UNKNOWN", f"asking {self.client.address}")
        self._snapshot = Snapshot(0, time.time(), self.client.address, starting)

    # The interface of a station.

    def start(self) -> None:
        """Begin to connect."""
        self._listener.start()
        self._sender.start()

    def stop(self, timeout: float = 2.0) -> None:
        """Disconnect; the station continues."""
        self._ending.set()
        self._commands.put(None)
        if self._closing:
            self._closing()
        for thread in (self._sender, self._listener):
            if thread.is_alive():
                thread.join(timeout / 2)

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Call `callback` with every snapshot; returns the function that ends it."""
        self._subscribers = (*self._subscribers, callback)

        def end() -> None:
            self._subscribers = tuple(other for other in self._subscribers if other is not callback)

        return end

    def snapshot(self) -> Snapshot:
        """Return the newest snapshot; one without data before the first."""
        return self._snapshot

    def do(self, command: Command) -> None:
        """Queue the command; a refusal appears as `fault` of the snapshots."""
        self._commands.put(command)

    # Snapshots.

    def _listen(self) -> None:
        try:
            from websockets.exceptions import InvalidStatus, WebSocketException
            from websockets.sync.client import connect
        except ModuleNotFoundError:
            self._refuse("attaching needs the package websockets: pip install 'goodpart[serve]'")
            return
        url = self.client.url
        scheme = "wss" if url.scheme == "https" else "ws"
        address = url._replace(scheme=scheme, path=url.path.rstrip("/") + "/snapshots", query="changes=1")
        while not self._ending.is_set():
            try:
                with connect(
                    address.geturl(), additional_headers=self.client.headers, open_timeout=1.2,
                    close_timeout=0.2, max_size=1 << 24, proxy=None,
                ) as line:  # fmt: skip
                    self._closing = line.close
                    self._follow(line)
            except InvalidStatus as error:
                self._lost(status_words(error.response.status_code))
            except TimeoutError:
                self._lost("no answer")
            except (OSError, WebSocketException, GoodpartError, ValueError, KeyError, TypeError) as error:
                self._lost(str(error) or type(error).__name__)
            finally:
                self._closing = None
            self._ending.wait(AGAIN_SECONDS)

    def _follow(self, line: Any) -> None:
        """Deliver snapshots until the connection breaks. Raises the connection's error, TimeoutError if no message
        comes in time, and WireError if a message is invalid."""
        # Imported here because it loads NumPy, which must wait until after the first paint.
        from core.serialization.snapshot_json import VERSION, changed, unpacked

        raw: Any = None
        while not self._ending.is_set():
            message = json.loads(line.recv(timeout=FIRST_SECONDS if raw is None else SILENT_SECONDS))
            line.send("")  # asks for the next message
            if raw is None:
                raw, news = message.get("snapshot"), True
                envelope = message
            else:
                news = bool(message["changes"])
                raw = changed(raw, message["changes"])
                envelope = {"goodpart": VERSION, "clock": message["clock"], "snapshot": raw}
            # A message without changes shows that the service is alive, not the station: no snapshot is delivered,
            # so the screen shows how old the last one is.
            if news:
                snapshot = unpacked(envelope)
                self._lost_since = float("inf")
                self._deliver(self._gone(snapshot, "the station has ended") if snapshot.stopped else snapshot)

    def _lost(self, why: str) -> None:
        now = time.monotonic()
        if self._lost_since == float("inf"):
            self._lost_since = now
        if not self._ending.is_set():
            self._deliver(self._gone(self._snapshot, why))

    def _gone(self, last: Snapshot, why: str) -> Snapshot:
        """Return `last` without verdicts and samples, so that old values do not look like present ones."""
        since = time.monotonic() - self._lost_since
        ago = f" for {since:.0f} s" if since >= 1 and since != float("inf") else ""
        verdict = Verdict("UNKNOWN", f"LOST: no news from {self.client.address}{ago} ({why.rstrip('.')}); trying again")
        image, sound, knobs = last.image, last.sound, last.knobs
        return replace(
            last,
            verdict=verdict,
            stopped=False,
            image=image and replace(_gone_silent(image, verdict), votes="", preview=None),
            sound=sound and replace(_gone_silent(sound, verdict), level=None, spectrum=()),
            knobs=knobs and replace(knobs, state="lost", message=NO_NEWS),
        )

    def _deliver(self, snapshot: Snapshot) -> None:
        self._snapshot = self._with_fault(snapshot)
        for callback in self._subscribers:
            callback(self._snapshot)

    def _with_fault(self, snapshot: Snapshot) -> Snapshot:
        text, since = self._fault
        return replace(snapshot, fault=text) if time.monotonic() - since < FAULT_SECONDS else snapshot

    def _refuse(self, why: str) -> None:
        self.refused = GoodpartError(why)
        self._lost(why)

    # Commands.

    def _send_all(self) -> None:
        while (command := self._commands.get()) is not None:
            try:
                self._send(command)
            except GoodpartError as error:
                self._fault = (f"{command.name.replace('_', ' ')}: {error}", time.monotonic())
                self._deliver(self._snapshot)

    def _send(self, command: Command) -> None:
        """POST the command. Raises GoodpartError with the service's error text if it refuses."""
        from core.serialization.dataclass_json import to_json

        body = json.dumps(to_json(command)).encode()
        status, answer = self.client.ask("POST", f"/command/{command.name}", body, "application/json")
        if status != 202:
            raise GoodpartError(str(answer.get("error", f"the service answers {status}")))


def _gone_silent(last: S, verdict: Verdict) -> S:
    """Return the state of a sense that the station no longer reports."""
    status = replace(last.status, state="lost", message=NO_NEWS)
    return replace(last, status=status, verdict=verdict, judged=None, truth=None)


def remote_station(url: str, token_file: Path | None) -> RemoteStation:
    """Return a station at `url`, not started. Raises GoodpartError if the address or the token file is invalid."""
    return RemoteStation(url, token_in(token_file))
