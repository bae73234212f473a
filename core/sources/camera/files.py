"""Files in place of a camera: a video, or a folder of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.errors import UnreadableError
from core.features.image.picture import decode_picture
from core.runtime.listing import PICTURE_SUFFIXES, files_in
from core.runtime.opencv import cv2
from core.samples import Picture
from core.sources.camera.base import CameraSettings
from core.sources.camera.opencv_camera import retrieved
from core.sources.camera.reader import SourceLost


class Video:
    """A Device that plays a video file at its own rate, or at that of the settings if the file names none."""

    ended = "the video has ended"
    note = ""

    def __init__(self, path: Path, settings: CameraSettings) -> None:
        """Raises SourceLost if the file is missing or not a video."""
        self._path = path
        self._loop = settings.loop
        self._capture = _opened(path)
        self._frames = 0
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.interval: float | None = 1 / (rate if 0.1 <= rate <= 240 else settings.fps)
        self.decode_all = not settings.loop

    def grab(self) -> bool:
        """Go to the next frame; False at the end of a file that is not looped. Raises SourceLost."""
        while not self._capture.grab():
            if self._frames == 0:
                raise SourceLost(f"{self._path} holds no picture that can be decoded: is it a video?")
            if not self._loop:
                return False
            # Reopen the file: not every container can be rewound.
            self._capture.release()
            self._capture = _opened(self._path)
            self._frames = 0
        self._frames += 1
        return True

    def retrieve(self) -> Picture | None:
        """Decode the grabbed frame; None if it is damaged."""
        return retrieved(self._capture)

    def close(self) -> None:
        """Close the file."""
        self._capture.release()


def _opened(path: Path) -> Any:
    if not path.is_file():
        raise SourceLost(f"{path} is not there any more")
    attempts: list[tuple[int, list[int]]] = [(cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])]
    if path.suffix.lower() == ".avi":
        # This reader can skip a frame of motion JPEG without decoding it; FFmpeg cannot.
        attempts.insert(0, (cv2.CAP_OPENCV_MJPEG, []))
    for backend, options in attempts:
        capture = cv2.VideoCapture(str(path), backend, options)
        if capture.isOpened():
            return capture
        capture.release()
    raise SourceLost(f"{path} cannot be opened as a video: is it one, and whole?")


class Folder:
    """A Device that shows a folder of pictures, or one picture, in natural order at the rate of the settings.

    A picture that cannot be decoded is skipped and reported in `note`. The folder is listed again in every round.
    """

    def __init__(self, path: Path, settings: CameraSettings) -> None:
        """Raises SourceLost if the folder cannot be read or holds no picture."""
        self._path = path
        self._loop = settings.loop
        self.interval: float | None = 1 / settings.fps
        self.decode_all = not settings.loop
        self._unreadable: dict[Path, str] = {}
        self._files = pictures_at(path)
        self._next = 0
        self._shown = False

    @property
    def note(self) -> str:
        """How many pictures are skipped now, with the first reason; empty if all can be decoded."""
        if not self._unreadable:
            return ""
        count = len(self._unreadable)
        first = next(iter(self._unreadable.values()))
        return f"{count} picture{'s' * (count > 1)} skipped: {first}" + (" and others" if count > 1 else "")

    @property
    def ended(self) -> str:
        """The message after the last picture."""
        return "all pictures were shown" + (f" ({self.note})" if self._unreadable else "")

    def grab(self) -> bool:
        """Go to the next picture; False at the end of a folder that is not looped. Raises SourceLost."""
        if self._next >= len(self._files):
            if not self._loop:
                return False
            self._files = pictures_at(self._path)
            self._next = 0
        self._next += 1
        return True

    def retrieve(self) -> Picture | None:
        """The grabbed picture, or the next one that can be decoded; None at the end of a folder that is not looped.

        uint8 (height, width, 3), BGR. Raises SourceLost if no picture of the folder can be decoded.
        """
        for _ in range(len(self._files)):
            path = self._files[self._next - 1]
            try:
                picture = decode_picture(path)
            except UnreadableError as error:
                self._unreadable[path] = str(error)
                if not self.grab():
                    break
            else:
                self._unreadable.pop(path, None)
                self._shown = True
                return picture
        if self._shown:
            return None
        raise SourceLost(f"{self._path}: none of its {len(self._files)} pictures can be decoded")

    def close(self) -> None:
        """Do nothing: no file stays open."""


def pictures_at(path: Path) -> list[Path]:
    """The pictures of a folder in natural order (2 before 10), or the one picture itself. Raises SourceLost."""
    try:
        files = [path] if path.is_file() else files_in(path, PICTURE_SUFFIXES)
    except OSError as error:
        raise SourceLost(f"{path} cannot be read ({error.strerror or error})") from error
    if not files:
        raise SourceLost(f"{path} holds no pictures ({', '.join(sorted(PICTURE_SUFFIXES))})")
    return files
