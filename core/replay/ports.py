"""Replacements for devices, clock, journal and lock in a replay."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.outputs.outputs import Outputs
from core.pipelines.base import PipelinePorts
from core.pipelines.factory import Pipelines
from core.pipelines.image import ImagePipeline
from core.pipelines.sound import SoundPipeline
from core.recipes.recipe import Recipe
from core.state.source_status import MicrophoneStatus, SourceStatus
from core.state.verdict import Sense, State, Verdict
from core.tape.header import TapeHeader


@dataclass(frozen=True)
class ReplayRecipe(Recipe):
    """A recipe with the senses of a recording, independent of what its folder holds now."""

    taught: tuple[Sense, ...] = ()
    """Senses that were taught when the recording began."""
    present: tuple[Sense, ...] = ()
    """Senses with samples in the recording."""
    learnt: tuple[Sense, ...] = ()
    """Senses that had a model when the recording began."""

    def holds(self, sense: Sense) -> bool:
        """Whether the sense was taught when the recording began."""
        return sense in self.taught

    def perceived(self, _camera: bool = False, _microphone: bool = False) -> tuple[Sense, ...]:
        """Return the senses with samples in the recording, whatever devices are given."""
        return self.present

    def has_model(self, sense: Sense) -> bool:
        """Whether the sense had a model when the recording began."""
        return sense in self.learnt


def replay_recipe(head: TapeHeader, recipe: Recipe | None, folder: Path) -> ReplayRecipe:
    """Return the recorded recipe, with `folder` as the place for its models; or, if `recipe` is given, that recipe with
    the recorded mode of judging."""
    if recipe is None:
        return ReplayRecipe(folder, head.settings, head.taught, head.perceived, head.learnt)
    # Single-shot or continuous is part of what was recorded, not of how the recipe judges.
    mode = replace(recipe.settings.verdict, mode=head.settings.verdict.mode)
    return ReplayRecipe(recipe.folder, replace(recipe.settings, verdict=mode), recipe.senses, head.perceived)


class RecordedSource:
    """A source without samples: RecordedSteps returns them. Its status is the recorded one."""

    def __init__(self, status: Any) -> None:
        self.now = status

    def start(self) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""

    def take(self, _timeout: float) -> Any:
        """Return None."""
        return None

    def status(self) -> Any:
        """Return the recorded status."""
        return self.now


class RecordedClock:
    """A clock that changes only with the events of the recording."""

    def __init__(self, monotonic: float, wall: float) -> None:
        """`monotonic` and `wall` are time.monotonic() and time.time() at the begin of the recording."""
        self.now = monotonic
        self._began, self._wall = monotonic, wall

    def read(self) -> float:
        """Return the time.monotonic() of the present event."""
        return self.now

    def wall(self) -> float:
        """Return the time.time() of the present event."""
        return self._wall + (self.now - self._began)


class Turn:
    """Suspends a step until the replay reaches the next event of that step."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class RecordedSteps:
    """Passes recorded samples to a pipeline, and judges on the calling thread."""

    def __init__(self, sense: Sense, source: RecordedSource) -> None:
        self.sense, self.source = sense, source
        self.given: tuple[Any, Any, float] = (None, source.now, 0.0)
        """The present sample, the status of the source, and time.monotonic()."""
        self.suspends = False
        """Whether a step waits after judging, until the event that the live judgement came."""
        self.busy = 0.0

    def begin(self) -> None:
        """Do nothing: `busy` comes from the recording."""

    def end(self) -> None:
        """Do nothing: `busy` comes from the recording."""

    async def take(self, _source: Any, _timeout: float) -> Any:
        """Return `given`."""
        return self.given

    async def judge(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Judge now; if `suspends`, return only when the replay resumes the step."""
        result = work(*arguments)
        if self.suspends:
            await Turn()
        return result

    async def load(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run `work` now and return its result."""
        return work(*arguments)

    def close(self) -> None:
        """Do nothing: there are no threads."""


def recorded_steps(head: TapeHeader) -> dict[Sense, RecordedSteps]:
    """Return the steps of each sense of a recording."""
    statuses = {
        "image": SourceStatus("opening", head.camera),
        "sound": MicrophoneStatus("opening", head.microphone),
    }
    return {sense: RecordedSteps(sense, RecordedSource(statuses[sense])) for sense in head.perceived}


def recorded_pipelines(ports: PipelinePorts, steps: dict[Sense, RecordedSteps], *, stills: bool) -> Pipelines:
    """Return pipelines that judge recorded samples, one per sense in `steps`."""
    image, sound = steps.get("image"), steps.get("sound")
    return Pipelines(
        ImagePipeline(ports, image, image.source, stills=stills) if image else None,
        SoundPipeline(ports, sound, sound.source) if sound else None,
    )


class NoLock:
    """A lock that does nothing: a replay does not change the recipe's folder."""

    def release(self) -> None:
        """Do nothing."""


def no_outputs() -> Outputs:
    """Return outputs without targets: other systems do not receive replayed verdicts."""
    return Outputs({}, Path(), lambda _words: None)


class SilentLog:
    """A core.journal.log.StationLog that writes nothing."""

    complaints = 0
    fault = ""

    def __init__(self) -> None:
        self.files: Executor = ThreadPoolExecutor(1, "files")
        self._state: State = "UNKNOWN"

    def record(self, *_what: Any, **_data: Any) -> None:
        """Write nothing."""

    def complain(self, words: str) -> None:
        """Report nothing."""

    def unforeseen(self, error: Exception, words: str) -> None:
        """Write nothing."""

    def health(self, sense: Sense, fault: str | None) -> None:
        """Write nothing."""

    def thresholds(self, *_what: Any, **_how: Any) -> None:
        """Write nothing."""

    def part(self, *_what: Any) -> None:
        """Write nothing."""

    def shift(self, *_what: Any, **_data: Any) -> None:
        """Write nothing."""

    def verdict(self, verdict: Verdict, *_more: Any) -> bool:
        """Return whether the verdict turned to ANOMALY; write nothing."""
        before, self._state = self._state, verdict.state
        return verdict.state == "ANOMALY" != before

    def close(self, *_what: Any) -> None:
        """End the thread for files; write nothing."""
        self.files.shutdown(wait=False)
