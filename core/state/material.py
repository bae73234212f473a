"""The training material of a recipe: what is being stored, what is stored, what waits for review."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preview:
    """A small grey copy of a picture."""

    width: int
    height: int
    grey: bytes
    """Grey levels 0..255, one byte per pixel, row by row."""


@dataclass(frozen=True)
class Level:
    """Loudness in dB of full scale: the loudest possible sine has a peak of 0 and an RMS of -3."""

    rms: float
    """RMS of the newest 0.1 s."""
    peak: float
    """Peak of the newest 0.1 s."""
    hold: float
    """The highest peak of the last 2 s."""
    clipped: bool
    """True if samples reached full scale in the last 2 s."""


@dataclass(frozen=True)
class SoundRecording:
    """The progress of sound that is being recorded into the recipe."""

    seconds: float
    """Length so far."""
    file: str
    note: str = ""
    """What is wrong with the sound, for example that it clips or is silent; empty if it is usable."""
    defect: bool = False
    """True if the sound goes into the defect folder, which is only used for tests."""


@dataclass(frozen=True)
class InventorySummary:
    """The material of one sense that the recipe contains."""

    good: int = 0
    """Number of good pictures or recordings, which the training uses."""
    defect: int = 0
    """Number of defective pictures or recordings, which are only used for tests."""
    recent: tuple[Preview, ...] = ()
    """The most recent good pictures, the newest last; empty for sound."""
    seconds: float = 0.0
    """Total length of all good recordings."""
    recent_defect: tuple[Preview, ...] = ()
    """The most recent defective pictures, the newest last; empty for sound."""


@dataclass(frozen=True)
class Meters:
    """Brightness and sharpness of the current picture, with the values of the pictures that the model was taught."""

    brightness: float
    """Mean grey level, 0..255."""
    saturated: float
    """Share of white pixels, 0..1."""
    sharpness: float
    """Variance of the Laplacian (core/health/camera.py)."""
    taught_brightness: tuple[float, float] | None = None
    """The lowest and the highest brightness of the taught pictures."""
    taught_sharpness: float | None = None
    """The lower end of the usual sharpness."""


@dataclass(frozen=True)
class PictureCapture:
    """The progress of pictures that are being stored into the recipe."""

    stored: int
    """Number of pictures stored so far."""
    wanted: int | None
    """Number of pictures to store; None if the capture continues until it is ended."""
    file: str = ""
    """The newest file."""
    note: str = ""
    """Why no picture is stored at the moment, or how to get better ones; may be empty."""
    defect: bool = False
    """True if the pictures go into the defect folder, which is only used for tests."""
    per_second: float | None = None
    """Recently stored pictures per second; None while there are too few to measure it."""


@dataclass(frozen=True)
class ReviewItem:
    """A picture that waits for the operator to accept it as training material."""

    file: str
    """Path inside the recipe's folder."""
    good: bool
    """True if the picture shows a good part, False if it shows a defective one."""
    preview: Preview


@dataclass(frozen=True)
class ReviewQueue:
    """Numbers of files that come from the operator's corrections and are neither accepted nor discarded yet."""

    good_images: int = 0
    defect_images: int = 0
    good_sound: int = 0
    defect_sound: int = 0
    told: str = ""
    """One sentence: the result of the last accept or discard."""
    recent: tuple[ReviewItem, ...] = ()
    """The most recent pictures, good and defective, the newest last."""

    @property
    def count(self) -> int:
        """The number of all files in the queue."""
        return self.good_images + self.defect_images + self.good_sound + self.defect_sound
