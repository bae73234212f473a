"""Trains new models while the station judges, and takes them over."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from core.errors import GoodpartError
from core.journal.log import StationLog
from core.recipes.recipe import Recipe
from core.state.jobs import TrainingState
from core.state.verdict import Sense
from core.station.ports import StartTraining, Training

if TYPE_CHECKING:
    from core.pipelines.base import Pipeline


class Retraining:
    """Starts and cancels training, and takes over new models; used on the station's loop."""

    def __init__(
        self,
        recipe: Recipe,
        log: StationLog,
        pipelines: Mapping[Sense, Pipeline[Any]],
        start: StartTraining,
        from_thread: Callable[[Callable[[], None]], None],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        """`start` starts the training process, `from_thread` calls a function on the station's loop, `spawn` starts
        work there."""
        self._recipe, self._log, self._pipelines = recipe, log, pipelines
        self._start, self._from_thread, self._spawn = start, from_thread, spawn
        self._run: Training | None = None

    @property
    def training(self) -> TrainingState | None:
        """The state of the training; None before the first, and after its models were taken over or discarded."""
        return self._run.state if self._run else None

    @property
    def running(self) -> bool:
        """Whether a training is running."""
        return self.training is not None and self.training.state == "running"

    def begin(self) -> None:
        """Start a training. Raises GoodpartError if one is running already."""
        if self.running:
            raise GoodpartError("training is under way already")
        self._log.record("training", "started")
        self._run = self._start(
            self._recipe.folder, ["--candidate"], lambda state: self._from_thread(lambda: self._state_changed(state))
        )

    def cancel(self) -> None:
        """End the training, if there is one."""
        if self._run:
            self._run.cancel()

    def _state_changed(self, training: TrainingState) -> None:
        if training.state == "running":
            return
        self._log.record("training", training.message, state=training.state)
        if training.state == "done":
            self._spawn(self._find_candidates())

    async def _find_candidates(self) -> None:
        for pipeline in self._pipelines.values():
            await pipeline.find_candidate()

    async def take_over(self) -> None:
        """Judge with the new models. Raises GoodpartError if there is no new model, or if one cannot be used."""
        waiting = [pipeline for pipeline in self._pipelines.values() if self._recipe.candidate(pipeline.sense).exists()]
        if not waiting:
            raise GoodpartError("there is no new model to take over; key t trains one")
        for pipeline in waiting:
            await pipeline.take_over()
        self._run = None

    async def discard(self) -> None:
        """Keep the old models and delete the new ones. Raises GoodpartError if a file cannot be deleted."""
        for pipeline in self._pipelines.values():
            await pipeline.discard()
        self._run = None
