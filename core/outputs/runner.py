"""Runs an output on a thread of its own: the station never waits for it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from core.errors import GoodpartError
from core.outputs.base import Output
from core.state.journal_event import JournalEvent
from core.state.outputs import OutputPhase, OutputState
from core.state.snapshot import Snapshot

MOST_WAITING = 1000
"""Events; beyond, the oldest are lost, and counted."""
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 60.0

Step = Literal["start", "publish", "event", "stop"]


class OutputRunner:
    """Of snapshots the newest wins; events wait in order. `publish`, `event` and `state` may be called from any thread
    and return at once."""

    def __init__(self, name: str, make: Callable[[], Output], complain: Callable[[str], None]) -> None:
        """`make` is called on the output's thread, again after each failure; `complain` takes a sentence for the
        operator, once per failure that lasts."""
        self.name = name
        self._make = make
        self._complain = complain
        self._changed = threading.Condition()
        self._events: deque[JournalEvent] = deque()
        self._in_hand: JournalEvent | None = None
        """An event that is being delivered, or that is to be delivered again."""
        self._newest: Snapshot | None = None
        self._after_event = False
        self._phase: OutputPhase = "starting"
        self._step: Step = "start"
        self._failing: set[Step] = set()
        """The steps that failed and have not succeeded since."""
        self._trouble = ""
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._lost = 0
        self._lost_before = 0
        """Those that the operator knows of."""
        self._losing = False
        """The operator knows that events are being lost."""
        self._until: float | None = None
        """time.monotonic() at which the end may wait no longer; None before the end."""
        self._thread = threading.Thread(target=self._run, name=f"output {name}", daemon=True)

    # Called by the station.

    def start(self) -> None:
        self._thread.start()

    def publish(self, snapshot: Snapshot) -> None:
        with self._changed:
            self._newest = snapshot
            self._changed.notify_all()

    def event(self, event: JournalEvent) -> None:
        with self._changed:
            if len(self._events) >= MOST_WAITING:
                self._events.popleft()
                self._lost += 1
            self._events.append(event)
            self._changed.notify_all()

    def state(self) -> OutputState:
        with self._changed:
            return OutputState(self.name, self._phase, self._trouble, self._waiting(), self._lost)

    def finish(self, until: float) -> None:
        """Wait until all events are delivered, to time.monotonic() `until` at most, and complain about the rest."""
        with self._changed:
            # A failing output waits for its next try: that may be long.
            self._changed.wait_for(lambda: not self._waiting() or bool(self._failing), until - time.monotonic())
        state = self.state()
        if state.waiting or state.lost > self._lost_before:
            self._complain(f"output {self.name}, at the end of the station: {state.words}")

    def end(self, until: float) -> None:
        """Deliver what waits and stop, all before time.monotonic() `until`."""
        with self._changed:
            self._until = until
            self._changed.notify_all()

    def join(self) -> None:
        """Wait for the end until its time is over. An output that hangs is left behind."""
        if self._thread.is_alive() and self._until is not None:
            self._thread.join(max(0.0, self._until - time.monotonic()))

    # On the output's thread.

    def _run(self) -> None:
        while self._until is None:
            try:
                self._work()
            except Exception as error:  # noqa: BLE001 - told, and tried again: no output ends the station
                self._fail(error)
                self._wait_for_retry()
        with self._changed:
            self._phase = "stopped"
            self._lost += self._waiting()
            self._in_hand = None
            self._events.clear()

    def _work(self) -> None:
        """From the start of an output to the end of the station, or to what the output raises."""
        self._step = "start"
        output = self._make()
        try:
            output.start()
            while (next_one := self._next()) is not None:
                self._deliver(output, next_one)
        except BaseException:
            with suppress(Exception):  # what went wrong before it is told
                output.stop()
            raise
        self._step = "stop"
        output.stop()

    def _next(self) -> JournalEvent | Snapshot | None:
        """Wait for what is to be delivered next, events and snapshots by turns; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting() or self._newest is not None or self._until is not None)
            if self._until is not None and time.monotonic() >= self._until:
                return None
            snapshot = self._newest
            if snapshot is not None and (self._after_event or not self._waiting()):
                self._newest, self._after_event = None, False
                return snapshot
            if self._in_hand is None and self._events:
                self._in_hand = self._events.popleft()
            self._after_event = True
            return self._in_hand

    def _deliver(self, output: Output, next_one: JournalEvent | Snapshot) -> None:
        if isinstance(next_one, Snapshot):
            self._step = "publish"
            try:
                output.publish(next_one)
            except Exception:
                self._take_back(next_one)
                raise
        else:
            self._step = "event"
            try:
                output.event(next_one)
            except (OSError, GoodpartError):
                raise  # it stays in hand, to be delivered again
            except Exception:
                self._put_down(lost=True)
                raise
            self._put_down()
        self._succeed()
        self._tell_losses()

    def _take_back(self, snapshot: Snapshot) -> None:
        with self._changed:
            self._newest = self._newest or snapshot

    def _put_down(self, *, lost: bool = False) -> None:
        with self._changed:
            self._in_hand = None
            self._lost += lost
            self._losing = self._losing or lost  # the complaint about the failure says it
            self._changed.notify_all()

    def _waiting(self) -> int:
        return len(self._events) + (self._in_hand is not None)

    def _succeed(self) -> None:
        with self._changed:
            # An output that starts and then fails again has not recovered: only the step that failed can tell.
            self._failing -= {self._step, "start"}
            if not self._failing:
                self._phase, self._trouble = "working", ""
                self._retry_seconds = FIRST_RETRY_SECONDS

    def _fail(self, error: Exception) -> None:
        words = _in_words(error)
        with self._changed:
            first = not self._failing
            self._failing.add(self._step)
            self._phase, self._trouble = "failing", words
            self._changed.notify_all()
        if first:
            self._complain(f"output {self.name}: {words}; it is tried again")

    def _wait_for_retry(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._until is not None, self._retry_seconds)
        self._retry_seconds = min(2 * self._retry_seconds, LONGEST_RETRY_SECONDS)

    def _tell_losses(self) -> None:
        """Of an output that works: once when events begin to be lost, and how many they were when it has delivered the
        rest.

        A complaint is an event too: one per event that an output loses because it fails would never end.
        """
        with self._changed:
            lost = self._lost - self._lost_before
            if not lost or self._failing:
                return
            ends = not self._waiting()
            begins = not self._losing and not ends
            self._losing = not ends
            if ends:
                self._lost_before = self._lost
        if begins:
            self._complain(f"output {self.name}: events are lost")
        if ends:
            self._complain(f"output {self.name}: {lost} {'event was' if lost == 1 else 'events were'} lost")


def _in_words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, GoodpartError | OSError) and str(error):
        return str(error)
    return f"{type(error).__name__}: {error}"
