"""Plays a recording on the loudspeaker of the machine that the station runs on, on a thread of its own."""

from __future__ import annotations

import threading
from pathlib import Path

from core.errors import GoodpartError

BLOCK = 4096


class SoundPlayer:
    """The newest recording of a folder. `position` and `ended` are for any thread; what cannot be done is told in
    `trouble`."""

    def __init__(self, folder: Path) -> None:
        self.position: tuple[float, float] | None = None
        """Seconds played, and of all; None before it begins."""
        self.trouble = ""
        self.ended = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(folder,), name="playing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def _run(self, folder: Path) -> None:
        try:
            self._play(newest_recording(folder))
        except GoodpartError as error:
            self.trouble = str(error)
        except Exception as error:  # noqa: BLE001 - sound libraries raise what they like
            self.trouble = f"it cannot be played here ({error}): is there a loudspeaker?"
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
    """Raises GoodpartError where there is none."""
    from core.dataset.add_sound import recordings_in

    try:
        files = recordings_in(folder)
    except OSError:
        files = []
    if not files:
        raise GoodpartError("there is no recording to play yet: record one first")
    return files[-1]
