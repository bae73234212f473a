"""The surroundings of a station: what it is given from outside, and what a replay gives it instead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.journal.event_log import EventLog
from core.journal.log import StationLog
from core.outputs.outputs import Outputs
from core.pipelines.factory import PipelineFactory, device_pipelines
from core.recipes.lock import RecipeLock
from core.recipes.recipe import Recipe
from core.runtime.clock import Clock, SystemClock
from core.runtime.training_process import TrainingRun
from core.sources.camera.base import PictureSource
from core.sources.microphone.base import SoundSource
from core.state.jobs import TrainingState
from core.state.knobs import KnobLink
from core.station.outputs import open_outputs

if TYPE_CHECKING:
    from core.knobs.connection import BoardVerdict
    from core.tape.writer import TapeWriter


class Lock(Protocol):
    """Keeps other stations from judging with the same recipe until it is released."""

    def release(self) -> None: ...


class Knobs(Protocol):
    """The link to the board with the knobs."""

    @property
    def status(self) -> KnobLink: ...

    async def run(self, ending: asyncio.Event) -> None: ...

    def tell(self) -> None:
        """Send the board the verdict, if it is a new one."""


KnobFactory = Callable[[Callable[[], "BoardVerdict"], Callable[[], None], Callable[[], None]], Knobs]
"""Takes what gives the verdict for the board, what to call after a change, and what to call if the board reports a
part in place."""


class Training(Protocol):
    """A training that runs, or has run."""

    @property
    def state(self) -> TrainingState: ...

    def cancel(self) -> None: ...


StartTraining = Callable[[Path, Sequence[str], Callable[[TrainingState], None]], Training]
"""Takes the recipe's folder, options, and what to call on another thread with every new state. Raises GoodpartError."""


@dataclass(frozen=True)
class Ports:
    """What a station engine is given from outside."""

    clock: Clock
    log: StationLog
    lock: Lock
    """Held, and released by the station when it stops."""
    pipelines: PipelineFactory
    outputs: Outputs
    """Started and stopped by the station."""
    knobs: KnobFactory | None = None
    tape: TapeWriter | None = None
    """Records the session; closed by the station when it stops."""
    start_training: StartTraining = TrainingRun


def device_ports(
    recipe: Recipe,
    camera: str | PictureSource | None = None,
    microphone: str | SoundSource | None = None,
    knobs: str | None = None,
    *,
    tape: TapeWriter | None = None,
    lock: Lock | None = None,
) -> Ports:
    """The ports of a station that judges with devices. `camera` and `microphone` (addresses, or sources) and `knobs` (a
    serial port) take the place of the recipe's; a device that is named adds its sense to those that were taught.
    `lock` is the recipe's, if it is held already.

    Raises GoodpartError if another station judges with this recipe.
    """
    lock = lock or RecipeLock(recipe.folder)
    clock = SystemClock()
    if tape is not None:
        tape.clock = clock
    log = EventLog(recipe)
    port = recipe.settings.knobs.port if knobs is None else knobs
    return Ports(
        clock=clock,
        log=log,
        lock=lock,
        outputs=open_outputs(recipe, log),
        pipelines=device_pipelines(camera, microphone),
        knobs=knobs_at(port, tape) if port else None,
        tape=tape,
    )


def knobs_at(port: str, tape: TapeWriter | None) -> KnobFactory:
    """The knobs at a serial port."""

    def make(verdict: Callable[[], BoardVerdict], changed: Callable[[], None], placed: Callable[[], None]) -> Knobs:
        from core.knobs.connection import KnobConnection

        return KnobConnection(port, verdict, changed, placed, tape)

    return make
