"""A microphone through PortAudio: opened, watched, and opened again for ever."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import GoodpartError
from core.quiet import quiet
from core.sources.sound import SoundSettings
from core.sources.sound_thread import SoundThread

BLOCK_SECONDS = 0.05
SILENT_SECONDS = 0.7
"""Without a call from PortAudio after which the device is taken for gone: it does not say so itself."""
OPENING_SECONDS = 4.0
"""The first call may take that long: sound servers start what they need."""
FIRST_WAIT, LONGEST_WAIT = 0.5, 3.0
MOST_CHANNELS = 8
"""Sound servers claim to have 32 and more; of those the first two are heard."""


class MicrophoneLost(GoodpartError):  # noqa: N818 - a state of the world that passes
    """The device is not there, or went; its words become the status."""


@dataclass(frozen=True)
class Found:
    index: int
    name: str
    channels: int
    rate: int


class Microphone(SoundThread):
    """`device` is `default`, an index, or a part of the device's name."""

    def __init__(self, device: str, settings: SoundSettings) -> None:
        super().__init__(device)
        self._settings = settings
        self._called_at = 0.0
        self._first = True

    def listen(self) -> None:
        wait = FIRST_WAIT
        while not self.stopping.is_set():
            try:
                wait = self._hear(wait)
            except MicrophoneLost as lost:
                again = f"trying again in {wait:.0f} s" if wait >= 1 else "trying again"
                self.tell("lost", f"microphone {self.address}: {lost}; {again}")
            self.ring.interrupt()
            self.stopping.wait(wait)
            wait = min(2 * wait, LONGEST_WAIT)

    def _hear(self, wait: float) -> float:
        """Hear until the device goes or the source is stopped; gives how long to wait then. Raises MicrophoneLost."""
        sounddevice = portaudio(again=not self._first)
        self._first = False
        found = find(sounddevice, self.address)
        channels = channels_of(found, self._settings.channel)
        rate = self._settings.rate or found.rate
        stream = self._open(sounddevice, found, rate, channels)
        try:
            self._called_at = time.monotonic()
            start_stream(stream)
            heard = self.ring.heard
            while not self.stopping.wait(0.1):
                if self.ring.heard > heard and self._state != "live":
                    self.reconnects += heard > 0
                    self.is_live(found.name, rate, channels)
                    wait = FIRST_WAIT
                patience = SILENT_SECONDS if self.ring.heard > heard else OPENING_SECONDS
                if time.monotonic() - self._called_at > patience or not stream.active:
                    raise MicrophoneLost("gives no sound any more: is it plugged in?")
        finally:
            close_stream(stream)
        return wait

    def _open(self, sounddevice: Any, found: Found, rate: int, channels: int) -> Any:
        channel = self._settings.channel

        def heard(samples: npt.NDArray[np.float32], _frames: int, _time: object, status: Any) -> None:
            self._called_at = time.monotonic()
            one = samples[:, channel] if channel is not None else samples.mean(axis=1)
            self.ring.put(np.array(one, np.float32), rate, lost=bool(status.input_overflow))

        try:
            with quiet():  # ALSA explains itself on standard error
                return sounddevice.InputStream(
                    device=found.index, samplerate=rate, channels=channels, dtype="float32",
                    blocksize=round(BLOCK_SECONDS * rate), latency="high", callback=heard,
                )  # fmt: skip
        except sounddevice.PortAudioError as error:
            if rate != found.rate and "rate" in str(error).lower():
                raise MicrophoneLost(
                    f"does not give {rate} samples a second; it offers {found.rate}: set rate in recipe.toml"
                ) from error
            raise MicrophoneLost(f"cannot be opened ({error}): is another program using it?") from error


def portaudio(*, again: bool = False) -> Any:
    """The module sounddevice; `again` looks for devices anew. Raises MicrophoneLost where PortAudio is missing."""
    try:
        with quiet():
            import sounddevice

            if again:
                # PortAudio makes its list of devices once; there is no other way to renew it.
                sounddevice._terminate()
                sounddevice._initialize()
    except OSError as error:
        raise MicrophoneLost(
            "the PortAudio library is missing: install libportaudio2 (apt install libportaudio2)"
        ) from error
    except Exception as error:
        raise MicrophoneLost(f"PortAudio cannot be used ({error})") from error
    return sounddevice


def find(sounddevice: Any, address: str) -> Found:
    """The input device that is meant. Raises MicrophoneLost where there is none."""
    inputs = [(at, device) for at, device in enumerate(sounddevice.query_devices()) if device["max_input_channels"] > 0]
    if not inputs:
        raise MicrophoneLost("there is no microphone: plug one in (goodpart devices lists them)")
    if address == "default":
        index = sounddevice.default.device[0]
        chosen = [(at, device) for at, device in inputs if at == index] or inputs
    elif address.isdecimal():
        chosen = [(at, device) for at, device in inputs if at == int(address)]
    else:
        chosen = [(at, device) for at, device in inputs if address.lower() in device["name"].lower()]
    if not chosen:
        raise MicrophoneLost("there is no such microphone (goodpart devices lists them)")
    at, device = chosen[0]
    return Found(at, device["name"], device["max_input_channels"], round(device["default_samplerate"]))


def channels_of(found: Found, channel: int | None) -> int:
    """How many channels to open. Raises MicrophoneLost where the one that is asked for does not exist."""
    if channel is not None and channel >= found.channels:
        raise MicrophoneLost(f"has {found.channels} channels, number {channel} (counted from 0) is asked for")
    usual = found.channels if found.channels <= MOST_CHANNELS else 2
    # All of them even for one: who opens fewer is given a mixture.
    return max(usual, 0 if channel is None else channel + 1)


def start_stream(stream: Any) -> None:
    """Raises MicrophoneLost."""
    try:
        with quiet():
            stream.start()
    except Exception as error:
        raise MicrophoneLost(f"cannot be started ({error})") from error


def close_stream(stream: Any) -> None:
    """Within a second; a driver whose device has gone may never come back from it."""

    def close() -> None:
        with contextlib.suppress(Exception):
            stream.abort(ignore_errors=True)
            stream.close(ignore_errors=True)

    thread = threading.Thread(target=close, name="closing microphone", daemon=True)
    thread.start()
    thread.join(0.8)
