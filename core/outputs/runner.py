"""Runs an output on its own thread, so that the station never waits for it."""

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
"""Number of events in the queue; if there are more, the oldest are dropped and counted as lost."""
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 60.0

Step = Literal["start", "publish", "event", "stop"]


class OutputRunner:
    """Delivers every event in order, and of the snapshots only the newest.

    `publish`, `event` and `state` may be called from any thread and return at once.
    """

    def __init__(self, name: str, make: Callable[[], Output], complain: Callable[[str], None]) -> None:
        """`make` creates the output; it is called on the output's thread, and again after each failure. `complain`
        receives a sentence for the operator, once per lasting failure."""
        self.name = name
        self._make = make
        self._complain = complain
        self._changed = threading.Condition()
        self._events: deque[JournalEvent] = deque()
        self._in_hand: JournalEvent | None = None
        """The event that is being delivered or must be delivered again."""
        self._newest: Snapshot | None = None
        self._after_event = False
        self._phase: OutputPhase = "starting"
        self._step: Step = "start"
        self._failing: set[Step] = set()
        """The steps that have failed and not succeeded since."""
        self._trouble = ""
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._lost = 0
        self._lost_before = 0
        """The lost events that have been reported to the operator."""
        self._losing = False
        """Whether the operator has been informed that events are being lost."""
        self._until: float | None = None
        """time.monotonic() before which the output must stop; None until the station ends."""
        self._thread = threading.Thread(target=self._run, name=f"output {name}", daemon=True)

    # Called by the station.

    def start(self) -> None:
        """Start the output's thread."""
        self._thread.start()

    def publish(self, snapshot: Snapshot) -> None:
        """Replace the snapshot that is to be sent next."""
        with self._changed:
            self._newest = snapshot
            self._changed.notify_all()

    def event(self, event: JournalEvent) -> None:
        """Append a row of the journal to the queue; if the queue is full, its oldest event is lost."""
        with self._changed:
            if len(self._events) >= MOST_WAITING:
                self._events.popleft()
                self._lost += 1
            self._events.append(event)
            self._changed.notify_all()

    def state(self) -> OutputState:
        """Return the current state of the output."""
        with self._changed:
            return OutputState(self.name, self._phase, self._trouble, self._waiting(), self._lost)

    def finish(self, until: float) -> None:
        """Wait for the delivery of all events, at most until time.monotonic() is `until`, then complain about the rest.

        If the output fails, it does not wait.
        """
        with self._changed:
            # The next try of a failing output may be a minute away.
            self._changed.wait_for(lambda: not self._waiting() or bool(self._failing), until - time.monotonic())
        state = self.state()
        if state.waiting or state.lost > self._lost_before:
            self._complain(f"output {self.name}, when the station ended: {state.words}")

    def end(self, until: float) -> None:
        """Let the output deliver what is waiting and stop before time.monotonic() reaches `until`; returns at once."""
        with self._changed:
            self._until = until
            self._changed.notify_all()

    def join(self) -> None:
        """Wait until the output has stopped, at most until the time given to `end`. A hanging output is abandoned."""
        if self._thread.is_alive() and self._until is not None:
            self._thread.join(max(0.0, self._until - time.monotonic()))

    # On the output's thread.

    def _run(self) -> None:
        while self._until is None:
            try:
                self._work()
            except Exception as error:  # noqa: BLE001 - reported and tried again: no output may end the station
                self._fail(error)
                self._wait_for_retry()
        with self._changed:
            self._phase = "stopped"
            self._lost += self._waiting()
            self._in_hand = None
            self._events.clear()

    def _work(self) -> None:
        """Create an output and deliver to it until the station ends or the output raises."""
        self._step = "start"
        output = self._make()
        try:
            output.start()
            while (item := self._next()) is not None:
                self._deliver(output, item)
        except BaseException:
            with suppress(Exception):  # only the first error is reported
                output.stop()
            raise
        self._step = "stop"
        output.stop()

    def _next(self) -> JournalEvent | Snapshot | None:
        """Wait for the next item to deliver, events and snapshots in turn; None at the end."""
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

    def _deliver(self, output: Output, item: JournalEvent | Snapshot) -> None:
        if isinstance(item, Snapshot):
            self._step = "publish"
            try:
                output.publish(item)
            except Exception:
                self._take_back(item)
                raise
        else:
            self._step = "event"
            try:
                output.event(item)
            except (OSError, GoodpartError):
                raise  # the event stays in hand and is delivered again
            except Exception:
                self._put_down(lost=True)
                raise
            self._put_down()
        self._succeed()
        self._report_losses()

    def _take_back(self, snapshot: Snapshot) -> None:
        with self._changed:
            self._newest = self._newest or snapshot

    def _put_down(self, *, lost: bool = False) -> None:
        with self._changed:
            self._in_hand = None
            self._lost += lost
            self._losing = self._losing or lost  # the complaint about the failure informs the operator
            self._changed.notify_all()

    def _waiting(self) -> int:
        return len(self._events) + (self._in_hand is not None)

    def _succeed(self) -> None:
        with self._changed:
            # An output that starts and then fails again has not recovered. It has if the step that failed succeeds.
            self._failing -= {self._step, "start"}
            if not self._failing:
                self._phase, self._trouble = "working", ""
                self._retry_seconds = FIRST_RETRY_SECONDS

    def _fail(self, error: Exception) -> None:
        trouble = _error_text(error)
        with self._changed:
            first = not self._failing
            self._failing.add(self._step)
            self._phase, self._trouble = "failing", trouble
            self._changed.notify_all()
        if first:
            self._complain(f"output {self.name}: {trouble}; trying again")

    def _wait_for_retry(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._until is not None, self._retry_seconds)
        self._retry_seconds = min(2 * self._retry_seconds, LONGEST_RETRY_SECONDS)

    def _report_losses(self) -> None:
        """Complain about lost events of a working output: once when the losses begin, and with their number when
        everything else is delivered.

        A complaint is an event too, so one complaint per lost event would cause endless complaints.
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


def _error_text(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, GoodpartError | OSError) and str(error):
        return str(error)
    return f"{type(error).__name__}: {error}"
