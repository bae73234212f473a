"""Lists the microphones of this machine."""

from __future__ import annotations

from core.sources.microphone.portaudio import FoundMicrophone, MicrophoneLost, found_by, portaudio

NONE_THERE = "none: plug one in, or start the sound server; a wav file or `simulated` will do instead"


def list_microphones() -> tuple[list[FoundMicrophone], str]:
    """The input devices that PortAudio lists; if there are none, also the reason and what to do."""
    try:
        devices = found_by(portaudio())
    except MicrophoneLost as lost:
        return [], str(lost)
    return devices, "" if devices else NONE_THERE
