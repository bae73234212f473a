"""One sense of the station at one moment: what image and sound have in common, and what only one of them has."""

from __future__ import annotations

from dataclasses import dataclass

from core.state.material import InventorySummary, Level, Meters, PictureCapture, Preview, SoundRecording
from core.state.source_status import MicrophoneStatus, SourceStatus
from core.state.verdict import ImageJudgement, ModelInfo, SoundJudgement, Thresholds, Verdict


@dataclass(frozen=True)
class Counters:
    """Judged samples since the station began: frames, or windows of sound."""

    judged: int = 0
    ok: int = 0
    anomalies: int = 0
    """Samples whose verdict was ANOMALY."""
    unknown: int = 0
    """Frames without a verdict; 0 for sound."""
    dropped: int = 0
    """Frames that came and were not judged because a newer one was there; 0 for sound."""


@dataclass(frozen=True)
class SenseState:
    """What image and sound have in common."""

    status: SourceStatus | MicrophoneStatus
    """Of the camera or the microphone."""
    verdict: Verdict
    """By this sense alone."""
    judged: ImageJudgement | SoundJudgement | None = None
    """The newest judged sample; None before the first, and while the source cannot be trusted."""
    thresholds: Thresholds | None = None
    unsaved: bool = False
    """Thresholds were changed and are not in recipe.toml."""
    model: ModelInfo | None = None
    new_model: ModelInfo | None = None
    """A model that has been trained and waits to be taken over."""
    counters: Counters = Counters()
    inventory: InventorySummary | None = None
    """What the recipe holds of this sense; None until the station has looked."""
    capture: PictureCapture | SoundRecording | None = None
    """Material that is being stored into the recipe; None while nothing is stored."""
    stored: str = ""
    """What became of the last material that was stored, in a sentence."""
    truth: str | None = None
    """Only from a simulated bench: `good` or the name of the fault."""


@dataclass(frozen=True)
class ImageState(SenseState):
    status: SourceStatus
    judged: ImageJudgement | None = None
    capture: PictureCapture | None = None
    votes: str = ""
    """The smoothing made visible: `A` anomalous, `.` normal, `-` not yet, oldest first, such as `..A`."""
    hold: int = 1
    """How many of the votes must agree."""
    preview: Preview | None = None
    meters: Meters | None = None


@dataclass(frozen=True)
class SoundState(SenseState):
    status: MicrophoneStatus
    judged: SoundJudgement | None = None
    capture: SoundRecording | None = None
    level: Level | None = None
    spectrum: tuple[float, ...] = ()
    """What the newest 0.1 s sounds like: dB by band from low to high."""
