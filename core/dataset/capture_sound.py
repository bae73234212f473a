"""Records sound from the microphone directly into the recipe."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

from core.dataset.material_files import next_number
from core.errors import GoodpartError
from core.runtime.atomic_files import BegunFile
from core.samples import SoundBlock
from core.state.material import SoundRecording

LEAST_SECONDS = 1.1
"""Seconds of the shortest recording that is kept."""
LONGEST_SECONDS = 600.0
"""Seconds after which a new file begins, so that a power failure does not cost the finished files."""


class SoundCapture:
    """Writes wav files, 24 bits, one channel, at the device's sample rate: `000007-recorded-20261124-141530.wav`.

    A file is hidden until it is complete. After lost sound a new file begins. `write` and `close` must not overlap;
    `state` may be called from any thread.
    """

    def __init__(self, folder: Path, *, defect: bool = False) -> None:
        """Create the folder. Raises GoodpartError if it cannot be written."""
        self._folder = folder
        self._defect = defect
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._path = self._next_path()
        except OSError as error:
            raise GoodpartError(f"{folder}: cannot be written ({error.strerror or error})") from error
        self.note = ""
        """The fault of the sound that the screen shows; empty if it is healthy."""
        self._file: Any = None
        self._begun: BegunFile | None = None
        self._rate = 0
        self._frames = 0
        self._seconds_before = 0.0
        self._kept: list[str] = []

    def _next_path(self) -> Path:
        stamp = time.strftime("%Y%m%d-%H%M%S")
        return self._folder / f"{next_number(self._folder):06d}-recorded-{stamp}.wav"

    def write(self, stretch: SoundBlock) -> None:
        """Append a block of sound. Raises OSError (disk full)."""
        if self._file is not None and (stretch.broken or self._frames >= LONGEST_SECONDS * self._rate):
            self._finish()
            self._path = self._next_path()
        if self._file is None:
            self._open(stretch.rate)
        import soundfile

        try:
            self._file.write(stretch.samples)
            self._file.flush()
        except soundfile.SoundFileError as error:
            # The library replaces the system's message by "System error.", so name the likely cause.
            raise OSError(f"the disk refuses the sound, is it full? {error}") from error
        self._frames += len(stretch.samples)

    def _open(self, rate: int) -> None:
        import soundfile

        begun = BegunFile(self._path)
        try:
            self._file = soundfile.SoundFile(begun.path, "w", rate, 1, "PCM_24", format="WAV")
        except soundfile.SoundFileError as error:
            begun.discard()
            raise OSError(f"{self._path}: cannot be written ({error})") from error
        self._begun, self._rate, self._frames = begun, rate, 0

    def _finish(self) -> None:
        if self._file is None or self._begun is None:
            return
        file, self._file = self._file, None
        seconds = self._frames / self._rate
        with contextlib.suppress(RuntimeError):  # the disk is full: keep what was written before
            file.close()
        if seconds < LEAST_SECONDS:
            self._begun.discard()
            return
        self._begun.finish()
        self._seconds_before += seconds
        self._kept.append(
            f"{self._path.name}: {seconds:.1f} s of {'defective' if self._defect else 'good'} sound recorded"
        )

    def close(self) -> list[str]:
        """Finish the recording; returns a sentence per file since the last call. May be called twice."""
        try:
            self._finish()
        except OSError as error:
            self._kept.append(f"{self._path.name}: cannot be kept ({error.strerror or error})")
        kept, self._kept = self._kept, []
        return kept or [f"nothing was recorded: it takes {LEAST_SECONDS} s at least"]

    def state(self) -> SoundRecording:
        """Return what the screen shows: seconds recorded so far, current file, fault."""
        current = self._frames / self._rate if self._file is not None else 0.0
        return SoundRecording(self._seconds_before + current, self._path.name, self.note, self._defect)
