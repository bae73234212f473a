"""The state of one sense: the fields that image and sound share, and the fields of each alone."""

from __future__ import annotations

from dataclasses import dataclass

from core.state.material import InventorySummary, Level, Meters, PictureCapture, Preview, SoundRecording
from core.state.source_status import MicrophoneStatus, SourceStatus
from core.state.verdict import ImageJudgement, ModelInfo, SoundJudgement, Thresholds, Verdict


@dataclass(frozen=True)
class Counters:
    """Numbers of samples (frames, or windows of sound) since the station started."""

    judged: int = 0
    ok: int = 0
    anomalies: int = 0
    """Samples with the verdict ANOMALY."""
    unknown: int = 0
    """Frames without a verdict; 0 for sound."""
    dropped: int = 0
    """Frames that were not judged because a newer one had arrived; 0 for sound."""


@dataclass(frozen=True)
class SenseState:
    """The fields that image and sound have in common."""

    status: SourceStatus | MicrophoneStatus
    """The status of the camera or the microphone."""
    verdict: Verdict
    """The verdict of this sense alone."""
    judged: ImageJudgement | SoundJudgement | None = None
    """The newest judged sample; None before the first one, and while the source cannot be trusted."""
    thresholds: Thresholds | None = None
    unsaved: bool = False
    """True if the thresholds were changed and not saved to recipe.toml."""
    model: ModelInfo | None = None
    new_model: ModelInfo | None = None
    """A newly trained model that is not in use yet."""
    counters: Counters = Counters()
    inventory: InventorySummary | None = None
    """The material of this sense in the recipe; None until the station has counted it."""
    capture: PictureCapture | SoundRecording | None = None
    """Material that is being stored into the recipe; None if nothing is being stored."""
    stored: str = ""
    """One sentence: the result of the last capture or recording."""
    truth: str | None = None
    """`good` or the name of the fault; only from simulated sources."""


@dataclass(frozen=True)
class ImageState(SenseState):
    """The state of the sense `image`."""

    status: SourceStatus
    judged: ImageJudgement | None = None
    capture: PictureCapture | None = None
    votes: str = ""
    """The last samples, oldest first: `A` anomalous, `.` normal, `-` not judged yet; for example `..A`."""
    hold: int = 1
    """Number of votes that must agree before the verdict changes."""
    preview: Preview | None = None
    meters: Meters | None = None


@dataclass(frozen=True)
class SoundState(SenseState):
    """The state of the sense `sound`."""

    status: MicrophoneStatus
    judged: SoundJudgement | None = None
    capture: SoundRecording | None = None
    level: Level | None = None
    spectrum: tuple[float, ...] = ()
    """Spectrum of the newest 0.1 s: dB per band, from low to high frequency."""
