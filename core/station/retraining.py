"""Learning anew while the station judges, and taking over what was learnt."""

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
    """Used on the station's loop."""

    def __init__(
        self,
        recipe: Recipe,
        log: StationLog,
        senses: Mapping[Sense, Pipeline[Any]],
        start: StartTraining,
        from_thread: Callable[[Callable[[], None]], None],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        """`start` starts the training process, `from_thread` brings a call onto the station's loop, `spawn` starts work
        there."""
        self._recipe, self._log, self._senses = recipe, log, senses
        self._start, self._from_thread, self._spawn = start, from_thread, spawn
        self._run: Training | None = None

    @property
    def training(self) -> TrainingState | None:
        return self._run.state if self._run else None

    @property
    def running(self) -> bool:
        return self.training is not None and self.training.state == "running"

    def begin(self) -> None:
        """Raises GoodpartError while it is under way already."""
        if self.running:
            raise GoodpartError("training is under way already")
        self._log.record("training", "started")
        self._run = self._start(
            self._recipe.folder, ["--candidate"], lambda news: self._from_thread(lambda: self._told(news))
        )

    def cancel(self) -> None:
        if self._run:
            self._run.cancel()

    def _told(self, news: TrainingState) -> None:
        if news.state == "running":
            return
        self._log.record("training", news.message, state=news.state)
        if news.state == "done":
            self._spawn(self._find_candidates())

    async def _find_candidates(self) -> None:
        for sense in self._senses.values():
            await sense.find_candidate()

    async def take_over(self) -> None:
        """Judge with what was learnt. Raises GoodpartError."""
        waiting = [sense for sense in self._senses.values() if self._recipe.candidate(sense.sense).exists()]
        if not waiting:
            raise GoodpartError("there is no new model to take over; key t trains one")
        for sense in waiting:
            await sense.take_over()
        self._run = None

    async def discard(self) -> None:
        """Keep the old models. Raises GoodpartError."""
        for sense in self._senses.values():
            await sense.discard()
        self._run = None
