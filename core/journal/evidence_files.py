"""What was called out, kept beside the journal: pictures, sounds; a bounded number, the oldest go first."""

from __future__ import annotations

import time
from pathlib import Path

from core.journal.sound_excerpt import SoundExcerpt
from core.runtime.atomic_files import write_bytes
from core.runtime.opencv import cv2
from core.samples import Picture

STAMP = "[0-9]" * 8 + "-" + "[0-9]" * 6 + "-" + "[0-9]" * 3
"""What others put into the folder is not ours to remove."""
SOUND_SUFFIXES = (".json", ".flac")
"""The trace of a sound, and the sound."""


def name_at(at: float, suffix: str = ".jpg") -> str:
    """`20261123-141530-123.jpg` of a picture that was called at time.time() `at`."""
    return time.strftime("%Y%m%d-%H%M%S", time.localtime(at)) + f"-{int(at % 1 * 1000):03d}{suffix}"


class _EvidenceFiles:
    def __init__(self, folder: Path, most: int, megabytes: float, suffixes: tuple[str, ...]) -> None:
        self._folder = folder
        self._most = most
        self._bytes = megabytes * 1e6
        self._suffixes = suffixes

    def _store(self, at: float, *contents: bytes) -> list[Path]:
        """A file for each suffix; none where they are too big. Raises OSError."""
        size = sum(map(len, contents))
        if size > self._bytes:
            return []
        self._folder.mkdir(exist_ok=True)
        self._make_room(size)
        paths = [self._folder / name_at(at, suffix) for suffix in self._suffixes]
        try:
            for path, content in zip(paths, contents, strict=True):
                write_bytes(path, content, flush=False)  # the row waits for it, and later rows must not overtake it
        except OSError:
            for path in paths:
                path.unlink(missing_ok=True)
            raise
        return paths

    def _make_room(self, size: int) -> None:
        stored: dict[str, list[Path]] = {}
        for suffix in self._suffixes:
            for path in self._folder.glob(STAMP + suffix):
                stored.setdefault(path.stem, []).append(path)
        sizes = {stem: sum(path.stat().st_size for path in paths) for stem, paths in stored.items()}
        total = sum(sizes.values()) + size
        for stem in sorted(stored):
            if len(stored) < self._most and total <= self._bytes:
                return
            for path in stored.pop(stem):
                path.unlink(missing_ok=True)
            total -= sizes[stem]


class EvidencePictures(_EvidenceFiles):
    """`keep` may take 20 ms and raise OSError (disk full): call it on a worker thread, one at a time."""

    def __init__(self, folder: Path, most: int, megabytes: float) -> None:
        super().__init__(folder, most, megabytes, (".jpg",))

    def keep(self, picture: Picture, at: float) -> Path | None:
        """Store a picture; gives its path, or None where nothing shall be kept."""
        if self._most == 0:
            return None
        done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
        return next(iter(self._store(at, data.tobytes())), None) if done else None


class EvidenceSounds(_EvidenceFiles):
    """The same for the last seconds of sound."""

    def __init__(self, folder: Path, most: int, megabytes: float) -> None:
        super().__init__(folder, most, megabytes, SOUND_SUFFIXES)

    def keep(self, heard: SoundExcerpt, at: float) -> tuple[Path, Path] | None:
        """Store the trace of the scores and the sound (flac, 16 bits, its own rate); gives their paths, or None where
        nothing shall be kept. Raises OSError, and RuntimeError for a rate that flac does not know."""
        if self._most == 0:
            return None
        import io

        import soundfile

        sound = io.BytesIO()
        soundfile.write(sound, heard.sound.clip(-1, 1), heard.rate, "PCM_16", format="FLAC")
        stored = self._store(at, heard.to_json().encode(), sound.getvalue())
        return (stored[0], stored[1]) if stored else None
