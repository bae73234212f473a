"""Stores pictures from the camera directly in the recipe."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path

from core.dataset.material_files import next_number
from core.dataset.near_duplicates import Thumbnail, near_duplicates, thumbnail
from core.errors import GoodpartError
from core.health.camera import CameraHealth
from core.runtime.atomic_files import write_bytes
from core.runtime.opencv import cv2
from core.samples import Frame, Picture
from core.state.material import PictureCapture
from core.state.source_status import SourceStatus

INTERVAL_SECONDS = 0.5
"""Seconds between two stored pictures: enough time to move the part a little."""
RATE_SECONDS = 5.0
"""Seconds over which the rate of stored pictures is measured."""
LOOKED_BACK = 40
"""Number of newest pictures that are compared with each other."""
LEAST_COMPARED = 10
"""Number of pictures from which a lack of variety is reported."""


class ImageCapture:
    """Stores pictures losslessly as `000042-taken-20261124-141530.png`.

    Call `wants` from the station's thread, `write` from a thread that may wait for the disk, `state` from any thread.
    """

    def __init__(self, folder: Path, wanted: int | None, health: CameraHealth, *, defect: bool = False) -> None:
        """Store `wanted` pictures; None means without limit. `health` must not compare with the taught pictures: the
        new ones may differ from them on purpose. Raises GoodpartError if the folder cannot be written."""
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._number = next_number(folder)
        except OSError as error:
            raise GoodpartError(f"{folder}: cannot be written ({error.strerror or error})") from error
        self._wanted = wanted
        self._health = health
        self.defect = defect
        self._due = float("-inf")
        self._stored = 0
        self._taken: tuple[float, ...] = ()
        self._file = ""
        self._fault = ""
        self._alike = ""
        self._last: deque[Thumbnail] = deque(maxlen=LOOKED_BACK)

    @property
    def complete(self) -> bool:
        """Whether as many pictures are stored as were wanted."""
        return self._wanted is not None and self._stored >= self._wanted

    def wants(self, frame: Frame | None, status: SourceStatus, now: float) -> bool:
        """Return whether this frame must be stored. `now` is time.monotonic()."""
        self._fault = self._health.check(frame, status, now) or ""
        self._taken = tuple(taken for taken in self._taken if taken > now - RATE_SECONDS)
        if frame is None or self._fault or self.complete or now < self._due:
            return False
        self._due = now + INTERVAL_SECONDS
        self._taken = (*self._taken, now)
        return True

    def write(self, picture: Picture) -> None:
        """Store a picture, uint8 (height, width, 3). Raises OSError (disk full)."""
        path = self._folder / f"{self._number:06d}-taken-{time.strftime('%Y%m%d-%H%M%S')}.png"
        encoded, data = cv2.imencode(".png", picture)
        if not encoded:
            raise OSError(f"{path}: the picture cannot be encoded")
        write_bytes(path, data.tobytes())
        self._number += 1
        self._stored += 1
        self._file = path.name
        self._last.append(thumbnail(picture))
        self._alike = self._likeness()

    def _likeness(self) -> str:
        """Return a warning if the newest pictures lack variety, otherwise "": a hundred pictures of a part that does
        not move teach no more than one."""
        count = len(self._last)
        if count < LEAST_COMPARED or len(set(near_duplicates(list(self._last)).tolist())) > 0.2 * count:
            return ""
        return f"the last {count} pictures are nearly the same: move the part a little"

    def state(self) -> PictureCapture:
        """Return what the screen shows: pictures stored and wanted, newest file, warning, pictures per second."""
        taken = self._taken
        rate = (len(taken) - 1) / (taken[-1] - taken[0]) if len(taken) > 1 else None
        return PictureCapture(self._stored, self._wanted, self._file, self._fault or self._alike, self.defect, rate)

    def outcome(self) -> str:
        """Return the result in a sentence."""
        kind = "defective" if self.defect else "good"
        many = "1 picture" if self._stored == 1 else f"{self._stored} pictures"
        return f"{many} of {kind} parts stored in {self._folder.parent.name}/{self._folder.name}"
