"""Pictures of anomalies, kept beside the journal: a bounded number, the oldest go first."""

from __future__ import annotations

import time
from pathlib import Path

from core.sources.base import Picture
from core.sources.opencv import cv2

NAMED = "[0-9]" * 8 + "-" + "[0-9]" * 6 + "-" + "[0-9]" * 3 + ".jpg"
"""What others put into the folder is not ours to remove."""


def name_at(at: float) -> str:
    """`20261123-141530-123.jpg` of a picture that was called at time.time() `at`."""
    return time.strftime("%Y%m%d-%H%M%S", time.localtime(at)) + f"-{int(at % 1 * 1000):03d}.jpg"


class KeptPictures:
    """`keep` may take 20 ms and raise OSError (disk full): call it on a worker thread, one at a time."""

    def __init__(self, folder: Path, most: int, megabytes: float) -> None:
        self._folder = folder
        self._most = most
        self._bytes = megabytes * 1e6

    def keep(self, picture: Picture, at: float) -> Path | None:
        """Store a picture as `20261123-141530-123.jpg`; gives its path, or None where nothing shall be kept."""
        if self._most == 0:
            return None
        done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
        if not done or data.nbytes > self._bytes:
            return None
        self._folder.mkdir(exist_ok=True)
        self._make_room(data.nbytes)
        path = self._folder / name_at(at)
        try:
            path.write_bytes(data.tobytes())
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path

    def _make_room(self, size: int) -> None:
        stored = sorted((p.name, p.stat().st_size, p) for p in self._folder.glob(NAMED))
        total = sum(s for _, s, _ in stored) + size
        while stored and (len(stored) >= self._most or total > self._bytes):
            _, freed, oldest = stored.pop(0)
            oldest.unlink(missing_ok=True)
            total -= freed
