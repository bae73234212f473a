"""What a replay gives a station's engine instead of devices, clock, journal and lock."""

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
    """A recipe whose senses are those of a recording, whatever is in its folder by now."""

    taught: tuple[Sense, ...] = ()
    present: tuple[Sense, ...] = ()
    """Senses of which the recording holds samples."""
    learnt: tuple[Sense, ...] = ()
    """Senses that had a model when the recording began."""

    def holds(self, sense: Sense) -> bool:
        return sense in self.taught

    def perceived(self, camera: bool = False, microphone: bool = False) -> tuple[Sense, ...]:
        return self.present

    def has_model(self, sense: Sense) -> bool:
        return sense in self.learnt


def replay_recipe(head: TapeHeader, recipe: Recipe | None, folder: Path) -> ReplayRecipe:
    """The recorded recipe, its models to be put into `folder`; or `recipe`, if there is one, instead."""
    if recipe is None:
        return ReplayRecipe(folder, head.settings, head.taught, head.perceived, head.learnt)
    # In which way parts are judged belongs to what happened.
    mode = replace(recipe.settings.verdict, mode=head.settings.verdict.mode)
    return ReplayRecipe(recipe.folder, replace(recipe.settings, verdict=mode), recipe.senses, head.perceived)


class RecordedSource:
    """A source that has been taken from already."""

    def __init__(self, status: Any) -> None:
        self.now = status

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def take(self, timeout: float) -> Any:
        return None

    def status(self) -> Any:
        return self.now


class RecordedClock:
    """Stands still between the recording's events."""

    def __init__(self, monotonic: float, wall: float) -> None:
        """Both at the recording's beginning."""
        self.now = monotonic
        self._began, self._wall = monotonic, wall

    def read(self) -> float:
        return self.now

    def wall(self) -> float:
        return self._wall + (self.now - self._began)


class Turn:
    """Waiting for the recording's next word about this step."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class RecordedSteps:
    """Gives a pipeline what was recorded instead of what its source gives, and judges at once."""

    def __init__(self, sense: Sense, source: RecordedSource) -> None:
        self.sense, self.source = sense, source
        self.given: tuple[Any, Any, float] = (None, source.now, 0.0)
        """Sample, status of the source, time.monotonic()."""
        self.suspends = False
        """A judgement counts only when the recording says that the live one had come."""
        self.busy = 0.0

    def begin(self) -> None: ...

    def end(self) -> None: ...

    async def take(self, _source: Any, _timeout: float) -> Any:
        return self.given

    async def judge(self, work: Callable[..., Any], *arguments: Any) -> Any:
        result = work(*arguments)
        if self.suspends:
            await Turn()
        return result

    async def load(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return work(*arguments)

    def close(self) -> None: ...


def recorded_steps(head: TapeHeader) -> dict[Sense, RecordedSteps]:
    """For each sense of a recording."""
    statuses = {
        "image": SourceStatus("opening", head.camera),
        "sound": MicrophoneStatus("opening", head.microphone),
    }
    return {sense: RecordedSteps(sense, RecordedSource(statuses[sense])) for sense in head.perceived}


def recorded_pipelines(ports: PipelinePorts, steps: dict[Sense, RecordedSteps], *, stills: bool) -> Pipelines:
    image, sound = steps.get("image"), steps.get("sound")
    return Pipelines(
        ImagePipeline(ports, image, image.source, stills=stills) if image else None,
        SoundPipeline(ports, sound, sound.source) if sound else None,
    )


class NoLock:
    """Nothing is changed in the recipe's folder."""

    def release(self) -> None: ...


def no_outputs() -> Outputs:
    """What is judged again is no news for other systems."""
    return Outputs({}, Path(), lambda _words: None)


class SilentLog:
    """A core.journal.log.StationLog: nothing of a replay goes into a journal."""

    complaints = 0
    fault = ""

    def __init__(self) -> None:
        self.files: Executor = ThreadPoolExecutor(1, "files")
        self._state: State = "UNKNOWN"

    def record(self, *_what: Any, **_data: Any) -> None: ...

    def complain(self, words: str) -> None: ...

    def unforeseen(self, error: Exception, words: str) -> None: ...

    def health(self, sense: Sense, fault: str | None) -> None: ...

    def thresholds(self, *_what: Any, **_how: Any) -> None: ...

    def part(self, *_what: Any) -> None: ...

    def shift(self, *_what: Any, **_data: Any) -> None: ...

    def verdict(self, verdict: Verdict, *_more: Any) -> bool:
        before, self._state = self._state, verdict.state
        return verdict.state == "ANOMALY" != before

    def close(self, judged: int, finish: Callable[[], None]) -> None:
        self.files.shutdown(wait=False)
