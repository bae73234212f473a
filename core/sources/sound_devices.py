"""Which microphones there are."""

from __future__ import annotations

from dataclasses import dataclass

from core.sources.microphone import MicrophoneLost, portaudio

NONE_THERE = "none: plug one in, or start the sound server; a wav file or `simulated` will do instead"


@dataclass(frozen=True)
class ListedMicrophone:
    index: int
    name: str
    channels: int
    rate: int
    default: bool


def list_microphones() -> tuple[list[ListedMicrophone], str]:
    """The input devices that PortAudio knows, and why there are none, in words."""
    try:
        sounddevice = portaudio()
    except MicrophoneLost as lost:
        return [], str(lost)
    default = sounddevice.default.device[0]
    found = [
        ListedMicrophone(
            at, device["name"], device["max_input_channels"], round(device["default_samplerate"]), at == default
        )
        for at, device in enumerate(sounddevice.query_devices())
        if device["max_input_channels"] > 0
    ]
    return found, "" if found else NONE_THERE
