"""What is being stored into a recipe, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preview:
    """The last judged picture, small and grey: rows of 0..255."""

    width: int
    height: int
    grey: bytes


@dataclass(frozen=True)
class Level:
    """How loud it is, in dB of full scale: a sine as loud as it can be has a peak of 0 and an RMS of -3."""

    rms: float
    """Of the newest 0.1 s."""
    peak: float
    hold: float
    """The highest peak of the last seconds."""
    clipped: bool
    """Samples stood at full scale in the last seconds."""


@dataclass(frozen=True)
class SoundRecording:
    """Good sound that is being recorded into the recipe."""

    seconds: float
    file: str
    note: str = ""
    """What is wrong with it, in words: it clips, it is silent."""
    defect: bool = False
    """Put aside, only ever to test with."""


@dataclass(frozen=True)
class InventorySummary:
    """What the recipe holds of one sense."""

    good: int = 0
    """Pictures or recordings to learn from."""
    defect: int = 0
    """Only ever to test with."""
    recent: tuple[Preview, ...] = ()
    """The newest good pictures, the newest last; empty for sound."""
    seconds: float = 0.0
    """Of all good recordings together."""
    recent_defect: tuple[Preview, ...] = ()
    """The newest defective pictures, the newest last; empty for sound."""


@dataclass(frozen=True)
class Meters:
    """Light and sharpness of the picture that is seen, beside what the model in use was taught."""

    brightness: float
    """Mean grey level, 0..255."""
    saturated: float
    """Share of white pixels."""
    sharpness: float
    taught_brightness: tuple[float, float] | None = None
    taught_sharpness: float | None = None
    """The least that is usual."""


@dataclass(frozen=True)
class PictureCapture:
    """Pictures that are being stored into the recipe."""

    stored: int
    wanted: int | None
    """None until it is ended."""
    file: str = ""
    """The newest."""
    note: str = ""
    """Why nothing is stored just now, or what would make them better, in words."""
    defect: bool = False
    """Put aside, only ever to test with."""
    per_second: float | None = None
    """How many were stored a second of late; None while that cannot be told."""


@dataclass(frozen=True)
class ReviewItem:
    """A picture that is offered as teaching material."""

    file: str
    """In the recipe's folder."""
    good: bool
    """Of a good part, or of a defective one."""
    preview: Preview


@dataclass(frozen=True)
class ReviewQueue:
    """Teaching material from the operator's words that nobody has accepted or discarded yet: files."""

    good_images: int = 0
    defect_images: int = 0
    good_sound: int = 0
    defect_sound: int = 0
    told: str = ""
    """What became of those that were accepted or discarded last, in a sentence."""
    recent: tuple[ReviewItem, ...] = ()
    """The newest pictures of either kind, the newest last."""

    @property
    def count(self) -> int:
        return self.good_images + self.defect_images + self.good_sound + self.defect_sound
