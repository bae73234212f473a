"""One frozen snapshot carries everything that a screen, the line mode or the journal may show of the station."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.state.jobs import TapeState, TrainingState
from core.state.knobs import KnobLink
from core.state.material import ReviewQueue
from core.state.outputs import OutputState
from core.state.parts import Call, Part, Shift, Shot
from core.state.sense import ImageState, SenseState, SoundState
from core.state.verdict import Sense, Thresholds, Verdict


@dataclass(frozen=True)
class Snapshot:
    """The station at one moment."""

    number: int
    """Counts snapshots; a subscriber that is slow misses some."""
    at: float
    """time.time()"""
    recipe: str
    verdict: Verdict
    """The worse of picture and sound if both are judged."""
    image: ImageState | None = None
    """None if the recipe is for sound alone."""
    sound: SoundState | None = None
    """None if the recipe is for pictures alone."""
    knobs: KnobLink | None = None
    """None where no port is named."""
    called: int = 0
    """Times that the verdict turned to ANOMALY since the station began."""
    paused: bool = False
    training: TrainingState | None = None
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

    @property
    def senses(self) -> Mapping[Sense, SenseState]:
        """The senses that the station has, the image first."""
        states: dict[Sense, SenseState | None] = {"image": self.image, "sound": self.sound}
        return {sense: state for sense, state in states.items() if state is not None}


def truth_of(snapshot: Snapshot) -> str | None:
    """What the simulated bench shows and lets hear: the fault, where there is one."""
    told = [state.truth for state in snapshot.senses.values() if state.truth is not None]
    return next((truth for truth in told if truth != "good"), told[0] if told else None)


def waiting_model(snapshot: Snapshot) -> bool:
    """Whether a newly trained model waits to be taken over."""
    return any(state.new_model is not None for state in snapshot.senses.values())


def thresholds_of(snapshot: Snapshot, sense: Sense) -> Thresholds | None:
    """The thresholds in force; None before a model is loaded, and for a sense that the station does not have."""
    state = snapshot.senses.get(sense)
    return state.thresholds if state else None


def shown_sense(snapshot: Snapshot, chosen: Sense | None) -> Sense:
    """The sense that a screen shows: the chosen one, or the first if the station does not have it."""
    senses = snapshot.senses
    return chosen if chosen is not None and chosen in senses else next(iter(senses), "image")
