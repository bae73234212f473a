"""Opens the source for a microphone address as a technician writes it."""

from __future__ import annotations

from pathlib import Path

from core.errors import GoodpartError
from core.runtime.listing import SOUND_SUFFIXES
from core.sources.microphone.base import SoundSettings, SoundSource


def open_microphone(address: str, settings: SoundSettings) -> SoundSource:
    """The source behind an address, not started: `default`, an index, a device's name or a part of it, a wav, flac or
    ogg file, or `simulated`. Raises GoodpartError if the address is empty or the file does not exist."""
    address = address.strip()
    if not address:
        raise GoodpartError(
            "microphone (empty): give a device name or index (goodpart devices lists them), a wav file, or simulated"
        )
    if address == "simulated":
        from core.sources.simulated.microphone import SimulatedMotor

        return SimulatedMotor(settings)
    path = Path(address).expanduser()
    if path.suffix.lower() in SOUND_SUFFIXES or path.is_file():
        if not path.is_file():
            raise GoodpartError(f"microphone {address}: there is no such file")
        from core.sources.microphone.files import SoundFile

        return SoundFile(path, settings)
    from core.sources.microphone.portaudio import Microphone

    return Microphone(address, settings)
