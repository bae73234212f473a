"""A station: its engine on a thread of its own, and those who get its snapshots."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from core.commands import Command
from core.errors import GoodpartError
from core.pipelines.base import named
from core.recipes.recipe import Recipe
from core.state.snapshot import Snapshot
from core.station.engine import StationEngine
from core.station.handlers import handle
from core.station.ports import Ports


class Station:
    """A core.station.interface.StationInterface. Every public method may be called from any thread and returns at once.
    A command that cannot be done raises nothing: the next snapshots say so (`fault`)."""

    def __init__(self, recipe: Recipe, ports: Ports) -> None:
        """Raises GoodpartError if the address of a device is invalid; the recipe's lock is released then."""
        self._lock = ports.lock
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="station", daemon=True)
        self._subscribers: tuple[Callable[[Snapshot], None], ...] = ()
        self._subscribing = threading.Lock()
        self._log = ports.log
        try:
            self._engine = StationEngine(recipe, ports, self._deliver)
        except GoodpartError:
            self._lock.release()
            raise

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Call `callback`, which must return at once, on the station's thread with every snapshot; returns the function
        that ends it."""
        with self._subscribing:
            self._subscribers = (*self._subscribers, callback)

        return lambda: self._leave_out(callback)

    def snapshot(self) -> Snapshot:
        return self._engine.snapshot

    def do(self, command: Command) -> None:
        self._soon(self._engine.perform, partial(handle, self._engine, command))

    @property
    def refused(self) -> GoodpartError | None:
        """Why a model of the recipe cannot be used; set before the first verdict."""
        return next((pipeline.refused for pipeline in self._engine.judging() if pipeline.refused), None)

    @property
    def hung(self) -> bool:
        """Whether a pipeline hangs."""
        return any(pipeline.hung for pipeline in self._engine.pipelines.values())

    def note(self, reason: str, **data: Any) -> None:
        """Write into the journal what was asked, and by whom."""
        self._log.record("command", reason, **data)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End training, sources and journal; the last snapshot says `stopped`. May be called twice, or before start."""
        if self._thread.is_alive():
            self._soon(self._engine.perform, self._engine.end)
            self._thread.join(timeout)
        self._lock.release()

    def _soon(self, call: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the station has ended
            self._loop.call_soon_threadsafe(call, *arguments)

    # On the station's own thread.

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._engine.run())
        finally:
            self._engine.stopped()
            self._loop.close()

    def _deliver(self, snapshot: Snapshot) -> None:
        for callback in self._subscribers:
            try:
                callback(snapshot)
            except Exception as error:  # noqa: BLE001 - a screen that fails must not take the station with it
                self._leave_out(callback)
                self._log.complain(f"a screen does not answer any more ({named(error)})")

    def _leave_out(self, callback: Callable[[Snapshot], None]) -> None:
        with self._subscribing:
            self._subscribers = tuple(s for s in self._subscribers if s is not callback)
