"""A station that is made after the first paint: OpenCV and NumPy take longer to load than the screen to appear."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from core.commands import Command
from core.errors import GoodpartError
from core.recipes.lock import RecipeLock
from core.recipes.recipe import Recipe
from core.state.knobs import KnobLink
from core.state.sense import ImageState, SoundState
from core.state.snapshot import Snapshot
from core.state.source_status import MicrophoneStatus, SourceState, SourceStatus
from core.state.verdict import Verdict

if TYPE_CHECKING:
    from core.station.station import Station
    from core.tape.writer import TapeWriter


class DeferredStation:
    """A core.station.interface.StationInterface. Raises GoodpartError when another station judges with this recipe."""

    def __init__(
        self,
        recipe: Recipe,
        camera: str | None = None,
        microphone: str | None = None,
        knobs: str | None = None,
        tape: TapeWriter | None = None,
    ) -> None:
        self._lock = RecipeLock(recipe.folder)
        self._recipe = recipe
        self._camera, self._microphone = camera, microphone
        self._knobs = recipe.settings.knobs.port if knobs is None else knobs
        self._tape = tape
        self._station: Station | None = None
        self._subscribers: list[Callable[[Snapshot], None]] = []
        self._stopping = False
        self._asked: list[Command] = []
        self._handing_over = threading.Lock()
        self._maker = threading.Thread(target=self._make, name="station maker", daemon=True)
        self._snapshot = self._first("opening", Verdict("UNKNOWN", "starting"))

    def _first(self, state: SourceState, verdict: Verdict) -> Snapshot:
        """With the panes that the station will have."""
        senses = self._recipe.perceived(self._camera is not None, self._microphone is not None)
        words = verdict.reason if state == "lost" else ""
        image = ImageState(SourceStatus(state, self._camera or "", words), verdict)
        sound = SoundState(MicrophoneStatus(state, self._microphone or "", words), verdict)
        return Snapshot(
            number=0 if state == "opening" else 1,
            at=time.time(),
            recipe=self._recipe.name,
            verdict=verdict,
            image=image if "image" in senses else None,
            sound=sound if "sound" in senses else None,
            knobs=KnobLink("connecting", self._knobs) if self._knobs else None,
        )

    def _make(self) -> None:
        try:
            from core.station.ports import device_ports
            from core.station.station import Station

            ports = device_ports(
                self._recipe, self._camera, self._microphone, self._knobs, tape=self._tape, lock=self._lock
            )
            station = Station(self._recipe, ports)
        except GoodpartError as error:
            self._cannot(str(error))
            return
        except Exception as error:  # noqa: BLE001 - it must be read on the screen, not be lost with this thread
            self._cannot(f"the station cannot start ({type(error).__name__}: {error}): is goodpart installed whole?")
            return
        for callback in tuple(self._subscribers):
            station.subscribe(callback)
        if not self._stopping:
            station.start()
        with self._handing_over:
            self._station = station
            for command in self._asked:
                station.do(command)

    def _cannot(self, words: str) -> None:
        self._snapshot = self._first("lost", Verdict("UNKNOWN", words))
        for callback in tuple(self._subscribers):
            callback(self._snapshot)

    def start(self) -> None:
        self._maker.start()

    def stop(self, timeout: float = 2.0) -> None:
        self._stopping = True
        if self._maker.is_alive():
            self._maker.join(timeout)
        if self._station:
            self._station.stop(timeout)
        self._lock.release()

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Before `start`."""
        self._subscribers.append(callback)
        alive = True

        def guarded(snapshot: Snapshot) -> None:
            if alive:
                callback(snapshot)

        def unsubscribe() -> None:
            nonlocal alive
            alive = False

        self._subscribers[-1] = guarded
        return unsubscribe

    def snapshot(self) -> Snapshot:
        return self._station.snapshot() if self._station else self._snapshot

    def do(self, command: Command) -> None:
        """Now, or as soon as the station exists: no key is lost."""
        with self._handing_over:
            if self._station:
                self._station.do(command)
            else:
                self._asked.append(command)
