"""The frozen snapshot of a station: everything that a screen, the line mode or the journal can show."""

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
    """Counts snapshots; a slow subscriber does not receive all of them."""
    at: float
    """time.time()"""
    recipe: str
    verdict: Verdict
    """The worse verdict of picture and sound if both are judged."""
    image: ImageState | None = None
    """None if the station judges sound only."""
    sound: SoundState | None = None
    """None if the station judges pictures only."""
    knobs: KnobLink | None = None
    """None if the recipe sets no port."""
    called: int = 0
    """Number of times that the verdict changed to ANOMALY since the station started."""
    paused: bool = False
    training: TrainingState | None = None
    shot: Shot | None = None
    """None while parts are judged continuously."""
    shift: Shift = field(default_factory=lambda: Shift(0.0))
    part: Part | None = None
    """The last part that was counted since the station started."""
    call: Call | None = None
    """The last OK or ANOMALY since the station started."""
    offers: ReviewQueue = field(default_factory=ReviewQueue)
    false_alarms: float | None = None
    """The false-alarm target of the last calibration: the accepted share of good parts that all senses together call
    ANOMALY."""
    taping: TapeState | None = None
    outputs: tuple[OutputState, ...] = ()
    """One state per output of the recipe."""
    fault: str = ""
    """The error message of the station itself, for example that the disk of the journal is full."""
    refusals: int = 0
    """Number of commands that failed since the station started. It shows a new failure even if `fault` has the same
    text as before."""
    stopped: bool = False
    """True in the last snapshot of a station that has ended."""

    @property
    def senses(self) -> Mapping[Sense, SenseState]:
        """The senses that the station judges, image first."""
        states: dict[Sense, SenseState | None] = {"image": self.image, "sound": self.sound}
        return {sense: state for sense, state in states.items() if state is not None}


def truth_of(snapshot: Snapshot) -> str | None:
    """The truth of the simulated sources: the name of the first fault, or `good`. None if no source is simulated."""
    truths = [state.truth for state in snapshot.senses.values() if state.truth is not None]
    return next((truth for truth in truths if truth != "good"), truths[0] if truths else None)


def waiting_model(snapshot: Snapshot) -> bool:
    """Whether a newly trained model is there and not in use yet."""
    return any(state.new_model is not None for state in snapshot.senses.values())


def thresholds_of(snapshot: Snapshot, sense: Sense) -> Thresholds | None:
    """The thresholds in force; None before a model is loaded, and for a sense that the station does not judge."""
    state = snapshot.senses.get(sense)
    return state.thresholds if state else None


def shown_sense(snapshot: Snapshot, chosen: Sense | None) -> Sense:
    """The sense that a screen shows: `chosen`, or the first sense if the station does not judge `chosen`."""
    senses = snapshot.senses
    return chosen if chosen is not None and chosen in senses else next(iter(senses), "image")
