"""Which microphones there are."""

from __future__ import annotations

from core.sources.microphone.portaudio import FoundMicrophone, MicrophoneLost, found_by, portaudio

NONE_THERE = "none: plug one in, or start the sound server; a wav file or `simulated` will do instead"


def list_microphones() -> tuple[list[FoundMicrophone], str]:
    """The input devices that PortAudio knows, and why there are none, in words."""
    try:
        found = found_by(portaudio())
    except MicrophoneLost as lost:
        return [], str(lost)
    return found, "" if found else NONE_THERE
