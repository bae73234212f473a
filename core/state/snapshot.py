"""One frozen snapshot carries everything that a screen, the line mode or the journal may show of the station."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.state.jobs import TapeState, TrainingState
from core.state.knobs import KnobLink
from core.state.material import InventorySummary, Meters, PictureCapture, Preview, ReviewQueue
from core.state.outputs import OutputState
from core.state.parts import Call, Part, Shift, Shot
from core.state.sense import Counters, Hearing
from core.state.verdict import ImageJudgement, ModelInfo, Thresholds, Verdict

if TYPE_CHECKING:
    from core.state.source_status import SourceStatus


@dataclass(frozen=True)
class Snapshot:
    """The station at one moment."""

    number: int
    """Counts snapshots; a subscriber that is slow misses some."""
    at: float
    """time.time()"""
    recipe: str
    verdict: Verdict
    """The worse of picture and sound, where both are judged."""
    camera: SourceStatus | None = None
    """None where the recipe is for sound alone."""
    sound: Hearing | None = None
    """None where the recipe is for pictures alone."""
    knobs: KnobLink | None = None
    """None where no port is named."""
    image_verdict: Verdict | None = None
    """By pictures alone; None without a camera."""
    image: ImageJudgement | None = None
    """The newest judged sample; None before the first, and after the camera went."""
    thresholds: Thresholds | None = None
    unsaved: bool = False
    """Thresholds were changed and are not in recipe.toml."""
    model: ModelInfo | None = None
    counters: Counters = field(default_factory=Counters)
    votes: str = ""
    """The smoothing made visible: `A` anomalous, `.` normal, `-` not yet, oldest first, such as `..A`."""
    hold: int = 1
    """How many of the votes must agree."""
    paused: bool = False
    training: TrainingState | None = None
    new_model: ModelInfo | None = None
    """A model that has been trained and waits to be taken over."""
    preview: Preview | None = None
    held: InventorySummary | None = None
    """What the recipe holds of pictures; None until it was looked at."""
    meters: Meters | None = None
    collecting: PictureCapture | None = None
    collected: str = ""
    """What became of the last pictures that were stored, in a sentence."""
    truth: str | None = None
    shot: Shot | None = None
    """None while parts are judged continuously."""
    shift: Shift = field(default_factory=lambda: Shift(0.0))
    part: Part | None = None
    """The last that was counted since the station began."""
    call: Call | None = None
    """The last OK or ANOMALY since the station began."""
    offers: ReviewQueue = field(default_factory=ReviewQueue)
    false_alarms: float | None = None
    """The share of good parts that may be called, by all senses together, as asked of the last calibration."""
    taping: TapeState | None = None
    outputs: tuple[OutputState, ...] = ()
    """One per output of the recipe."""
    fault: str = ""
    """What the station itself suffers from, in words (the journal's disk is full)."""
    refusals: int = 0
    """Times that something could not be done since the station began: the words of `fault` may be the same again."""
    stopped: bool = False
    """The last snapshot of a station that has ended."""


def truth_of(snapshot: Snapshot) -> str | None:
    """What the simulated bench shows and lets hear: the fault, where there is one."""
    said = [snapshot.truth, snapshot.sound.truth if snapshot.sound else None]
    told = [truth for truth in said if truth is not None]
    return next((truth for truth in told if truth != "good"), told[0] if told else None)


def waiting_model(snapshot: Snapshot) -> bool:
    """Whether a newly trained model waits to be taken over."""
    return snapshot.new_model is not None or (snapshot.sound is not None and snapshot.sound.new_model is not None)
