"""Evidence files of anomalies beside the journal: pictures and sounds, limited in number; the oldest go first."""

from __future__ import annotations

import time
from pathlib import Path

from core.journal.sound_excerpt import SoundExcerpt
from core.runtime.atomic_files import write_bytes
from core.runtime.opencv import cv2
from core.samples import Picture

STAMP = "[0-9]" * 8 + "-" + "[0-9]" * 6 + "-" + "[0-9]" * 3
"""Pattern of the names of evidence files; other files in the folder are never removed."""
SOUND_SUFFIXES = (".json", ".flac")
"""Suffixes of the trace of a sound and of the sound."""


def name_at(at: float, suffix: str = ".jpg") -> str:
    """The file name for a verdict at time.time() `at`: `20261123-141530-123.jpg`, in local time."""
    return time.strftime("%Y%m%d-%H%M%S", time.localtime(at)) + f"-{int(at % 1 * 1000):03d}{suffix}"


class _EvidenceFiles:
    def __init__(self, folder: Path, most: int, megabytes: float, suffixes: tuple[str, ...]) -> None:
        self._folder = folder
        self._most = most
        self._bytes = megabytes * 1e6
        self._suffixes = suffixes

    def _store(self, at: float, *contents: bytes) -> list[Path]:
        """Write one file per suffix; return their paths, empty if they are too big. Raises OSError."""
        size = sum(map(len, contents))
        if size > self._bytes:
            return []
        self._folder.mkdir(exist_ok=True)
        self._make_room(size)
        paths = [self._folder / name_at(at, suffix) for suffix in self._suffixes]
        try:
            for path, content in zip(paths, contents, strict=True):
                write_bytes(path, content, flush=False)  # the journal row and all later rows wait for this
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
    """Keeps pictures. `keep` takes up to 20 ms: call it on a worker thread, one call at a time."""

    def __init__(self, folder: Path, most: int, megabytes: float) -> None:
        super().__init__(folder, most, megabytes, (".jpg",))

    def keep(self, picture: Picture, at: float) -> Path | None:
        """Store a picture (JPEG). Return its path, None if the limits allow no picture. Raises OSError (disk full)."""
        if self._most == 0:
            return None
        encoded, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
        return next(iter(self._store(at, data.tobytes())), None) if encoded else None


class EvidenceSounds(_EvidenceFiles):
    """Keeps the last seconds of sound before an alarm. Call `keep` on a worker thread, one call at a time."""

    def __init__(self, folder: Path, most: int, megabytes: float) -> None:
        super().__init__(folder, most, megabytes, SOUND_SUFFIXES)

    def keep(self, heard: SoundExcerpt, at: float) -> tuple[Path, Path] | None:
        """Store the trace of the scores and the sound (FLAC, 16 bits, its own rate).

        Return both paths, None if the limits allow no sound. Raises OSError (disk full), and RuntimeError for a rate
        that FLAC does not support.
        """
        if self._most == 0:
            return None
        import io

        import soundfile

        sound = io.BytesIO()
        soundfile.write(sound, heard.sound.clip(-1, 1), heard.rate, "PCM_16", format="FLAC")
        stored = self._store(at, heard.to_json().encode(), sound.getvalue())
        return (stored[0], stored[1]) if stored else None
