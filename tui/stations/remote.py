"""A station elsewhere: snapshots over a WebSocket, commands as POST. No device is opened here."""

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
"""Without a word from the service; it tells something twice a second."""
FIRST_SECONDS = 10.0
"""For the first snapshot, which is whole: on a slow line it takes its time."""
AGAIN_SECONDS = 0.5
FAULT_SECONDS = 15.0
NO_NEWS = "no news from the service"
S = TypeVar("S", bound=SenseState)
"""That a refused command stays on the screen."""


class RemoteStation:
    """A core.station.interface.StationInterface. What it tells while the service does not answer is LOST, in words."""

    def __init__(self, url: str, token: str = "", who: str | None = None) -> None:
        """Raises GoodpartError for an invalid address."""
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
        """Why nothing can be heard from here."""
        starting = Verdict("UNKNOWN", f"asking {self.client.address}")
        self._snapshot = Snapshot(0, time.time(), self.client.address, starting)

    # The station's face.

    def start(self) -> None:
        self._listener.start()
        self._sender.start()

    def stop(self, timeout: float = 2.0) -> None:
        """Leave; the station goes on."""
        self._ending.set()
        self._commands.put(None)
        if self._closing:
            self._closing()
        for thread in (self._sender, self._listener):
            if thread.is_alive():
                thread.join(timeout / 2)

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        self._subscribers = (*self._subscribers, callback)

        def end() -> None:
            self._subscribers = tuple(one for one in self._subscribers if one is not callback)

        return end

    def snapshot(self) -> Snapshot:
        return self._snapshot

    def do(self, command: Command) -> None:
        self._commands.put(command)

    # Snapshots.

    def _listen(self) -> None:
        try:
            from websockets.exceptions import InvalidStatus, WebSocketException
            from websockets.sync.client import connect
        except ModuleNotFoundError:
            self._refuse("attaching takes more (websockets is missing): pip install 'goodpart[serve]'")
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
                self._lost("it is silent")
            except (OSError, WebSocketException, GoodpartError, ValueError, KeyError, TypeError) as error:
                self._lost(str(error) or type(error).__name__)
            finally:
                self._closing = None
            self._ending.wait(AGAIN_SECONDS)

    def _follow(self, line: Any) -> None:
        """Until the line breaks. Raises what it breaks with, TimeoutError when nothing comes, and WireError."""
        # Loads NumPy: after the first paint.
        from core.serialization.snapshot_json import VERSION, changed, unpacked

        raw: Any = None
        while not self._ending.is_set():
            said = json.loads(line.recv(timeout=FIRST_SECONDS if raw is None else SILENT_SECONDS))
            line.send("")  # the next may come
            if raw is None:
                raw, news = said.get("snapshot"), True
                envelope = said
            else:
                news = bool(said["changes"])
                raw = changed(raw, said["changes"])
                envelope = {"goodpart": VERSION, "clock": said["clock"], "snapshot": raw}
            # A heartbeat tells of the service, not of the station: whoever looks sees that it says nothing.
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
        """What is known when nothing is heard: nothing, and that must not look like something."""
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
        words, at = self._fault
        return replace(snapshot, fault=words) if time.monotonic() - at < FAULT_SECONDS else snapshot

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
        """Raises GoodpartError with the service's words."""
        from core.serialization.dataclass_json import to_json

        body = json.dumps(to_json(command)).encode()
        status, said = self.client.ask("POST", f"/command/{command.name}", body, "application/json")
        if status != 202:
            raise GoodpartError(str(said.get("error", f"the service answers {status}")))


def _gone_silent(last: S, verdict: Verdict) -> S:
    """The state of a sense that the station no longer reports."""
    status = replace(last.status, state="lost", message=NO_NEWS)
    return replace(last, status=status, verdict=verdict, judged=None, truth=None)


def remote_station(url: str, token_file: Path | None) -> RemoteStation:
    """Raises GoodpartError for an invalid address or token file."""
    return RemoteStation(url, token_in(token_file))
