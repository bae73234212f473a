"""What sight and hearing have in common: a source, a trained model, thresholds, a verdict of their own."""

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
"""A step that takes longer than that hangs: what was said before it is no longer true."""
J = TypeVar("J", bound=Judge)
NOTHING_LEARNT = "nothing was learnt yet: teach good parts, then train"
PAUSED = Verdict("UNKNOWN", "paused: nothing is judged")


class Changed(Protocol):
    def __call__(self, *, news: bool = False) -> None:
        """`news`: of something else than a step."""


@dataclass(frozen=True)
class PipelinePorts:
    """The surroundings of a pipeline."""

    recipe: Recipe
    log: StationLog
    clock: Clock
    tape: TapeWriter | None
    """Records what the pipeline does."""
    changed: Changed
    """Called after every change that a snapshot shows."""
    exchanged: Callable[[], None]
    """Called when another part was put in."""


class Pipeline(ABC, Generic[J]):
    """One sense of a station, from its source to its verdict. Everything here runs on the station's loop; what takes
    long is waited for in `steps`."""

    sense: Sense
    holdings: Inventory
    source: Any
    """A PictureSource or a SoundSource."""
    interval: float
    """Seconds from one step to the next, at least."""

    def __init__(self, ports: PipelinePorts, steps: Steps) -> None:
        self.recipe, self.log, self.changed = ports.recipe, ports.log, ports.changed
        self.clock, self.tape, self.steps = ports.clock, ports.tape, steps
        self.judge: J | None = None
        self.refused: GoodpartError | None = None
        """Why the recipe's model cannot be used."""
        self.new_model: ModelInfo | None = None
        """One that has been trained and waits to be taken over."""
        self.unsaved = False
        self.paused = False
        self.no_model = "the model is being loaded"
        self.verdict = Verdict("UNKNOWN", self.no_model)
        self.newest: ImageJudgement | SoundJudgement | None = None
        """The newest judged sample."""
        self.counters = Counters()
        self.truth: str | None = None
        """Only from a simulated bench: `good` or the name of the fault."""
        self.stored = ""
        """What became of the last material that was stored, recorded or deleted, in a sentence."""
        self.resting = False
        """Nothing can be judged, for a reason that lasts."""
        knobs = self.recipe.table(self.sense).knobs
        self.knob_tables: dict[Which, KnobTable] = {
            "density": knobs.density,
            "reconstruction_error": knobs.reconstruction_error,
        }
        self.single = False
        """Judge only what is gathered of a part that is in place."""
        self.look: PartSamples[Any] | None = None
        """Of the part that is in place."""

    # What each sense does its own way.

    @abstractmethod
    def make(self, bundle: Bundle) -> J:
        """The model at work, on a worker thread. Raises GoodpartError."""

    @abstractmethod
    def model_changed(self, judge: J) -> None:
        """Judge with this one from now on."""

    @abstractmethod
    def state(self) -> SenseState:
        """All that is known now of this sense."""

    @abstractmethod
    async def step(self) -> None:
        """One turn: what has come, if anything, is judged."""

    @abstractmethod
    def forget(self) -> None:
        """What was perceived so far shall have no part in the verdict."""

    @property
    def notices_exchange(self) -> bool:
        """Whether it would perceive that the part is exchanged."""
        return False

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def stop(self) -> None: ...

    # What they do alike.

    async def watch(self, ending: asyncio.Event) -> None:
        """Perceive until the station ends."""
        await self.load()
        while not ending.is_set():
            began = time.monotonic()
            self.steps.begin()
            try:
                await self.step()
            except Exception as error:  # noqa: BLE001 - whatever it is, the verdict must not stand
                self.fail(error)
            self.steps.end()
            await self._pace(began, ending)

    def said(self) -> Verdict:
        """The sense's verdict, unless it hangs: then nobody knows."""
        if not self.hung or self.verdict.state == "UNKNOWN":
            return self.verdict
        return Verdict("UNKNOWN", f"no {SENSE_WORDS[self.sense].sample} has been judged for {self.busy:.0f} s")

    @property
    def hung(self) -> bool:
        return self.busy >= STUCK_SECONDS

    @property
    def busy(self) -> float:
        """Seconds since the present step began."""
        return self.steps.busy

    async def _pace(self, began: float, ending: asyncio.Event) -> None:
        left = began + self.interval - time.monotonic()
        if left > 0:
            try:
                await asyncio.wait_for(ending.wait(), left)
            except TimeoutError:
                return

    def close(self) -> None:
        self.steps.close()

    def fail(self, error: Exception) -> None:
        """What nobody foresaw makes the verdict UNKNOWN, in words; the journal has the details, once."""
        words = f"goodpart could not judge ({named(error)}): the journal has the details; train again if it stays"
        self.log.unforeseen(error, words)
        self.clock.read()
        if self.tape:
            self.tape.failed(self.sense, words)
        self.rest(Verdict("UNKNOWN", words))
        self.changed()

    def rest(self, verdict: Verdict, at: float | None = None) -> None:
        """Nothing can be said: forget what was perceived, show why. `at` is time.monotonic() of what shows it, now if
        not given."""
        self.forget()
        self.verdict, self.resting = verdict, True
        if self.look is not None:
            self.look.fail(verdict.reason, self.clock.now if at is None else at)

    # Single shots.

    def turn_single(self, single: bool) -> None:
        """To single shots, or back to judging all that comes."""
        self.single, self.look = single, None
        self.forget()
        if not self.resting:
            self.verdict = NO_PART if single else Verdict("UNKNOWN", "looking")

    def look_at(self, look: PartSamples[Any]) -> None:
        """A part is in place."""
        self.forget()
        self.look = look

    def wait(self) -> None:
        """There is no part that could be judged, or no longer."""
        self.resting = False
        self.verdict = (self.look.verdict if self.look else None) or NO_PART

    async def in_files(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """What is written into the recipe, one after the other."""
        return await asyncio.get_running_loop().run_in_executor(self.log.files, work, *arguments)

    # The model.

    @property
    def learnt(self) -> bool:
        """Whether there is a model, be it one that cannot be used."""
        return self.judge is not None or self.recipe.has_model(self.sense)

    async def load(self) -> None:
        """The recipe's model, and one that waits to be taken over."""
        try:
            bundle = await self.steps.load(read_bundle, self.recipe.bundle(self.sense))
            self.use(await self.steps.load(self.make, bundle))
        except GoodpartError as error:
            there = self.recipe.has_model(self.sense)
            self.refuse(error, str(error) if there else NOTHING_LEARNT)
        except Exception as error:  # noqa: BLE001 - told, and the station goes on
            self.refuse(GoodpartError(f"the model cannot be used ({named(error)}); train again"))
        await self.find_candidate()
        self.changed(news=True)
        self.holdings_changed()

    def refuse(self, why: GoodpartError, words: str = "") -> None:
        """There is no model to judge with; `words` say so where `why` does not."""
        self.clock.read()
        self.no_model, self.refused = words or str(why), why
        if self.tape:
            self.tape.refused(self.sense, self.no_model)

    def use(self, judge: J) -> None:
        """Judge with this model from now on."""
        self.clock.read()
        if self.tape:
            self.tape.model(self.sense, judge.bundle.id, self.recipe.bundle(self.sense))
        self.judge, self.refused = judge, None
        self.unsaved = False
        if self.look is not None:
            self.look.fail("another model was taken over while it was judged", self.clock.now)
        self.model_changed(judge)
        files = SENSE_WORDS[self.sense].files
        self.log.record("model", f"{judge.model.method}, {judge.model.taught} good {files}, {judge.bundle.id}")

    async def find_candidate(self) -> None:
        self.new_model = None
        candidate = self.recipe.candidate(self.sense)
        if candidate.exists():
            try:
                bundle = await self.steps.load(read_bundle, candidate)
                self.new_model = describe(bundle, self.recipe.table(self.sense), self.recipe.false_alarms)
            except BundleError as error:
                self.log.complain(str(error))

    async def take_over(self) -> None:
        """Judge with the model that was trained in the background. Raises GoodpartError; the old one stays then."""
        candidate, place = self.recipe.candidate(self.sense), self.recipe.bundle(self.sense)
        judge = await self.steps.load(self.make, await self.steps.load(read_bundle, candidate))
        try:
            candidate.replace(place)
        except OSError as error:
            raise GoodpartError(f"{place}: cannot be replaced ({error.strerror}); the old model stays") from error
        self.use(judge)
        self.new_model = None

    async def discard(self) -> None:
        """Keep the old model: what was trained in the background is thrown away. Raises GoodpartError."""
        candidate = self.recipe.candidate(self.sense)
        try:
            await self.in_files(lambda: candidate.unlink(missing_ok=True))
        except OSError as error:
            raise GoodpartError(f"{candidate}: cannot be deleted ({error.strerror or error})") from error
        self.log.record("model", f"a newly trained model of {self.sense} was not taken")
        self.new_model = None

    # What the recipe holds.

    def holdings_changed(self) -> None:
        """Look through the recipe's folders again, meanwhile."""
        loop = asyncio.get_running_loop()

        def look() -> None:
            self.holdings.look()
            with contextlib.suppress(RuntimeError):  # the station has ended
                loop.call_soon_threadsafe(partial(self.changed, news=True))

        self.log.files.submit(look)

    def _clamp(self, kind: Clamped) -> None:
        """Ask a simulated bench for parts of a kind; at any other a technician clamps them."""
        clamp = getattr(self.source, "clamp", None)
        if clamp is not None:
            clamp(kind)

    async def remove(self, *, defect: bool, every: bool) -> None:
        """Delete the newest picture or recording, or all. Raises GoodpartError."""
        work = self.holdings.remove_all if every else self.holdings.remove_last
        self.stored = await self.in_files(partial(work, defect=defect))
        self.log.record("teaching", self.stored)

    # Thresholds.

    @property
    def thresholds(self) -> Thresholds | None:
        return self.judge.thresholds if self.judge else None

    @property
    def model(self) -> ModelInfo | None:
        return self.judge.model if self.judge else None

    @property
    def model_id(self) -> str:
        return self.judge.bundle.id if self.judge else ""

    def _at_work(self) -> J:
        if self.judge is None:
            raise GoodpartError(f"there are no thresholds to set: {self.no_model}")
        return self.judge

    def set_threshold(self, which: Which, value: float, by: str, **how: Any) -> None:
        """`how` goes into the journal. Raises GoodpartError."""
        judge = self._at_work()
        old = judge.thresholds
        judge.set_threshold(which, value, by)
        if self.tape:
            self.tape.threshold(self.sense, which, value, by, how)
        self._thresholds_changed(old, judge.thresholds, **how)

    def knob_meanings(self, link: KnobLink) -> tuple[KnobMeaning, ...]:
        calibrated = self.judge.calibrated if self.judge else None
        return tuple(
            meaning(self.sense, which, table, calibrated, link.knob(which)) for which, table in self.knob_tables.items()
        )

    async def set_knob(self, which: Which, table: KnobTable) -> None:
        """What a knob means from now on, written to recipe.toml. Raises GoodpartError."""
        await self.in_files(self.recipe.save_knob, self.sense, which, table)
        self.knob_tables[which] = table

    def supports(self, recipe: Recipe) -> None:
        """Raises GoodpartError where the stored calibration scores cannot give what the recipe asks."""
        self._at_work().supports(recipe)

    def calibrate(self, recipe: Recipe) -> None:
        """New thresholds from the stored calibration scores, for the false-alarm rate that the recipe asks."""
        judge = self._at_work()
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
        """Write the thresholds to recipe.toml. Raises GoodpartError."""
        judge = self._at_work()
        thresholds = judge.thresholds
        await self.in_files(self.recipe.save_thresholds, thresholds, judge.bundle.id, self.sense)
        if judge is self.judge and judge.thresholds == thresholds:
            self.unsaved = False


def named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
