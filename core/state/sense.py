"""One sense of the station at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.state.material import InventorySummary, Level, SoundRecording
from core.state.verdict import ModelInfo, SoundJudgement, Thresholds, Verdict

if TYPE_CHECKING:
    from core.state.source_status import MicrophoneStatus


@dataclass(frozen=True)
class Counters:
    judged: int = 0
    ok: int = 0
    anomalies: int = 0
    """Samples whose verdict was ANOMALY."""
    unknown: int = 0
    called: int = 0
    """Times that the verdict turned to ANOMALY."""
    dropped: int = 0
    """Frames that came and were not judged because a newer one was there."""


@dataclass(frozen=True)
class Hearing:
    """The station's ear at one moment."""

    microphone: MicrophoneStatus
    verdict: Verdict
    """By sound alone."""
    level: Level | None = None
    window: SoundJudgement | None = None
    """The newest judged window; None before the first, and while the microphone cannot be trusted."""
    thresholds: Thresholds | None = None
    unsaved: bool = False
    model: ModelInfo | None = None
    new_model: ModelInfo | None = None
    judged: int = 0
    """Windows."""
    anomalies: int = 0
    """Windows whose verdict was ANOMALY."""
    spectrum: tuple[float, ...] = ()
    """What the newest 0.1 s sounds like: dB by band from low to high."""
    recording: SoundRecording | None = None
    recorded: str = ""
    """What became of the last recording, in a sentence."""
    held: InventorySummary | None = None
    """What the recipe holds of sound; None until it was looked at."""
    truth: str | None = None
