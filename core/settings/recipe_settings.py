"""The tables of recipe.toml: each setting with its default, bounds and explanation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.methods import choices_text, default_method, methods_of
from core.settings.output_tables import OUTPUT_TABLES
from core.settings.schema import between, named_tables, one_of, section, setting
from core.state.verdict import RULE_NAMES

LEAST_RATE, MOST_RATE = 0.0001, 0.5
"""Shares of good parts, 0..1: the lowest and the highest false-alarm target."""
MODES = ("continuous", "single")
_RULE_TEXT = "how density and reconstruction error are combined: default (the method's own), " + ", ".join(RULE_NAMES)
_THRESHOLDS_TEXT = "written by goodpart (key s, goodpart calibrate)"


def _region(value: tuple[float, float, float, float]) -> str | None:
    x, y, w, h = value
    fits = x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= 1.000001 and y + h <= 1.000001
    return None if fits else "must be [x, y, width, height] as fractions that stay within the picture"


@dataclass(frozen=True)
class CameraTable:
    """The table [camera]."""

    source: str = setting(
        "0", 'index ("0"), video file, folder of pictures, rtsp:// or http:// address, or "simulated"'
    )
    width: int = setting(1920, "width requested from the camera, in pixels", between(16, 16384))
    height: int = setting(1080, "height requested from the camera, in pixels", between(16, 16384))
    fps: float = setting(
        30.0, "pictures per second requested from the camera; also the rate of a folder of pictures", between(0.1, 1000)
    )
    loop: bool = setting(True, "repeat a video file or a folder when it ends")
    region: tuple[float, float, float, float] = setting(
        (0.0, 0.0, 1.0, 1.0), "region of interest: x, y, width, height as fractions of the picture", _region
    )
    seed: int = setting(0, "random seed for the parts that the simulated bench shows", between(0, 2**31 - 1))
    always: bool = setting(False, "use the camera even if no pictures are taught yet")


@dataclass(frozen=True)
class ThresholdTable:
    """The table [image.thresholds] or [sound.thresholds]."""

    density: float | None = setting(None, "a lower density alone would raise an alarm")
    reconstruction_error: float | None = setting(None, "a higher reconstruction error alone would raise an alarm")
    model: str | None = setting(None, "id of the model that they belong to; another model uses its own thresholds")
    by: str | None = setting(None, "how they were set")


def _span(value: tuple[float, float] | None) -> str | None:
    usable = value is None or (value[0] < value[1] and math.isfinite(value[1] - value[0]))
    return None if usable else "must be [low, high], the lower one first"


@dataclass(frozen=True)
class KnobTable:
    """The table of one knob, such as [image.knobs.density]."""

    range: str = setting(
        "span",
        '"span": a full turn covers `span`; "raw": the number that the knob sends is the threshold',
        one_of("span", "raw"),
    )
    span: tuple[float, float] | None = setting(
        None, "[low, high]: thresholds at the ends of the turn; if left out, around the calibrated threshold", _span
    )


@dataclass(frozen=True)
class KnobTables:
    """The tables [image.knobs] and [sound.knobs]: what both knobs mean for one sense."""

    density: KnobTable = section(KnobTable, "the knob of the density threshold")
    reconstruction_error: KnobTable = section(KnobTable, "the knob of the reconstruction-error threshold")


@dataclass(frozen=True)
class KnobsTable:
    """The table [knobs]."""

    port: str = setting(
        "", 'serial port of the knob board: "/dev/ttyUSB0", "COM12", "simulated"; "" if there is no board'
    )


@dataclass(frozen=True)
class ImageTable:
    """The table [image]."""

    method: str = setting(default_method("image"), choices_text("image"), one_of(*methods_of("image")))
    rule: str = setting("default", _RULE_TEXT, one_of("default", *RULE_NAMES))
    thresholds: ThresholdTable = section(ThresholdTable, _THRESHOLDS_TEXT)
    knobs: KnobTables = section(KnobTables, "what the knobs mean for pictures")


@dataclass(frozen=True)
class MicrophoneTable:
    """The table [microphone]."""

    source: str = setting("default", 'device name or index, "default", a wav, flac or ogg file, or "simulated"')
    rate: int | None = setting(
        None, "samples per second requested from the device; if left out, its own rate", between(1000, 768000)
    )
    channel: int | None = setting(
        None, "number of the channel, from 0; if left out, the mean of all channels", between(0, 255)
    )
    loop: bool = setting(True, "repeat a file when it ends")
    fast: bool = setting(False, "play a file as fast as it can be judged instead of in real time")
    seed: int = setting(0, "random seed for the simulated motor", between(0, 2**31 - 1))
    always: bool = setting(False, "use the microphone even if no sound is taught yet")


@dataclass(frozen=True)
class SoundTable:
    """The table [sound]."""

    method: str = setting(default_method("sound"), choices_text("sound"), one_of(*methods_of("sound")))
    rule: str = setting("default", _RULE_TEXT, one_of("default", *RULE_NAMES))
    level: bool = setting(False, "judge the loudness too; only if microphone and gain never change")
    smooth: float = setting(
        2.0, "seconds over which the scores are averaged; 0 judges each window alone", between(0, 60)
    )
    thresholds: ThresholdTable = section(ThresholdTable, _THRESHOLDS_TEXT)
    knobs: KnobTables = section(KnobTables, "what the knobs mean for sound")


@dataclass(frozen=True)
class VerdictTable:
    """The table [verdict]."""

    false_alarms: float = setting(
        0.05,
        "share of good parts that may be called ANOMALY, by pictures and sound together",
        between(LEAST_RATE, MOST_RATE),
    )
    rate: float = setting(10.0, "pictures judged per second, at most", between(0.1, 100))
    hold: int = setting(2, "number of pictures that must agree before the verdict changes", between(1, 100))
    of: int = setting(3, "number of last pictures among which `hold` must agree", between(1, 100))
    settle: bool = setting(True, "restart the vote when the picture changes suddenly (another part was put in)")
    mode: str = setting(
        "continuous",
        '"continuous", or "single": a part is judged when it is reported in place',
        one_of(*MODES),
    )
    frames: int = setting(5, "in single: number of pictures per part", between(1, 1000))
    seconds: float = setting(3.0, "in single: seconds of sound per part", between(1.2, 600))


@dataclass(frozen=True)
class TriggerTable:
    """The table [trigger]."""

    file: str = setting(
        "",
        "in single: a part is in place when this file appears or changes; goodpart never removes the file."
        " A path, relative to the recipe's folder",
    )
    delay: float = setting(
        0.2,
        "in single: seconds between the report that a part is in place and the first picture that counts",
        between(0, 60),
    )


@dataclass(frozen=True)
class JournalTable:
    """The table [journal]."""

    keep_pictures: int = setting(
        200, "number of pictures of anomalies to keep; the oldest are removed first", between(0, 1_000_000)
    )
    keep_sounds: int = setting(
        200,
        "number of sounds of anomalies to keep, 5 s each, with the scores of the 30 s before",
        between(0, 1_000_000),
    )
    keep_megabytes: float = setting(
        100.0, "total size to keep, for the pictures and for the sounds each", between(0, 1_000_000)
    )


@dataclass(frozen=True)
class Settings:
    """All settings of a recipe, as recipe.toml holds them."""

    camera: CameraTable = section(CameraTable, "where pictures come from")
    image: ImageTable = section(ImageTable, "how pictures are judged")
    microphone: MicrophoneTable = section(MicrophoneTable, "where sound comes from")
    sound: SoundTable = section(SoundTable, "how sound is judged")
    knobs: KnobsTable = section(KnobsTable, "the board with the two knobs")
    verdict: VerdictTable = section(VerdictTable, "how judged pictures and sound become the verdict")
    trigger: TriggerTable = section(TriggerTable, "what reports a part in place, besides key, line and knobs")
    journal: JournalTable = section(JournalTable, "which pictures and sounds are kept with the journal")
    outputs: Mapping[str, Any] = named_tables(OUTPUT_TABLES, "a system that receives verdicts and events")
    """The name of each output in use, to its table."""
