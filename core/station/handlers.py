"""Executes the commands of a station, on its loop."""

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
    MaterialCommand,
    PartCommand,
    Pause,
    RecordSound,
    SaveThresholds,
    SetKnobRange,
    SetSingleShot,
    SetThreshold,
    TakeOverModel,
    ThresholdCommand,
    Train,
    TrainingCommand,
    TriggerPart,
    UndoGrab,
)
from core.errors import GoodpartError
from core.pipelines.base import PAUSED, Pipeline
from core.recipes.recipe import open_recipe
from core.state.verdict import Sense

if TYPE_CHECKING:
    from core.station.engine import StationEngine

Work = Coroutine[Any, Any, None]


def handle(engine: StationEngine, command: Command) -> Work | None:
    """Execute `command`; return work that must still be awaited on the loop, or None. Raises GoodpartError if the
    command cannot be executed now."""
    if isinstance(command, ThresholdCommand):
        return handle_thresholds(engine, command)
    if isinstance(command, PartCommand):
        return handle_parts(engine, command)
    if isinstance(command, MaterialCommand):
        return handle_material(engine, command)
    return handle_training(engine, command)


def handle_thresholds(engine: StationEngine, command: ThresholdCommand) -> Work | None:
    """Execute a command about thresholds; return and raise as `handle` does."""
    match command:
        case SetThreshold():
            set_threshold(engine, command)
        case GrabThresholds():
            engine.knob_thresholds.grab(command.grab, command.sense)
        case UndoGrab():
            engine.knob_thresholds.undo()
        case SetKnobRange():
            return set_knob_range(engine, command)
        case SaveThresholds():
            return save_thresholds(engine)
        case Calibrate():
            calibrate(engine, command)
        case _:
            assert_never(command)
    return None


def handle_parts(engine: StationEngine, command: PartCommand) -> Work | None:
    """Execute a command about parts; return and raise as `handle` does."""
    match command:
        case Pause():
            pause(engine, command)
        case SetSingleShot():
            return set_single_shot(engine, command)
        case TriggerPart():
            engine.trigger_part(command.by)
        case BeginShift():
            engine.inspection.shift_counter.begin()
        case GiveFeedback():
            return engine.in_files(engine.inspection.feedback.say, command.word, command.about)
        case _:
            assert_never(command)
    return None


def handle_material(engine: StationEngine, command: MaterialCommand) -> Work | None:
    """Execute a command about training material; return and raise as `handle` does."""
    match command:
        case AcceptOffers():
            return accept_offers(engine, command)
        case DiscardOffers():
            return engine.in_files(engine.inspection.feedback.discard, command.file)
        case CollectPictures():
            collect_pictures(engine, command)
        case EndCollecting():
            end_collecting(engine)
        case DeleteTaught():
            return delete_taught(engine, command)
        case RecordSound():
            record_sound(engine, command)
        case _:
            assert_never(command)
    return None


def handle_training(engine: StationEngine, command: TrainingCommand) -> Work | None:
    """Execute a command about training; return and raise as `handle` does."""
    match command:
        case Train():
            engine.retraining.begin()
        case CancelTraining():
            engine.retraining.cancel()
        case TakeOverModel():
            return engine.retraining.take_over()
        case DiscardModel():
            return engine.retraining.discard()
        case _:
            assert_never(command)
    return None


def set_threshold(engine: StationEngine, command: SetThreshold) -> None:
    """Set one threshold of one sense. Raises GoodpartError if there is no model or the value is not finite."""
    how = {"how": command.how} if command.how else {}
    pipeline = _pipeline(engine, command.sense, "there are no thresholds to set: ")
    pipeline.set_threshold(command.which, command.value, command.by, **how)


def calibrate(engine: StationEngine, command: Calibrate) -> None:
    """Calibrate all judging pipelines, or none of them. Raises GoodpartError if their scores are too few."""
    recipe = open_recipe(str(engine.recipe.folder))
    if command.false_alarms is not None:
        recipe = recipe.asking(command.false_alarms)
    judging = engine.judging()
    for pipeline in judging:  # check all before the first is changed
        pipeline.supports(recipe)
    for pipeline in judging:
        pipeline.calibrate(recipe)
    engine.recipe = engine.recipe.asking(recipe.settings.verdict.false_alarms)
    engine.unsaved_target = command.false_alarms


def pause(engine: StationEngine, command: Pause) -> None:
    """Pause all pipelines, or resume them."""
    if engine.tape:
        engine.tape.paused(command.paused)
    engine.paused = command.paused
    for pipeline in engine.pipelines.values():
        pipeline.paused = command.paused
        if command.paused:
            pipeline.rest(PAUSED)


def collect_pictures(engine: StationEngine, command: CollectPictures) -> None:
    """Begin to store pictures. Raises GoodpartError if there is no camera or pictures are being stored already."""
    if engine.image is None:
        raise GoodpartError("there is no camera: start with --camera, or teach pictures first")
    engine.image.collect(command.wanted, defect=command.defect)


def end_collecting(engine: StationEngine) -> None:
    """End storing pictures, if there is a camera."""
    if engine.image:
        engine.image.end_collecting()


def record_sound(engine: StationEngine, command: RecordSound) -> None:
    """Begin or end recording. Raises GoodpartError if there is no microphone or the folder cannot be written."""
    if engine.sound is None:
        raise GoodpartError("there is no microphone: start with --microphone, or teach sound first")
    engine.sound.record(command.on, defect=command.defect)


async def set_knob_range(engine: StationEngine, command: SetKnobRange) -> None:
    """Change the range of a knob, also in recipe.toml. Raises GoodpartError if the sense is not used."""
    await _pipeline(engine, command.sense).set_knob(command.which, command.table)


async def save_thresholds(engine: StationEngine) -> None:
    """Write the thresholds, and a new false-alarm rate, to recipe.toml. Raises GoodpartError if that fails."""
    for pipeline in engine.judging():
        await pipeline.save()
    if engine.unsaved_target is not None:
        await _write_verdict_table(engine, {"false_alarms": engine.unsaved_target})
        engine.unsaved_target = None


async def set_single_shot(engine: StationEngine, command: SetSingleShot) -> None:
    """Switch between single-shot and continuous judging, also in recipe.toml."""
    if engine.tape:
        engine.tape.single(command.on)
    engine.inspection.turn(command.on, list(engine.pipelines.values()))
    if engine.file_trigger is not None:
        engine.file_trigger.pass_over()
    await _write_verdict_table(engine, {"mode": "single" if command.on else "continuous"})


async def accept_offers(engine: StationEngine, command: AcceptOffers) -> None:
    """Move offered samples to the training material and recount it."""
    await engine.in_files(engine.inspection.feedback.accept, command.file)
    for pipeline in engine.pipelines.values():
        pipeline.inventory_changed()


async def delete_taught(engine: StationEngine, command: DeleteTaught) -> None:
    """Delete training material of one sense. Raises GoodpartError if there is nothing to delete."""
    await _pipeline(engine, command.sense).remove(defect=command.defect, every=command.every)


def _pipeline(engine: StationEngine, sense: Sense, otherwise: str = "") -> Pipeline[Any]:
    """Return the pipeline of `sense`. Raises GoodpartError, which begins with `otherwise`, if the station does not use
    this sense."""
    if sense not in engine.pipelines:
        raise GoodpartError(f"{otherwise}the recipe has no {sense}")
    return engine.pipelines[sense]


async def _write_verdict_table(engine: StationEngine, values: Mapping[str, Any]) -> None:
    await engine.in_files(engine.recipe.change, "verdict", values)
