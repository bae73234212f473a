"""The reader thread of every real source: keeps the newest frame, decodes it on demand, reconnects for ever."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from core.errors import GoodpartError
from core.samples import Frame, Picture
from core.state.source_status import SourceState, SourceStatus


class SourceLost(GoodpartError):  # noqa: N818 - a state of the world that passes, named as the status names it
    """The device is missing or was lost; the text becomes the status message. The reader tries again."""


class Device(Protocol):
    """An opened device. Only the reader thread uses it; every wait in it has a timeout of a few seconds."""

    interval: float | None
    """Seconds between frames, kept by the reader; None if the device itself sets the rate."""
    decode_all: bool
    """Whether to decode every frame even if nobody waits: for sources that end, so that the last frame is not lost."""

    @property
    def ended(self) -> str:
        """The status message after `grab` has returned False."""

    @property
    def note(self) -> str:
        """What the technician must know while the source is live; usually empty."""

    def grab(self) -> bool:
        """Wait for the next frame without decoding it; False at the end. Raises SourceLost."""

    def retrieve(self) -> Picture | None:
        """Decode the grabbed frame; None if it is damaged. Raises SourceLost."""

    def close(self) -> None:
        """Release the device."""


@dataclass(frozen=True)
class Backoff:
    """Seconds to wait before opening again; doubled after every attempt that gives no frame."""

    first: float = 0.5
    longest: float = 10.0


EAGER_BELOW = 12.0
"""Frames per second. Every frame of a slower source is decoded, so that nobody waits for the next one. On a faster
source the next frame comes soon, and decoding unneeded frames would cost most of a core at 1080p."""
JOIN_SECONDS = 0.7
"""Seconds that `stop` waits for the thread."""


class CameraReader:
    """A PictureSource over the device that `open_device` opens; it runs in the reader thread and raises SourceLost."""

    def __init__(self, address: str, open_device: Callable[[], Device], backoff: Backoff | None = None) -> None:
        """`address` is shown to people: without its password (core.sources.camera_address.address_without_password)."""
        self._address = address
        self._open_device = open_device
        self._backoff = backoff or Backoff()
        self._thread: threading.Thread | None = None
        self._change = threading.Condition()
        # `_change` guards all fields below.
        self._stopping = False
        self._waiting = 0
        self._fresh: Frame | None = None
        self._number = 0
        self._taken = True
        self._state: SourceState = "opening"
        self._message = ""
        self._size = (0, 0)
        self._times: deque[float] = deque(maxlen=256)
        self._dropped = 0
        self._reconnects = 0
        self._last_at: float | None = None

    def start(self) -> None:
        """Start the reader thread; does nothing after the first call or after `stop`."""
        with self._change:
            if self._thread is not None or self._stopping:
                return
            # A daemon thread, because a driver call may block for ever and cannot be interrupted.
            self._thread = threading.Thread(target=self._run, name=f"reader {self._address}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the reader thread and wait at most 0.7 s for it. May be called twice."""
        with self._change:
            if self._stopping:
                return
            self._stopping = True
            self._state, self._message = "stopped", ""
            self._change.notify_all()
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)

    def take(self, timeout: float) -> Frame | None:
        """Return the newest frame if it was not taken yet, or wait for one; None after `timeout` seconds or a stop."""
        with self._change:
            self._waiting += 1
            self._change.notify_all()
            self._change.wait_for(lambda: self._fresh is not None or self._stopping, timeout)
            self._waiting -= 1
            frame, self._fresh = self._fresh, None
            if frame is not None:
                self._taken = True
            return frame

    def status(self) -> SourceStatus:
        """The current state, with the measured frame rate and the counts."""
        with self._change:
            return SourceStatus(
                state=self._state,
                address=self._address,
                message=self._message,
                width=self._size[0],
                height=self._size[1],
                fps=self._fps(time.monotonic()) if self._state == "live" else 0.0,
                frames=self._number,
                dropped=self._dropped,
                reconnects=self._reconnects,
                last_at=self._last_at,
            )

    def _fps(self, now: float) -> float:
        """Frames per second over the last second, or over the last two frames of a slow source; 0 if none comes."""
        while len(self._times) > 2 and self._times[0] < now - 1.0:
            self._times.popleft()
        if len(self._times) < 2:
            return 0.0
        span = self._times[-1] - self._times[0]
        late = now - self._times[-1]
        if span <= 0 or late > max(2.0, 3 * span / (len(self._times) - 1)):
            return 0.0
        return (len(self._times) - 1) / span

    def _set_state(self, state: SourceState, message: str) -> None:
        with self._change:
            if not self._stopping:
                self._state, self._message = state, message

    def _run(self) -> None:
        try:
            self._connect_for_ever()
        finally:
            # In any other state a programming error is being raised to the thread's exception hook.
            if self._state not in ("ended", "stopped"):
                self._set_state(
                    "lost", f"{self._address}: the reader failed and does not try again: start the station anew"
                )

    def _connect_for_ever(self) -> None:
        delay = self._backoff.first
        was_live = False
        while not self._stopping:
            before = self._number
            try:
                device = self._open_device()
                try:
                    if self._read(device, was_live):
                        self._set_state("ended", device.ended)
                        return
                finally:
                    device.close()
            except SourceLost as lost:
                if self._number > before:
                    delay, was_live = self._backoff.first, True
                again = f"trying again in {delay:.0f} s" if delay >= 1 else "trying again"
                self._set_state("lost", f"{lost}; {again}")
            with self._change:
                self._fresh = None
                self._times.clear()
                self._change.wait_for(lambda: self._stopping, delay)
            delay = min(2 * delay, self._backoff.longest)

    def _read(self, device: Device, again: bool) -> bool:
        """Read until the device ends (True) or the source is stopped. Raises SourceLost."""
        due = time.monotonic()
        while not self._stopping:
            if not device.grab():
                return True
            if self._count(again, device):
                self._decode(device)
            again = False
            if device.interval is not None:
                # If late by more than a frame, continue from now and do not catch up.
                due = max(due + device.interval, time.monotonic())
                self._wait_until(due, device)
        return False

    def _count(self, again: bool, device: Device) -> bool:
        """Count the grabbed frame; returns whether it must be decoded now."""
        now = time.monotonic()
        with self._change:
            self._number += 1
            self._dropped += not self._taken
            self._taken = False
            self._fresh = None
            self._last_at = now
            self._times.append(now)
            self._reconnects += again
            if not self._stopping:
                self._state, self._message = "live", device.note
            return self._waiting > 0 or device.decode_all or self._fps(now) < EAGER_BELOW

    def _decode(self, device: Device) -> None:
        picture = device.retrieve()
        with self._change:
            if not self._stopping:
                self._message = device.note
            if picture is None:
                return
            self._size = (picture.shape[1], picture.shape[0])
            self._fresh = Frame(picture=picture, number=self._number, at=self._last_at or time.monotonic())
            self._change.notify_all()

    def _wait_until(self, due: float, device: Device) -> None:
        """Wait until `due`; if `take` is called meanwhile, decode the frame unless it is decoded already."""
        decoded = self._fresh is not None or self._taken
        while (left := due - time.monotonic()) > 0 and not self._stopping:
            with self._change:
                self._change.wait_for(lambda: self._stopping or (self._waiting > 0 and not decoded), left)  # noqa: B023
                wanted = self._waiting > 0 and not decoded and not self._stopping
            if wanted:
                self._decode(device)
                decoded = True
