"""What a station does for each command, on its loop."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, assert_never

from core.commands import (
    AcceptOffers,
    BeginShift,
    Calibrate,
    CancelTraining,
    CollectPictures,
    Command,
    DeleteTaught,
    DiscardModel,
    DiscardOffers,
    EndCollecting,
    GiveFeedback,
    GrabThresholds,
    Pause,
    RecordSound,
    SaveThresholds,
    SetKnobRange,
    SetSingleShot,
    SetThreshold,
    TakeOverModel,
    Train,
    TriggerPart,
    UndoGrab,
)
from core.errors import GoodpartError
from core.pipelines.base import PAUSED, Pipeline
from core.recipes.recipe import open_recipe
from core.state.verdict import Sense

if TYPE_CHECKING:
    from core.station.station import Station

Work = Coroutine[Any, Any, None]


def handle(station: Station, command: Command) -> Work | None:
    """Do what is done at once; return what remains to be done on the loop, if anything. Raises GoodpartError if the
    command cannot be done now."""
    match command:
        case SetThreshold():
            set_threshold(station, command)
        case GrabThresholds():
            station.knob_thresholds.grab(command.grab, command.sense)
        case UndoGrab():
            station.knob_thresholds.undo()
        case Calibrate():
            calibrate(station, command)
        case Pause():
            pause(station, command)
        case TriggerPart():
            trigger_part(station, command)
        case BeginShift():
            station.inspection.book.begin()
        case CollectPictures():
            collect_pictures(station, command)
        case EndCollecting():
            end_collecting(station)
        case RecordSound():
            record_sound(station, command)
        case Train():
            station.retraining.begin()
        case CancelTraining():
            station.retraining.cancel()
        case _:
            return later(station, command)
    return None


def later(
    station: Station,
    command: SetKnobRange
    | SaveThresholds
    | SetSingleShot
    | GiveFeedback
    | AcceptOffers
    | DiscardOffers
    | DeleteTaught
    | TakeOverModel
    | DiscardModel,
) -> Work:
    """The commands that wait for files or models."""
    match command:
        case SetKnobRange():
            return set_knob_range(station, command)
        case SaveThresholds():
            return save_thresholds(station)
        case SetSingleShot():
            return set_single_shot(station, command)
        case GiveFeedback():
            return station.in_files(station.inspection.calls.say, command.word, command.about)
        case AcceptOffers():
            return accept_offers(station, command)
        case DiscardOffers():
            return station.in_files(station.inspection.calls.discard, command.file)
        case DeleteTaught():
            return delete_taught(station, command)
        case TakeOverModel():
            return station.retraining.take_over()
        case DiscardModel():
            return station.retraining.discard()
    assert_never(command)


def set_threshold(station: Station, command: SetThreshold) -> None:
    how = {"how": command.how} if command.how else {}
    pipeline = _pipeline(station, command.sense, "there are no thresholds to set: ")
    pipeline.set_threshold(command.which, command.value, command.by, **how)


def calibrate(station: Station, command: Calibrate) -> None:
    recipe = open_recipe(str(station.recipe.folder))
    if command.false_alarms is not None:
        recipe = recipe.asking(command.false_alarms)
    judging = station.judging()
    for pipeline in judging:  # all or none
        pipeline.supports(recipe)
    for pipeline in judging:
        pipeline.calibrate(recipe)
    station.recipe = station.recipe.asking(recipe.settings.verdict.false_alarms)
    station.unsaved_target = command.false_alarms


def pause(station: Station, command: Pause) -> None:
    if station.tape:
        station.tape.paused(command.paused)
    station.paused = command.paused
    for pipeline in station.senses.values():
        pipeline.paused = command.paused
        if command.paused:
            pipeline.rest(PAUSED)


def trigger_part(station: Station, command: TriggerPart) -> None:
    station.inspection.shot.trigger(station.judging(), command.by, station.clock.now)
    if station.tape:
        station.tape.part(command.by, station.inspection.book.shift)


def collect_pictures(station: Station, command: CollectPictures) -> None:
    if station.sight is None:
        raise GoodpartError("there is no camera: start with --camera, or teach pictures first")
    station.sight.collect(command.wanted, defect=command.defect)


def end_collecting(station: Station) -> None:
    if station.sight:
        station.sight.end_collecting()


def record_sound(station: Station, command: RecordSound) -> None:
    if station.hearing is None:
        raise GoodpartError("there is no microphone: start with --microphone, or teach sound first")
    station.hearing.record(command.on, defect=command.defect)


async def set_knob_range(station: Station, command: SetKnobRange) -> None:
    await _pipeline(station, command.sense).set_knob(command.which, command.table)


async def save_thresholds(station: Station) -> None:
    for pipeline in station.judging():
        await pipeline.save()
    if station.unsaved_target is not None:
        await _write_verdict_table(station, {"false_alarms": station.unsaved_target})
        station.unsaved_target = None


async def set_single_shot(station: Station, command: SetSingleShot) -> None:
    if station.tape:
        station.tape.single(command.on)
    station.inspection.turn(command.on, list(station.senses.values()))
    if station.file_trigger is not None:
        station.file_trigger.pass_over()
    await _write_verdict_table(station, {"mode": "single" if command.on else "continuous"})


async def accept_offers(station: Station, command: AcceptOffers) -> None:
    await station.in_files(station.inspection.calls.accept, command.file)
    for pipeline in station.senses.values():
        pipeline.holdings_changed()


async def delete_taught(station: Station, command: DeleteTaught) -> None:
    await _pipeline(station, command.sense).remove(defect=command.defect, every=command.every)


def _pipeline(station: Station, sense: Sense, otherwise: str = "") -> Pipeline[Any]:
    """Raises GoodpartError, which begins with `otherwise`, if the recipe does not use this sense."""
    if sense not in station.senses:
        raise GoodpartError(f"{otherwise}the recipe has no {sense}")
    return station.senses[sense]


async def _write_verdict_table(station: Station, values: Mapping[str, Any]) -> None:
    await station.in_files(station.recipe.change, "verdict", values)
