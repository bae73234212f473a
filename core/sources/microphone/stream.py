"""What all sources of sound share: a recording thread, a ring buffer, a status."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

from core.samples import SoundBlock
from core.sources.microphone.ring_buffer import RingBuffer
from core.state.source_status import MicrophoneStatus, SourceState

JOIN_SECONDS = 0.9
"""Seconds that `stop` waits for the thread."""


class SoundThread(ABC):
    """A SoundSource whose `listen` runs on its own thread until `stopping` is set."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.ring = RingBuffer()
        self.stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._status_lock = threading.Lock()
        self._state: SourceState = "opening"
        self._message = self._device = ""
        self._rate = self._channels = 0
        self.reconnects = 0
        self.note = ""
        """What is wrong while the source is live; see MicrophoneStatus.note."""

    @abstractmethod
    def listen(self) -> None:
        """Put sound into `ring` until `stopping` is set or the source ends; runs on the thread."""

    def start(self) -> None:
        """Start the thread; does nothing after the first call or after `stop`."""
        if self._thread is None and not self.stopping.is_set():
            # A daemon thread, because a driver call may block for ever and cannot be interrupted.
            self._thread = threading.Thread(target=self._run, name=f"hearing {self.address}", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread and wait at most 0.9 s for it. May be called twice."""
        self.stopping.set()
        with self._status_lock:
            self._state, self._message = "stopped", ""
        self.ring.close()
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)

    def take(self, timeout: float) -> SoundBlock | None:
        """Return the sound that was not taken yet, at most about one second; None after `timeout` seconds."""
        return self.ring.take(timeout)

    def status(self) -> MicrophoneStatus:
        """The current state, with the device, its rate and the counts."""
        with self._status_lock:
            return MicrophoneStatus(
                state=self._state,
                address=self.address,
                message=self._message,
                note=self.note if self._state == "live" else "",
                device=self._device,
                rate=self._rate,
                channels=self._channels,
                seconds=self.ring.heard,
                overruns=self.ring.overruns,
                reconnects=self.reconnects,
                last_at=self.ring.last_at,
            )

    def tell(self, state: SourceState, message: str = "") -> None:
        """Set the state and its message; ignored after `stop`."""
        with self._status_lock:
            if not self.stopping.is_set():
                self._state, self._message = state, message

    def is_live(self, device: str, rate: int, channels: int) -> None:
        """Set the state to live. Call it before the samples are put, so that their taker finds the source live."""
        with self._status_lock:
            self._device, self._rate, self._channels = device, rate, channels
        self.tell("live")

    def _run(self) -> None:
        try:
            self.listen()
        finally:
            # In any other state a programming error is being raised to the thread's exception hook.
            if self._state not in ("ended", "stopped"):
                self.tell("lost", f"{self.address}: listening failed and is not tried again: start the station anew")
