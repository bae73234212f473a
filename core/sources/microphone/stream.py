"""What all sources of sound have in common: a thread that hears, a ring, a status."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

from core.samples import SoundBlock
from core.sources.microphone.ring_buffer import RingBuffer
from core.state.source_status import MicrophoneStatus, SourceState

JOIN_SECONDS = 0.9


class SoundThread(ABC):
    """A SoundSource whose `listen` runs on a thread of its own until `stopping` is set."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.ring = RingBuffer()
        self.stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._telling = threading.Lock()
        self._state: SourceState = "opening"
        self._message = self._device = ""
        self._rate = self._channels = 0
        self.reconnects = 0
        self.note = ""
        """See MicrophoneStatus."""

    @abstractmethod
    def listen(self) -> None: ...

    def start(self) -> None:
        if self._thread is None and not self.stopping.is_set():
            # A daemon, because a driver may hold it inside a call that nothing can interrupt.
            self._thread = threading.Thread(target=self._run, name=f"hearing {self.address}", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        with self._telling:
            self._state, self._message = "stopped", ""
        self.ring.close()
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)

    def take(self, timeout: float) -> SoundBlock | None:
        return self.ring.take(timeout)

    def status(self) -> MicrophoneStatus:
        with self._telling:
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
        with self._telling:
            if not self.stopping.is_set():
                self._state, self._message = state, message

    def is_live(self, device: str, rate: int, channels: int) -> None:
        """To be told before what was heard is put, so that who takes it finds the source live."""
        with self._telling:
            self._device, self._rate, self._channels = device, rate, channels
        self.tell("live")

    def _run(self) -> None:
        try:
            self.listen()
        finally:
            # Reached in order only after an end or a stop; else an error of ours is on its way to the thread's hook.
            if self._state not in ("ended", "stopped"):
                self.tell("lost", f"{self.address}: listening failed and is not tried again: start the station anew")
