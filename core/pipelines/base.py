"""The base of both pipelines: a source, a trained model, thresholds and a verdict per sense."""

from __future__ import annotations

import asyncio
import contextlib
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from core.bundle import Bundle, BundleError, read_bundle
from core.dataset.inventory import Inventory
from core.decision.thresholds import describe
from core.errors import GoodpartError
from core.inference.judge import Judge
from core.journal.log import StationLog
from core.knobs.mapping import meaning
from core.pipelines.part_samples import NO_PART, PartSamples
from core.pipelines.steps import Steps
from core.recipes.recipe import Recipe
from core.runtime.clock import Clock
from core.settings.recipe_settings import KnobTable
from core.sources.simulated.schedule import Clamped
from core.state.knobs import KnobLink, KnobMeaning
from core.state.sense import Counters, SenseState
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import ImageJudgement, ModelInfo, Sense, SoundJudgement, Thresholds, Verdict, Which

if TYPE_CHECKING:
    from core.tape.writer import TapeWriter

STUCK_SECONDS = 4.0
"""Seconds. A step that takes this long hangs, and the verdict from before it no longer holds."""
J = TypeVar("J", bound=Judge)
NOTHING_LEARNT = "nothing was learnt yet: teach good parts, then train"
PAUSED = Verdict("UNKNOWN", "paused: nothing is judged")


class Changed(Protocol):
    """Called after a change that a snapshot shows."""

    def __call__(self, *, news: bool = False) -> None:
        """`news`: the cause is something other than a step of a pipeline."""


@dataclass(frozen=True)
class PipelinePorts:
    """The surroundings of a pipeline."""

    recipe: Recipe
    log: StationLog
    clock: Clock
    tape: TapeWriter | None
    """Records what the pipeline does."""
    changed: Changed
    """Publishes a snapshot; called after every change that a snapshot shows."""
    exchanged: Callable[[], None]
    """Called when the operator has put in another part."""


class Pipeline(ABC, Generic[J]):
    """One sense of a station, from its source to its verdict.

    Everything here runs on the station's loop; long work is awaited in `steps`.
    """

    sense: Sense
    inventory: Inventory
    source: Any
    """A PictureSource or a SoundSource."""
    interval: float
    """Minimum seconds from the begin of one step to the begin of the next."""

    def __init__(self, ports: PipelinePorts, steps: Steps) -> None:
        self.recipe, self.log, self.changed = ports.recipe, ports.log, ports.changed
        self.clock, self.tape, self.steps = ports.clock, ports.tape, steps
        self.judge: J | None = None
        self.refused: GoodpartError | None = None
        """Why the recipe's model cannot be used."""
        self.new_model: ModelInfo | None = None
        """A newly trained model that the operator can take over; None if there is none."""
        self.unsaved = False
        self.paused = False
        self.no_model = "the model is being loaded"
        self.verdict = Verdict("UNKNOWN", self.no_model)
        self.newest: ImageJudgement | SoundJudgement | None = None
        """The newest judged sample."""
        self.counters = Counters()
        self.truth: str | None = None
        """Set by a simulated bench only: `good` or the name of the fault."""
        self.stored = ""
        """The result of the last storing, recording or deleting, as one sentence."""
        self.resting = False
        """Whether a lasting reason prevents judging (pause, no model, a fault of the source)."""
        knobs = self.recipe.table(self.sense).knobs
        self.knob_tables: dict[Which, KnobTable] = {
            "density": knobs.density,
            "reconstruction_error": knobs.reconstruction_error,
        }
        self.single = False
        """Whether only parts that are reported in place are judged (single-shot mode)."""
        self.part_samples: PartSamples[Any] | None = None
        """The samples of the part in place; None outside the single-shot mode or before the first part."""

    # Implemented per sense.

    @abstractmethod
    def make(self, bundle: Bundle) -> J:
        """Build a judge from `bundle`; runs on a worker thread. Raises GoodpartError if the bundle does not fit."""

    @abstractmethod
    def model_changed(self, judge: J) -> None:
        """Prepare the sense's own state for `judge`, which is used from now on."""

    @abstractmethod
    def state(self) -> SenseState:
        """Return the present state of this sense for a snapshot."""

    @abstractmethod
    async def step(self) -> None:
        """Take the next sample, if there is one, and judge it."""

    @abstractmethod
    def forget(self) -> None:
        """Discard earlier samples, so that they do not influence the next verdict."""

    @property
    def notices_exchange(self) -> bool:
        """Whether this sense notices that the part is exchanged."""
        return False

    @abstractmethod
    def start(self) -> None:
        """Open the source."""

    @abstractmethod
    def stop(self) -> None:
        """Close the source and end storing or recording."""

    # Common to all senses.

    async def watch(self, ending: asyncio.Event) -> None:
        """Load the model, then run step after step until `ending` is set."""
        await self.load()
        while not ending.is_set():
            began = time.monotonic()
            self.steps.begin()
            try:
                await self.step()
            except Exception as error:  # noqa: BLE001 - after any failure the old verdict no longer holds
                self.fail(error)
            self.steps.end()
            await self._pace(began, ending)

    def current_verdict(self) -> Verdict:
        """Return the sense's verdict; UNKNOWN if the present step hangs."""
        if not self.hung or self.verdict.state == "UNKNOWN":
            return self.verdict
        return Verdict("UNKNOWN", f"no {SENSE_WORDS[self.sense].sample} has been judged for {self.busy:.0f} s")

    @property
    def hung(self) -> bool:
        """Whether the present step has lasted STUCK_SECONDS or longer."""
        return self.busy >= STUCK_SECONDS

    @property
    def busy(self) -> float:
        """Seconds since the present step began; 0 between steps."""
        return self.steps.busy

    async def _pace(self, began: float, ending: asyncio.Event) -> None:
        left = began + self.interval - time.monotonic()
        if left > 0:
            try:
                await asyncio.wait_for(ending.wait(), left)
            except TimeoutError:
                return

    def close(self) -> None:
        """Release the threads of `steps`."""
        self.steps.close()

    def fail(self, error: Exception) -> None:
        """Set the verdict to UNKNOWN after an unexpected error and journal its traceback."""
        words = f"goodpart could not judge ({named(error)}): the journal has the details; train again if it stays"
        self.log.unforeseen(error, words)
        self.clock.read()
        if self.tape:
            self.tape.failed(self.sense, words)
        self.rest(Verdict("UNKNOWN", words))
        self.changed()

    def rest(self, verdict: Verdict, at: float | None = None) -> None:
        """Discard earlier samples and show `verdict`, which has the reason why nothing can be judged. `at` is
        time.monotonic() of the sample that shows the reason; the default is now."""
        self.forget()
        self.verdict, self.resting = verdict, True
        if self.part_samples is not None:
            self.part_samples.fail(verdict.reason, self.clock.now if at is None else at)

    # Single shots.

    def set_single(self, single: bool) -> None:
        """Switch to the single-shot mode, or back to continuous judging."""
        self.single, self.part_samples = single, None
        self.forget()
        if not self.resting:
            self.verdict = NO_PART if single else Verdict("UNKNOWN", "looking")

    def begin_part(self, part: PartSamples[Any]) -> None:
        """Gather samples for `part`, which is in place now."""
        self.forget()
        self.part_samples = part

    def wait(self) -> None:
        """Show the verdict of the part in place, or that no part is in place."""
        self.resting = False
        self.verdict = (self.part_samples.verdict if self.part_samples else None) or NO_PART

    async def in_files(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run `work`, which writes into the recipe's folder, after all earlier such work; return its result."""
        return await asyncio.get_running_loop().run_in_executor(self.log.files, work, *arguments)

    # The model.

    @property
    def learnt(self) -> bool:
        """Whether the recipe has a model, usable or not."""
        return self.judge is not None or self.recipe.has_model(self.sense)

    async def load(self) -> None:
        """Load the recipe's model, and describe a newly trained one if there is one."""
        try:
            bundle = await self.steps.load(read_bundle, self.recipe.bundle(self.sense))
            self.use(await self.steps.load(self.make, bundle))
        except GoodpartError as error:
            exists = self.recipe.has_model(self.sense)
            self.refuse(error, str(error) if exists else NOTHING_LEARNT)
        except Exception as error:  # noqa: BLE001 - reported; the station continues
            self.refuse(GoodpartError(f"the model cannot be used ({named(error)}); train again"))
        await self.find_candidate()
        self.changed(news=True)
        self.inventory_changed()

    def refuse(self, why: GoodpartError, words: str = "") -> None:
        """Judge nothing: the model cannot be used. `words`, if given, replace the text of `why` on the screen."""
        self.clock.read()
        self.no_model, self.refused = words or str(why), why
        if self.tape:
            self.tape.refused(self.sense, self.no_model)

    def use(self, judge: J) -> None:
        """Judge with `judge` from now on, and journal it."""
        self.clock.read()
        if self.tape:
            self.tape.model(self.sense, judge.bundle.id, self.recipe.bundle(self.sense))
        self.judge, self.refused = judge, None
        self.unsaved = False
        if self.part_samples is not None:
            self.part_samples.fail("another model was taken over while it was judged", self.clock.now)
        self.model_changed(judge)
        files = SENSE_WORDS[self.sense].files
        self.log.record("model", f"{judge.model.method}, {judge.model.taught} good {files}, {judge.bundle.id}")

    async def find_candidate(self) -> None:
        """Describe the newly trained model in `new_model`; None if there is none or it cannot be read."""
        self.new_model = None
        candidate = self.recipe.candidate(self.sense)
        if candidate.exists():
            try:
                bundle = await self.steps.load(read_bundle, candidate)
                self.new_model = describe(bundle, self.recipe.table(self.sense), self.recipe.false_alarms)
            except BundleError as error:
                self.log.complain(str(error))

    async def take_over(self) -> None:
        """Judge with the newly trained model. Raises GoodpartError if it cannot be read, used or moved into place; the
        old model stays then."""
        candidate, place = self.recipe.candidate(self.sense), self.recipe.bundle(self.sense)
        judge = await self.steps.load(self.make, await self.steps.load(read_bundle, candidate))
        try:
            candidate.replace(place)
        except OSError as error:
            raise GoodpartError(f"{place}: cannot be replaced ({error.strerror}); the old model stays") from error
        self.use(judge)
        self.new_model = None

    async def discard(self) -> None:
        """Keep the old model and delete the newly trained one. Raises GoodpartError if it cannot be deleted."""
        candidate = self.recipe.candidate(self.sense)
        try:
            await self.in_files(lambda: candidate.unlink(missing_ok=True))
        except OSError as error:
            raise GoodpartError(f"{candidate}: cannot be deleted ({error.strerror or error})") from error
        self.log.record("model", f"a newly trained model of {self.sense} was not taken")
        self.new_model = None

    # The recipe's training material.

    def inventory_changed(self) -> None:
        """Recount the recipe's folders in the background, then publish."""
        loop = asyncio.get_running_loop()

        def recount() -> None:
            self.inventory.look()
            with contextlib.suppress(RuntimeError):  # the station has ended
                loop.call_soon_threadsafe(partial(self.changed, news=True))

        self.log.files.submit(recount)

    def _clamp(self, kind: Clamped) -> None:
        """Ask a simulated bench for parts of a kind. A real bench has no `clamp`: a technician clamps the parts."""
        clamp = getattr(self.source, "clamp", None)
        if clamp is not None:
            clamp(kind)

    async def remove(self, *, defect: bool, every: bool) -> None:
        """Delete the newest good (`defect`: defective) picture or recording, or all of them (`every`).

        Raises GoodpartError if there is nothing to delete or a file cannot be deleted.
        """
        work = self.inventory.remove_all if every else self.inventory.remove_last
        self.stored = await self.in_files(partial(work, defect=defect))
        self.log.record("teaching", self.stored)

    # Thresholds.

    @property
    def thresholds(self) -> Thresholds | None:
        """The thresholds in use; None while no model is loaded."""
        return self.judge.thresholds if self.judge else None

    @property
    def model(self) -> ModelInfo | None:
        """The model in use; None while no model is loaded."""
        return self.judge.model if self.judge else None

    @property
    def model_id(self) -> str:
        """The id of the model in use; empty while no model is loaded."""
        return self.judge.bundle.id if self.judge else ""

    def _loaded_judge(self) -> J:
        """Raises GoodpartError if no model is loaded."""
        if self.judge is None:
            raise GoodpartError(f"there are no thresholds to set: {self.no_model}")
        return self.judge

    def set_threshold(self, which: Which, value: float, by: str, **how: Any) -> None:
        """Judge with threshold `value` from now on; `how` goes into the journal. Raises GoodpartError if no model is
        loaded or the value is not finite."""
        judge = self._loaded_judge()
        old = judge.thresholds
        judge.set_threshold(which, value, by)
        if self.tape:
            self.tape.threshold(self.sense, which, value, by, how)
        self._thresholds_changed(old, judge.thresholds, **how)

    def knob_meanings(self, link: KnobLink) -> tuple[KnobMeaning, ...]:
        """Return what each knob of `link` means for this sense: density first, then reconstruction error."""
        calibrated = self.judge.calibrated if self.judge else None
        return tuple(
            meaning(self.sense, which, table, calibrated, link.knob(which)) for which, table in self.knob_tables.items()
        )

    async def set_knob(self, which: Which, table: KnobTable) -> None:
        """Change the thresholds that a knob's turn covers, here and in recipe.toml. Raises GoodpartError if recipe.toml
        cannot be written."""
        await self.in_files(self.recipe.save_knob, self.sense, which, table)
        self.knob_tables[which] = table

    def supports(self, recipe: Recipe) -> None:
        """Raises GoodpartError if the stored calibration scores cannot give the false-alarm rate of `recipe`."""
        self._loaded_judge().supports(recipe)

    def calibrate(self, recipe: Recipe) -> None:
        """Compute new thresholds from the stored calibration scores, for the false-alarm rate of `recipe`."""
        judge = self._loaded_judge()
        old = judge.thresholds
        judge.calibrate(recipe)
        if self.tape:
            self.tape.calibrated(self.sense, recipe)
        self.recipe = self.recipe.asking(recipe.settings.verdict.false_alarms)
        self._thresholds_changed(old, judge.thresholds, how=judge.thresholds.by)

    def _thresholds_changed(self, old: Thresholds, new: Thresholds, **how: Any) -> None:
        self.unsaved = True
        self.log.thresholds(self.sense, old, new, **how)

    async def save(self) -> None:
        """Write the thresholds to recipe.toml. Raises GoodpartError if no model is loaded, or if the file cannot be
        written."""
        judge = self._loaded_judge()
        thresholds = judge.thresholds
        await self.in_files(self.recipe.save_thresholds, thresholds, judge.bundle.id, self.sense)
        if judge is self.judge and judge.thresholds == thresholds:
            self.unsaved = False


def named(error: Exception) -> str:
    """Return the class and the text of `error`: `ValueError: ...`."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
