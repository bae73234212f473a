"""Plays a recording in the background, on the loudspeaker of the machine that the station runs on."""

from __future__ import annotations

import threading
from pathlib import Path

from core.errors import GoodpartError

BLOCK = 4096
"""Samples that are played at once."""


class SoundPlayer:
    """Plays the newest recording of a folder on its own thread; any thread may read the attributes."""

    def __init__(self, folder: Path) -> None:
        self.position: tuple[float, float] | None = None
        """Seconds played, and seconds of the whole recording; None before it begins."""
        self.trouble = ""
        """Why it cannot be played; empty if it can."""
        self.ended = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(folder,), name="playing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it after the current block."""
        self._stopping.set()

    def _run(self, folder: Path) -> None:
        try:
            self._play(newest_recording(folder))
        except GoodpartError as error:
            self.trouble = str(error)
        except Exception as error:  # noqa: BLE001 - sound libraries raise exceptions of any type
            self.trouble = f"it cannot be played ({error}): is there a loudspeaker?"
        finally:
            self.ended = True

    def _play(self, file: Path) -> None:
        import soundfile

        from core.sources.microphone.portaudio import portaudio

        sounddevice = portaudio()
        with soundfile.SoundFile(file) as sound:
            rate, seconds = sound.samplerate, sound.frames / sound.samplerate
            with sounddevice.OutputStream(rate, channels=sound.channels, dtype="float32") as out:
                played = 0
                for block in sound.blocks(BLOCK, dtype="float32", always_2d=True):
                    self.position = played / rate, seconds
                    if self._stopping.is_set():
                        return
                    out.write(block)
                    played += len(block)


def newest_recording(folder: Path) -> Path:
    """Return the newest recording of a folder. Raises GoodpartError if there is none."""
    from core.dataset.add_sound import recordings_in

    try:
        files = recordings_in(folder)
    except OSError:
        files = []
    if not files:
        raise GoodpartError("there is no recording to play yet: record one first")
    return files[-1]
