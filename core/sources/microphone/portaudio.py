"""A microphone through PortAudio: opened, watched, and reopened for ever."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import GoodpartError
from core.runtime.silence_stderr import quiet
from core.sources.microphone.base import SoundSettings
from core.sources.microphone.stream import SoundThread

BLOCK_SECONDS = 0.05
SILENT_SECONDS = 0.7
"""Seconds without a call from PortAudio after which the device counts as lost; PortAudio does not report this."""
OPENING_SECONDS = 4.0
"""Seconds until the first call; sound servers may need that long to start."""
FIRST_WAIT, LONGEST_WAIT = 0.5, 3.0
"""Seconds between attempts to open the device."""
DEAD_SECONDS = 1.0
"""Seconds a channel must be constant while others are not to count as dead."""
MOST_CHANNELS = 8
"""Channels. A device that claims more (sound servers claim 32 and more) is opened with two."""


class MicrophoneLost(GoodpartError):  # noqa: N818 - a state of the world that passes
    """The device is missing or was lost; the text becomes the status message."""


@dataclass(frozen=True)
class FoundMicrophone:
    """An input device that PortAudio lists."""

    index: int
    name: str
    channels: int
    rate: int
    """Samples per second, the device's default."""
    default: bool
    """Whether the system uses it by default."""


class Microphone(SoundThread):
    """A SoundSource for one device; `device` is `default`, an index, or a part of the device's name."""

    def __init__(self, device: str, settings: SoundSettings) -> None:
        super().__init__(device)
        self._settings = settings
        self._called_at = 0.0
        self._first = True
        self._closing: threading.Thread | None = None

    def listen(self) -> None:
        """Record until the source is stopped; reopen the device whenever it is lost."""
        wait = FIRST_WAIT
        while not self.stopping.is_set():
            before = self.ring.heard
            try:
                self._record()
            except MicrophoneLost as lost:
                if self.ring.heard > before:
                    wait = FIRST_WAIT
                again = f"trying again in {wait:.0f} s" if wait >= 1 else "trying again"
                self.tell("lost", f"microphone {self.address}: {lost}; {again}")
            self.ring.interrupt()
            self.stopping.wait(wait)
            wait = min(2 * wait, LONGEST_WAIT)

    def _record(self) -> None:
        """Record until the device is lost or the source is stopped. Raises MicrophoneLost."""
        if self._closing is not None and self._closing.is_alive():
            # PortAudio must not list its devices again while one of them is being closed.
            raise MicrophoneLost("the driver does not let go of it: plug it out and in, or start the station anew")
        sounddevice = portaudio(again=not self._first)
        self._first = False
        device = find(sounddevice, self.address)
        channels = channels_of(device, self._settings.channel)
        rate = self._settings.rate or device.rate
        stream = self._open(sounddevice, device, rate, channels)
        try:
            self._called_at = time.monotonic()
            start_stream(stream)
            heard = self.ring.heard
            while not self.stopping.wait(0.1):
                if self.ring.heard > heard and self._state != "live":
                    self.reconnects += heard > 0
                    self.is_live(device.name, rate, channels)
                started = self.ring.heard > heard
                patience = SILENT_SECONDS if started else OPENING_SECONDS
                if time.monotonic() - self._called_at > patience or not is_running(stream):
                    raise MicrophoneLost(f"gives no sound{' any more' if started else ''}: is it plugged in?")
        finally:
            self._closing = close_stream(stream)

    def _open(self, sounddevice: Any, device: FoundMicrophone, rate: int, channels: int) -> Any:
        channel = self._settings.channel
        dead = DeadChannels()

        def received(samples: npt.NDArray[np.float32], _frames: int, _time: object, status: Any) -> None:
            self._called_at = time.monotonic()
            self.note = dead.after(samples, len(samples) / rate) if channel is None else ""
            mono = samples[:, channel] if channel is not None else samples.mean(axis=1)
            self.ring.put(np.array(mono, np.float32), rate, lost=bool(status.input_overflow))

        try:
            with quiet():  # ALSA prints to standard error
                return sounddevice.InputStream(
                    device=device.index, samplerate=rate, channels=channels, dtype="float32",
                    blocksize=round(BLOCK_SECONDS * rate), latency="high", callback=received,
                )  # fmt: skip
        except sounddevice.PortAudioError as error:
            if rate != device.rate and "rate" in str(error).lower():
                raise MicrophoneLost(
                    f"does not give {rate} samples a second; it offers {device.rate}: set rate in recipe.toml"
                ) from error
            raise MicrophoneLost(f"cannot be opened ({error}): is another program using it?") from error


class DeadChannels:
    """Watches for channels that are constant while others are not: the mean of all channels is then wrong."""

    def __init__(self) -> None:
        self._seconds = np.zeros(0)

    def after(self, samples: npt.NDArray[np.float32], seconds: float) -> str:
        """The note for the technician after these samples (n, channels); empty if no channel is dead."""
        if len(self._seconds) != samples.shape[1]:
            self._seconds = np.zeros(samples.shape[1])
        constant = np.ptp(samples, axis=0) == 0
        # If all channels are silent, no single channel is at fault.
        self._seconds = np.where(constant & ~constant.all(), self._seconds + seconds, 0.0)
        dead = np.flatnonzero(self._seconds >= DEAD_SECONDS)
        if not len(dead):
            return ""
        numbers = ", ".join(map(str, dead))
        return f"channel {numbers} (counted from 0) is dead: check its cable, or set channel in recipe.toml"


def portaudio(*, again: bool = False) -> Any:
    """The module sounddevice; `again` lists the devices again. Raises MicrophoneLost if PortAudio cannot be used."""
    try:
        with quiet():
            import sounddevice

            if again:
                # PortAudio lists its devices only at start; there is no other way to renew the list.
                while sounddevice._initialized:
                    sounddevice._terminate()
                sounddevice._initialize()
    except OSError as error:
        raise MicrophoneLost(
            "the PortAudio library is missing: install libportaudio2 (apt install libportaudio2)"
        ) from error
    except Exception as error:
        raise MicrophoneLost(f"PortAudio cannot be used ({error})") from error
    return sounddevice


def find(sounddevice: Any, address: str) -> FoundMicrophone:
    """The input device with this address. Raises MicrophoneLost if there is no such device."""
    inputs = found_by(sounddevice)
    if not inputs:
        raise MicrophoneLost("there is none: plug one in (goodpart devices lists them)")
    if address == "default":
        chosen = [device for device in inputs if device.default] or inputs
    elif address.isdecimal():
        chosen = [device for device in inputs if device.index == int(address)]
    else:
        chosen = [device for device in inputs if address.lower() in device.name.lower()]
        # An exact name first: `USB Audio` must not select `USB Audio 2`.
        chosen.sort(key=lambda device: device.name.lower() != address.lower())
    if not chosen:
        raise MicrophoneLost("there is no such microphone (goodpart devices lists them)")
    return chosen[0]


def found_by(sounddevice: Any) -> list[FoundMicrophone]:
    """All input devices. Raises MicrophoneLost if PortAudio cannot list them."""
    try:
        default = sounddevice.default.device[0]
        if default < 0:  # sounddevice names none: use the default of PortAudio
            apis = sounddevice.query_hostapis()
            default = next((api["default_input_device"] for api in apis if api["default_input_device"] >= 0), -1)
        return [
            FoundMicrophone(
                index, facts["name"], facts["max_input_channels"], round(facts["default_samplerate"]), index == default
            )
            for index, facts in enumerate(sounddevice.query_devices())
            if facts["max_input_channels"] > 0
        ]
    except sounddevice.PortAudioError as error:
        raise MicrophoneLost(f"PortAudio cannot tell what there is ({error})") from error


def channels_of(found: FoundMicrophone, channel: int | None) -> int:
    """How many channels to open. Raises MicrophoneLost if the requested channel does not exist."""
    if channel is not None and channel >= found.channels:
        raise MicrophoneLost(f"has {found.channels} channels, number {channel} (counted from 0) is asked for")
    usual = found.channels if found.channels <= MOST_CHANNELS else 2
    # All channels, even if only one is needed: with fewer, some drivers deliver a mixture.
    return max(usual, 0 if channel is None else channel + 1)


def start_stream(stream: Any) -> None:
    """Start recording. Raises MicrophoneLost."""
    try:
        with quiet():
            stream.start()
    except Exception as error:
        raise MicrophoneLost(f"cannot be started ({error})") from error


def is_running(stream: Any) -> bool:
    """Whether PortAudio still runs the stream; this shows a lost device sooner than its silence does."""
    try:
        return bool(stream.active)
    except Exception:  # noqa: BLE001 - any error means that it gives no sound
        return False


def close_stream(stream: Any) -> threading.Thread:
    """Close the stream on a thread and wait at most 0.8 s; returns the thread, which lives on if the driver blocks."""

    def close() -> None:
        with contextlib.suppress(Exception):
            stream.abort(ignore_errors=True)
            stream.close(ignore_errors=True)

    thread = threading.Thread(target=close, name="closing microphone", daemon=True)
    thread.start()
    thread.join(0.8)
    return thread
