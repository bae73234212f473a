"""The events of a tape: one dataclass per kind."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from core.samples import Frame, SoundBlock
from core.settings.recipe_settings import Settings
from core.state.source_status import MicrophoneStatus, SourceStatus
from core.state.verdict import Sense, Which
from core.tape.verdict_stream import VerdictLine


@dataclass(frozen=True)
class Took:
    """A sense took a sample from its source."""

    sense: Sense
    sample: Frame | SoundBlock | None
    """None if the source had no new sample, or if it is `lost`."""
    status: SourceStatus | MicrophoneStatus
    lost: bool = False
    """There was a sample, but it could not be recorded."""


@dataclass(frozen=True)
class Judged:
    """The judgement of the sample taken last has arrived."""

    sense: Sense


@dataclass(frozen=True)
class ModelUsed:
    """A sense uses this model from now on."""

    sense: Sense
    id: str
    bundle: bytes
    """The model's file; empty if it could not be recorded."""

    @property
    def sha256(self) -> str:
        """SHA-256 of the model's file, hexadecimal."""
        return hashlib.sha256(self.bundle).hexdigest()


@dataclass(frozen=True)
class ModelRefused:
    """A sense has no usable model from now on."""

    sense: Sense
    words: str
    """The reason, as text."""


@dataclass(frozen=True)
class ThresholdSet:
    """One threshold was changed."""

    sense: Sense
    which: Which
    value: float
    by: str
    """Who changed it."""


@dataclass(frozen=True)
class Calibrated:
    """The thresholds of a sense were calibrated again."""

    sense: Sense
    settings: Settings
    """The settings of the recipe at that time."""
    taught: tuple[Sense, ...]
    """The senses of the recipe: they share the false-alarm budget."""


@dataclass(frozen=True)
class Paused:
    """Judging was paused or continued."""

    paused: bool


@dataclass(frozen=True)
class SingleShots:
    """The mode was changed to single shots (`on`) or to continuous judging."""

    on: bool


@dataclass(frozen=True)
class PartPlaced:
    """A part is in place, in single shots."""

    by: str
    """Name of the trigger."""
    counts: tuple[int, int, int]
    """OK, ANOMALY and UNKNOWN counts of the shift before this part."""


@dataclass(frozen=True)
class Published:
    """The station has published a snapshot."""

    news: bool
    """The cause was not a step of a sense."""
    hung: Mapping[Sense, float]
    """Seconds for which a step of a sense hung at that time."""


@dataclass(frozen=True)
class Failed:
    """A step of a sense has raised an exception."""

    sense: Sense
    words: str
    """The error, as text."""


@dataclass(frozen=True)
class KnobBytes:
    """Bytes that came from the knob board."""

    data: bytes


@dataclass(frozen=True)
class SaidLive:
    """A line of the verdict stream that the live station published."""

    said: VerdictLine


@dataclass(frozen=True)
class Last:
    """The recording was closed in order."""

    sha256: str
    """SHA-256 of the verdict stream, hexadecimal."""
    trouble: str
    """Why the recording has gaps or ended early, as text; empty if it is complete."""


TapeEvent = (
    Took | Judged | ModelUsed | ModelRefused | ThresholdSet | Calibrated | Paused | SingleShots | PartPlaced
    | Published | Failed | KnobBytes | SaidLive | Last
)  # fmt: skip
