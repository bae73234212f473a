"""What a tape holds: one dataclass per kind of event."""

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
    sense: Sense
    sample: Frame | SoundBlock | None
    status: SourceStatus | MicrophoneStatus
    lost: bool = False
    """There was a sample, and it could not be recorded."""


@dataclass(frozen=True)
class Judged:
    sense: Sense


@dataclass(frozen=True)
class ModelUsed:
    sense: Sense
    id: str
    bundle: bytes
    """The file; empty where it could not be recorded."""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.bundle).hexdigest()


@dataclass(frozen=True)
class ModelRefused:
    sense: Sense
    words: str


@dataclass(frozen=True)
class ThresholdSet:
    sense: Sense
    which: Which
    value: float
    by: str


@dataclass(frozen=True)
class Calibrated:
    sense: Sense
    settings: Settings
    taught: tuple[Sense, ...]


@dataclass(frozen=True)
class Paused:
    paused: bool


@dataclass(frozen=True)
class SingleShots:
    on: bool


@dataclass(frozen=True)
class PartPlaced:
    by: str
    counts: tuple[int, int, int]
    """OK, ANOMALY and UNKNOWN of the shift before it."""


@dataclass(frozen=True)
class Published:
    """The station has said how it stands."""

    news: bool
    """A step of a sense was not the cause."""
    hung: Mapping[Sense, float]
    """Steps that hung then, and the seconds."""


@dataclass(frozen=True)
class Failed:
    sense: Sense
    words: str


@dataclass(frozen=True)
class KnobBytes:
    data: bytes


@dataclass(frozen=True)
class SaidLive:
    said: VerdictLine


@dataclass(frozen=True)
class Last:
    """The recording was closed in order."""

    sha256: str
    """Of the verdict stream."""
    trouble: str


TapeEvent = (
    Took | Judged | ModelUsed | ModelRefused | ThresholdSet | Calibrated | Paused | SingleShots | PartPlaced
    | Published | Failed | KnobBytes | SaidLive | Last
)  # fmt: skip
