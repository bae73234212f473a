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
"""Of false alarms, that can be asked for."""
MODES = ("continuous", "single")


def _region(value: tuple[float, float, float, float]) -> str | None:
    x, y, w, h = value
    fits = x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= 1.000001 and y + h <= 1.000001
    return None if fits else "must be [x, y, width, height] as fractions that stay within the picture"


@dataclass(frozen=True)
class CameraTable:
    source: str = setting(
        "0", 'index ("0"), video file, folder of pictures, rtsp:// or http:// address, or "simulated"'
    )
    width: int = setting(1920, "asked of the camera, in pixels", between(16, 16384))
    height: int = setting(1080, "asked of the camera, in pixels", between(16, 16384))
    fps: float = setting(30.0, "asked of the camera; also the rate of a folder of pictures", between(0.1, 1000))
    loop: bool = setting(True, "a video file or a folder starts again at its end")
    region: tuple[float, float, float, float] = setting(
        (0.0, 0.0, 1.0, 1.0), "region of interest: x, y, width, height as fractions of the picture", _region
    )
    seed: int = setting(0, "which parts the simulated bench shows", between(0, 2**31 - 1))
    always: bool = setting(False, "look even before pictures were taught")


@dataclass(frozen=True)
class ThresholdTable:
    density: float | None = setting(None, "below it the density alone would alarm")
    reconstruction_error: float | None = setting(None, "above it the reconstruction error alone would alarm")
    model: str | None = setting(None, "the model that they belong to; with another one its own thresholds are used")
    by: str | None = setting(None, "by which means they were set")


def _span(value: tuple[float, float] | None) -> str | None:
    usable = value is None or (value[0] < value[1] and math.isfinite(value[1] - value[0]))
    return None if usable else "must be [low, high], the lower one first"


@dataclass(frozen=True)
class KnobTable:
    range: str = setting(
        "span",
        '"span": a full turn covers `span`; "raw": the number that the knob sends is the threshold',
        one_of("span", "raw"),
    )
    span: tuple[float, float] | None = setting(
        None, "[low, high] thresholds at its ends; without it around the calibrated threshold", _span
    )


@dataclass(frozen=True)
class KnobTables:
    density: KnobTable = section(KnobTable, "the knob of the density threshold")
    reconstruction_error: KnobTable = section(KnobTable, "the knob of the reconstruction-error threshold")


@dataclass(frozen=True)
class KnobsTable:
    port: str = setting(
        "", 'serial port of the board with the knobs: "/dev/ttyUSB0", "COM12", "simulated"; "" for none'
    )


@dataclass(frozen=True)
class ImageTable:
    method: str = setting(default_method("image"), choices_text("image"), one_of(*methods_of("image")))
    rule: str = setting(
        "default",
        "how density and reconstruction error are joined: default (the method's own), " + ", ".join(RULE_NAMES),
        one_of("default", *RULE_NAMES),
    )
    thresholds: ThresholdTable = section(ThresholdTable, "written by goodpart (key s, goodpart calibrate)")
    knobs: KnobTables = section(KnobTables, "what the knobs mean for pictures")


@dataclass(frozen=True)
class MicrophoneTable:
    source: str = setting("default", 'device name or index, "default", a wav, flac or ogg file, or "simulated"')
    rate: int | None = setting(None, "samples a second asked of it; without it the device's own", between(1000, 768000))
    channel: int | None = setting(None, "counted from 0; without it the mean of all channels", between(0, 255))
    loop: bool = setting(True, "a file starts again at its end")
    fast: bool = setting(False, "a file is heard as fast as it can be judged instead of in real time")
    seed: int = setting(0, "of the simulated motor", between(0, 2**31 - 1))
    always: bool = setting(False, "listen even before sound was taught")


@dataclass(frozen=True)
class SoundTable:
    method: str = setting(default_method("sound"), choices_text("sound"), one_of(*methods_of("sound")))
    rule: str = setting(
        "default",
        "how density and reconstruction error are joined: default (the method's own), " + ", ".join(RULE_NAMES),
        one_of("default", *RULE_NAMES),
    )
    level: bool = setting(False, "how loud it is counts too: only where microphone and gain never change")
    smooth: float = setting(2.0, "seconds over which the scores are averaged; 0 judges each window", between(0, 60))
    thresholds: ThresholdTable = section(ThresholdTable, "written by goodpart (key s, goodpart calibrate)")
    knobs: KnobTables = section(KnobTables, "what the knobs mean for sound")


@dataclass(frozen=True)
class VerdictTable:
    false_alarms: float = setting(
        0.05,
        "share of good parts that may be called ANOMALY, by pictures and sound together",
        between(LEAST_RATE, MOST_RATE),
    )
    rate: float = setting(10.0, "pictures judged a second, at most", between(0.1, 100))
    hold: int = setting(2, "so many of the last pictures must agree before the verdict follows", between(1, 100))
    of: int = setting(3, "of how many last pictures", between(1, 100))
    settle: bool = setting(True, "start voting anew when the picture changes at once (another part was put in)")
    mode: str = setting(
        "continuous",
        '"continuous", or "single": a part is judged when somebody says that it is in place',
        one_of(*MODES),
    )
    frames: int = setting(5, "in single: so many pictures of a part make its verdict", between(1, 1000))
    seconds: float = setting(3.0, "in single: and so many seconds of sound", between(1.2, 600))


@dataclass(frozen=True)
class TriggerTable:
    file: str = setting(
        "",
        "in single: a part is in place when this file appears or changes; it is never removed here."
        " A path, from the recipe's folder",
    )
    delay: float = setting(
        0.2, "in single: seconds from the word that a part is in place to the first picture that counts", between(0, 60)
    )


@dataclass(frozen=True)
class JournalTable:
    keep_pictures: int = setting(200, "pictures of anomalies that are kept; the oldest go first", between(0, 1_000_000))
    keep_sounds: int = setting(
        200, "sounds of anomalies that are kept, 5 s each, with the scores of the 30 s before", between(0, 1_000_000)
    )
    keep_megabytes: float = setting(
        100.0, "and the size together, of the pictures and of the sounds each", between(0, 1_000_000)
    )


@dataclass(frozen=True)
class Settings:
    """What recipe.toml says."""

    camera: CameraTable = section(CameraTable, "where pictures come from")
    image: ImageTable = section(ImageTable, "how pictures are judged")
    microphone: MicrophoneTable = section(MicrophoneTable, "where sound comes from")
    sound: SoundTable = section(SoundTable, "how sound is judged")
    knobs: KnobsTable = section(KnobsTable, "the board with the two knobs")
    verdict: VerdictTable = section(VerdictTable, "from judged pictures and sound to the verdict")
    trigger: TriggerTable = section(TriggerTable, "what says that a part is in place, beside key, line and knobs")
    journal: JournalTable = section(JournalTable, "what is kept beside the journal")
    outputs: Mapping[str, Any] = named_tables(OUTPUT_TABLES, "a system that gets verdicts and events")
    """Name of each output that is fed, to its table."""
