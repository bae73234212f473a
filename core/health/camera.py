"""Checks whether a picture can be trusted: a dark, blurred or frozen picture gives UNKNOWN, never OK."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np

from core.errors import GoodpartError
from core.runtime.opencv import cv2
from core.samples import Frame, Picture
from core.state.source_status import SourceStatus

WHITE = 250
"""Grey level: pixels at or above it count as saturated."""
DARK_SHARE, DARK_MOST, DARK_UNTAUGHT = 0.4, 60.0, 8.0
"""A picture is dark below this share of the lowest taught brightness, but only below the grey level DARK_MOST; without
taught pictures below the grey level DARK_UNTAUGHT."""
SATURATED_MORE, SATURATED_UNTAUGHT = 0.25, 0.97
"""Shares of white pixels: how much more than taught is allowed, and the limit without taught pictures."""
BLUR_SHARE = 0.3
"""Share of the usual lower end of the taught sharpness below which a picture is blurred."""


@dataclass(frozen=True)
class PictureMeasures:
    """The measures of one picture that the health check uses."""

    brightness: float
    """Mean grey level, 0..255."""
    saturated: float
    """Share of pixels at or above grey level 250, 0..1."""
    sharpness: float
    """Variance of the Laplacian of the grey picture, reduced to a width of 256 pixels if it is wider."""
    width: int
    height: int


def measure(picture: Picture) -> PictureMeasures:
    """Return the measures of a picture of any size; takes about a millisecond at 1920 x 1080."""
    return measured(grey_for_health(picture), picture)


def measured(grey: Picture, picture: Picture) -> PictureMeasures:
    """Return the measures of a picture from `grey`, its `grey_for_health`."""
    height, width = picture.shape[:2]
    thumbnail = grey
    if width > 256:
        thumbnail = cv2.resize(grey, (256, max(1, round(height * 256 / width))), interpolation=cv2.INTER_AREA)
    deviation = cv2.meanStdDev(cv2.Laplacian(thumbnail, cv2.CV_32F))[1]
    return PictureMeasures(
        brightness=float(cv2.mean(grey)[0]),
        saturated=float(np.count_nonzero(grey >= WHITE)) / grey.size,
        sharpness=float(deviation[0, 0]) ** 2,
        width=width,
        height=height,
    )


def grey_for_health(picture: Picture) -> Picture:
    """Return the picture in grey, uint8 (height, width), at most 512 pixels wide.

    It is sampled, because averaging all pixels would take ten times as long.
    """
    height, width = picture.shape[:2]
    if width > 512:
        picture = cv2.resize(picture, (512, max(1, round(height * 512 / width))), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


@dataclass(frozen=True)
class TaughtPictures:
    """The measures of the taught pictures, stored in the bundle's manifest."""

    brightness_low: float
    brightness_high: float
    saturated_high: float
    sharpness_low: float
    """Usual lower end: 5 % of the taught pictures are less sharp."""
    width: int | None
    """None, like `height`, if the taught pictures differ in size."""
    height: int | None

    @classmethod
    def of(cls, measures: Iterable[PictureMeasures]) -> Self:
        """Summarize the measures of the taught pictures. Raises GoodpartError if there are none."""
        taught = list(measures)
        if not taught:
            raise GoodpartError("no good pictures were measured: teach some first")
        sharpness = np.array([m.sharpness for m in taught])
        sizes = {(m.width, m.height) for m in taught}
        width, height = sizes.pop() if len(sizes) == 1 else (None, None)
        return cls(
            brightness_low=min(m.brightness for m in taught),
            brightness_high=max(m.brightness for m in taught),
            saturated_high=max(m.saturated for m in taught),
            # Low enough that no taught picture itself counts as blurred.
            sharpness_low=min(float(np.quantile(sharpness, 0.05)), 0.9 / BLUR_SHARE * float(sharpness.min())),
            width=width,
            height=height,
        )

    def to_json(self) -> dict[str, float | int | None]:
        """Return the fields by name, as JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Self:
        """Read what `to_json` returns. Raises GoodpartError if a number is missing or invalid."""

        def number(name: str) -> float:
            value = data.get(name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise GoodpartError(f"the model's data about the camera has no number for {name}: train again")
            return float(value)

        sized = data.get("width") is not None and data.get("height") is not None
        return cls(
            brightness_low=number("brightness_low"),
            brightness_high=number("brightness_high"),
            saturated_high=number("saturated_high"),
            sharpness_low=number("sharpness_low"),
            width=int(number("width")) if sized else None,
            height=int(number("height")) if sized else None,
        )


@dataclass(frozen=True)
class CameraHealthSettings:
    """The time limits of the health check."""

    no_frame_after: float = 1.0
    """Seconds without a frame until this is a fault. A slower source gets three of its own frame intervals."""
    frozen_after: float | None = 2.0
    """Seconds of new, byte-identical frames until this is a fault. None for sources that may repeat a picture, such as
    a folder of pictures (core.sources.camera_address.shows_stills)."""


class CameraHealth:
    """Checks every frame before it is judged. It has no clock of its own; only one thread may use it."""

    def __init__(self, taught: TaughtPictures | None, settings: CameraHealthSettings | None = None) -> None:
        """`taught` is None before the first training; the check then uses fixed limits."""
        self._taught = taught
        self._settings = settings or CameraHealthSettings()
        self._last_at: float | None = None
        self._last_number = 0
        self._rows: Picture | None = None
        self._same_since = 0.0
        self._frozen_fault: str | None = None
        self._picture_fault: str | None = None
        self.grey: Picture | None = None
        """`grey_for_health` of the newest frame, so that others need not compute it again."""
        self.measures: PictureMeasures | None = None
        """The measures of the newest frame."""

    def check(self, frame: Frame | None, status: SourceStatus, now: float) -> str | None:
        """Return why the picture cannot be trusted, as text for the verdict's reason; None if it can.

        `frame` is the frame to be judged, or None if the source has no new one. `now` is time.monotonic().
        """
        if frame is not None:
            self._last_at = frame.at
            self._picture_fault = self._fault_of(frame)
        if status.state != "live":
            return _named(status.message or f"{status.address} is {status.state}")
        return self._missing(status, now) or self._picture_fault

    def _missing(self, status: SourceStatus, now: float) -> str | None:
        if self._last_at is None:
            return "camera: no picture yet"
        age = now - self._last_at
        slowest = max(self._settings.no_frame_after, 3 / status.fps if status.fps > 0 else 0.0)
        return f"camera: no picture for {age:.1f} s" if age > slowest else None

    def _fault_of(self, frame: Frame) -> str | None:
        self.grey = grey_for_health(frame.picture)
        self.measures = measures = measured(self.grey, frame.picture)
        # A black or white picture repeats too; the text about darkness or brightness is more useful than "frozen".
        frozen = self._frozen(frame)
        return (
            _other_size(measures, self._taught)
            or _dark(measures, self._taught)
            or _saturated(measures, self._taught)
            or frozen
            or _blurred(measures, self._taught)
        )

    def _frozen(self, frame: Frame) -> str | None:
        after = self._settings.frozen_after
        if after is None or frame.number == self._last_number:
            return self._frozen_fault
        self._last_number = frame.number
        # The noise of a working sensor changes every row, so every 16th row is enough.
        rows = frame.picture[::16].copy()
        if self._rows is None or not np.array_equal(rows, self._rows):
            self._rows, self._same_since = rows, frame.at
        same_for = frame.at - self._same_since
        self._frozen_fault = f"camera: picture frozen for {same_for:.0f} s" if same_for >= after else None
        return self._frozen_fault


def _named(message: str) -> str:
    return message if message.startswith("camera") else f"camera: {message}"


def _other_size(measures: PictureMeasures, taught: TaughtPictures | None) -> str | None:
    if taught is None or taught.width is None or (measures.width, measures.height) == (taught.width, taught.height):
        return None
    return (
        f"camera: picture is {measures.width} x {measures.height}, taught were {taught.width} x {taught.height}: "
        "set the camera's size in recipe.toml or teach again"
    )


def _dark(measures: PictureMeasures, taught: TaughtPictures | None) -> str | None:
    limit = DARK_UNTAUGHT if taught is None else min(DARK_MOST, DARK_SHARE * taught.brightness_low)
    if measures.brightness >= limit:
        return None
    known = f", taught {taught.brightness_low:.0f}-{taught.brightness_high:.0f}" if taught else ""
    return f"camera: picture too dark (brightness {measures.brightness:.0f}{known}): check light and exposure"


def _saturated(measures: PictureMeasures, taught: TaughtPictures | None) -> str | None:
    if taught is None:
        limit = SATURATED_UNTAUGHT
    else:
        # On a white background most pixels are white anyway: then 80 % of the other pixels must turn white.
        limit = min(taught.saturated_high + SATURATED_MORE, 1 - 0.2 * (1 - taught.saturated_high))
    if measures.saturated <= limit or limit >= 1:
        return None
    known = f", taught at most {taught.saturated_high:.0%}" if taught else ""
    return f"camera: picture too bright ({measures.saturated:.0%} is white{known}): check light and exposure"


def _blurred(measures: PictureMeasures, taught: TaughtPictures | None) -> str | None:
    if taught is None or measures.sharpness >= BLUR_SHARE * taught.sharpness_low:
        return None
    return (
        f"camera: picture blurred or empty (sharpness {measures.sharpness:.3g}, taught {taught.sharpness_low:.3g} "
        "and more): check focus and lens, and that a part is there"
    )
