"""Good pictures from the camera straight into the recipe."""

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
"""From one stored picture to the next: time enough to move the part a little."""
RATE_SECONDS = 5.0
"""What was stored in so long makes the rate."""
LOOKED_BACK = 40
LEAST_COMPARED = 10


class ImageCapture:
    """Stores pictures as `000042-taken-20261124-141530.png`, without loss.

    `wants` is for the station's thread, `write` for a thread that may wait for the disk, `state` for any.
    """

    def __init__(self, folder: Path, wanted: int | None, health: CameraHealth, *, defect: bool = False) -> None:
        """`wanted` pictures, or until it is ended. `health` knows no taught pictures: what differs from them may well
        be what shall be taught now. Raises GoodpartError where nothing can be written."""
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
        return self._wanted is not None and self._stored >= self._wanted

    def wants(self, frame: Frame | None, status: SourceStatus, now: float) -> bool:
        """Whether this frame shall be stored."""
        self._fault = self._health.check(frame, status, now) or ""
        self._taken = tuple(at for at in self._taken if at > now - RATE_SECONDS)
        if frame is None or self._fault or self.complete or now < self._due:
            return False
        self._due = now + INTERVAL_SECONDS
        self._taken = (*self._taken, now)
        return True

    def write(self, picture: Picture) -> None:
        """Raises OSError (disk full)."""
        place = self._folder / f"{self._number:06d}-taken-{time.strftime('%Y%m%d-%H%M%S')}.png"
        whole, data = cv2.imencode(".png", picture)
        if not whole:
            raise OSError(f"{place}: the picture cannot be encoded")
        write_bytes(place, data.tobytes())
        self._number += 1
        self._stored += 1
        self._file = place.name
        self._last.append(thumbnail(picture))
        self._alike = self._likeness()

    def _likeness(self) -> str:
        """A word on variety: a hundred pictures of one part that lies still teach no more than one."""
        count = len(self._last)
        if count < LEAST_COMPARED or len(set(near_duplicates(list(self._last)).tolist())) > 0.2 * count:
            return ""
        return f"the last {count} pictures are nearly the same: move the part a little"

    def state(self) -> PictureCapture:
        taken = self._taken
        rate = (len(taken) - 1) / (taken[-1] - taken[0]) if len(taken) > 1 else None
        return PictureCapture(self._stored, self._wanted, self._file, self._fault or self._alike, self.defect, rate)

    def outcome(self) -> str:
        """What became of it, in a sentence."""
        kind = "defective" if self.defect else "good"
        many = "1 picture" if self._stored == 1 else f"{self._stored} pictures"
        return f"{many} of {kind} parts stored in {self._folder.parent.name}/{self._folder.name}"
