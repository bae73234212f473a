"""The station's engine without a thread, driven by ports of the test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from core.commands import (
    COMMANDS,
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
from core.pipelines.base import PipelinePorts
from core.pipelines.factory import Pipelines
from core.pipelines.image import ImagePipeline
from core.recipes.recipe import Recipe
from core.replay.ports import NoLock, RecordedClock, RecordedSource, RecordedSteps, SilentLog, no_outputs
from core.settings.recipe_settings import KnobTable
from core.state.jobs import TrainingState
from core.state.snapshot import Snapshot
from core.state.source_status import SourceStatus
from core.station.engine import StationEngine
from core.station.handlers import handle
from core.station.ports import Ports
from tests.support.parts import make_recipe


class ComplainingLog(SilentLog):
    """Keeps what could not be done."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def complain(self, words: str) -> None:
        self.words.append(words)


class GivenTraining:
    """A training without a process."""

    def __init__(self) -> None:
        self.state = TrainingState("running")
        self.asked: list[object] = []

    def start(self, folder: Path, options: Sequence[str], changed: Callable[[TrainingState], None]) -> GivenTraining:
        self.asked.append((folder, *options))
        return self

    def cancel(self) -> None:
        self.state = TrainingState("cancelled")


class Desk:
    """An engine with one camera that never gives a picture."""

    def __init__(self, recipe: Recipe) -> None:
        self.log, self.training, self.snapshots = ComplainingLog(), GivenTraining(), list[Snapshot]()
        self.clock = RecordedClock(1000.0, 1_730_000_000.0)
        ports = Ports(self.clock, self.log, NoLock(), self._pipelines, no_outputs(), start_training=self.training.start)
        self.engine = StationEngine(recipe, ports, self.snapshots.append)

    def _pipelines(self, given: PipelinePorts) -> Pipelines:
        source = RecordedSource(SourceStatus("opening", "0"))
        return Pipelines(ImagePipeline(given, RecordedSteps("image", source), source), None)

    async def do(self, command: Command) -> Snapshot:
        self.engine.perform(partial(handle, self.engine, command))
        while rest := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(rest)
        return self.snapshots[-1]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(make_recipe(tmp_path, pictures=2))


EXAMPLES: dict[Command, str] = {
    SetThreshold("density", -4.2): "there are no thresholds to set",
    GrabThresholds("both"): "",
    UndoGrab(): "nothing was grabbed",
    SetKnobRange("image", "density", KnobTable("raw")): "",
    SaveThresholds(): "there are no thresholds to set",
    Calibrate(0.02): "there are no thresholds to set",
    Pause(True): "",
    SetSingleShot(True): "",
    TriggerPart(): "",
    BeginShift(): "",
    GiveFeedback("bad"): "",
    AcceptOffers(): "",
    DiscardOffers(): "",
    CollectPictures(3): "",
    EndCollecting(): "",
    DeleteTaught(): "",
    RecordSound(True): "there is no microphone",
    Train(): "",
    CancelTraining(): "",
    TakeOverModel(): "there is no new model",
    DiscardModel(): "",
}


def test_there_is_an_example_of_every_command() -> None:
    assert {type(command) for command in EXAMPLES} == set(COMMANDS.values())


@pytest.mark.parametrize("command", EXAMPLES, ids=lambda command: command.name)
async def test_every_command_is_handled(desk: Desk, command: Command) -> None:
    assert (await desk.do(command)).number > 0
    words = " ".join(desk.log.words)
    assert EXAMPLES[command] in words
    assert "this could not be done" not in words, "not in the station's own words"


async def test_commands_do_what_they_say(desk: Desk, tmp_path: Path) -> None:
    assert (await desk.do(Pause(True))).paused
    assert not (await desk.do(Pause(False))).paused
    shown = await desk.do(CollectPictures(3))
    assert shown.image is not None and shown.image.capture is not None and shown.image.capture.wanted == 3
    assert (await desk.do(SetSingleShot(True))).shot is not None
    assert 'mode = "single"' in desk.engine.recipe.toml.read_text()
    assert (await desk.do(Train())).training == TrainingState("running")
    assert desk.training.asked == [(desk.engine.recipe.folder, "--candidate")]
    assert (await desk.do(CancelTraining())).training == TrainingState("cancelled")
    assert desk.log.words == []


async def test_a_command_for_a_sense_that_the_recipe_has_not_is_refused_in_words(desk: Desk) -> None:
    await desk.do(SetThreshold("density", 1.0, sense="sound"))
    await desk.do(DeleteTaught("sound"))
    assert desk.log.words == ["there are no thresholds to set: the recipe has no sound", "the recipe has no sound"]


async def test_a_snapshot_has_the_time_of_the_clock_that_was_given(desk: Desk) -> None:
    desk.clock.now += 2.5
    assert (await desk.do(Pause(True))).at == 1_730_000_002.5
