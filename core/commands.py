"""The commands of a station, one dataclass each.

The station executes them (core.station.handlers); the service accepts them over HTTP under their `name`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, get_args

from core.settings.recipe_settings import KnobTable
from core.state.knobs import Grab
from core.state.parts import Word
from core.state.verdict import Sense, Which

# Thresholds.


@dataclass(frozen=True)
class SetThreshold:
    """Judge with this threshold from now on. `by` and `how` (the reason, as text) go into the journal."""

    name: ClassVar[str] = "set_threshold"
    which: Which
    value: float
    by: str = "key"
    sense: Sense = "image"
    how: str = ""


@dataclass(frozen=True)
class GrabThresholds:
    """Take the values that one knob or both point at as thresholds. A knob changes nothing without this command."""

    name: ClassVar[str] = "grab"
    grab: Grab
    sense: Sense = "image"


@dataclass(frozen=True)
class UndoGrab:
    """Put back the thresholds from before the last grab."""

    name: ClassVar[str] = "undo_grab"


@dataclass(frozen=True)
class SetKnobRange:
    """Change the thresholds that a knob's turn covers; written to recipe.toml."""

    name: ClassVar[str] = "set_knob"
    sense: Sense
    which: Which
    table: KnobTable


@dataclass(frozen=True)
class SaveThresholds:
    """Write the thresholds to recipe.toml."""

    name: ClassVar[str] = "save_thresholds"


@dataclass(frozen=True)
class Calibrate:
    """Compute new thresholds from the stored calibration scores, for `false_alarms` (0 to 1) or, if it is None, for the
    false-alarm rate in recipe.toml. SaveThresholds also writes `false_alarms`."""

    name: ClassVar[str] = "calibrate"
    false_alarms: float | None = None


# Parts.


@dataclass(frozen=True)
class Pause:
    """Pause judging (`paused`), or resume it."""

    name: ClassVar[str] = "pause"
    paused: bool


@dataclass(frozen=True)
class SetSingleShot:
    """Judge a part only when it is reported in place (on), or judge all the time (off); kept in recipe.toml."""

    name: ClassVar[str] = "single"
    on: bool


@dataclass(frozen=True)
class TriggerPart:
    """Judge the part in place, once; `by` names who reported it."""

    name: ClassVar[str] = "part"
    by: str = "key"


@dataclass(frozen=True)
class BeginShift:
    """Count parts from 0; the journal keeps the counts of the last shift."""

    name: ClassVar[str] = "new_shift"


@dataclass(frozen=True)
class GiveFeedback:
    """Record the operator's judgement of a part. `about` is the `at` of the verdict that is meant, in case a newer one
    has come since; None means the newest verdict."""

    name: ClassVar[str] = "say"
    word: Word
    about: float | None = None


# Training material.


@dataclass(frozen=True)
class AcceptOffers:
    """Move offered samples (from the operator's feedback) to the training material: all, or one `file`, given relative
    to the recipe's folder."""

    name: ClassVar[str] = "accept_offers"
    file: str = ""


@dataclass(frozen=True)
class DiscardOffers:
    """Delete offered samples (from the operator's feedback): all, or one `file`, given relative to the recipe's
    folder."""

    name: ClassVar[str] = "discard_offers"
    file: str = ""


@dataclass(frozen=True)
class CollectPictures:
    """Store pictures from the camera into the recipe: `wanted` of them, or until EndCollecting."""

    name: ClassVar[str] = "collect"
    wanted: int | None = None
    defect: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class EndCollecting:
    """Stop storing pictures."""

    name: ClassVar[str] = "end_collecting"


@dataclass(frozen=True)
class DeleteTaught:
    """Delete the newest picture or recording from the recipe, or all of them (`every`)."""

    name: ClassVar[str] = "delete_taught"
    sense: Sense = "image"
    defect: bool = field(default=False, kw_only=True)
    every: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class RecordSound:
    """Begin (on) or end (off) recording sound into the recipe."""

    name: ClassVar[str] = "record"
    on: bool
    defect: bool = field(default=False, kw_only=True)


# Training.


@dataclass(frozen=True)
class Train:
    """Train in the background; judging continues with the present models."""

    name: ClassVar[str] = "train"


@dataclass(frozen=True)
class CancelTraining:
    """End the training; the present models stay."""

    name: ClassVar[str] = "cancel_training"


@dataclass(frozen=True)
class TakeOverModel:
    """Judge with the newly trained models."""

    name: ClassVar[str] = "take_over"


@dataclass(frozen=True)
class DiscardModel:
    """Keep the present models and delete the newly trained ones."""

    name: ClassVar[str] = "discard"


# Grouped by subject, as above: core.station.handlers has one function per group.
ThresholdCommand = SetThreshold | GrabThresholds | UndoGrab | SetKnobRange | SaveThresholds | Calibrate
PartCommand = Pause | SetSingleShot | TriggerPart | BeginShift | GiveFeedback
MaterialCommand = AcceptOffers | DiscardOffers | CollectPictures | EndCollecting | DeleteTaught | RecordSound
TrainingCommand = Train | CancelTraining | TakeOverModel | DiscardModel
Command = ThresholdCommand | PartCommand | MaterialCommand | TrainingCommand

COMMANDS: Mapping[str, type[Command]] = {kind.name: kind for kind in get_args(Command)}
"""The commands by name: `set_threshold`, `grab`, ..."""
