"""What a replayed station is given instead of devices, journal and lock."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from core.journal.event_log import EventLog
from core.pipelines.image import ImagePipeline
from core.pipelines.sound import SoundPipeline
from core.recipes.lock import RecipeLock
from core.recipes.recipe import Recipe
from core.runtime.clock import Clock
from core.samples import Picture
from core.state.verdict import Sense, State, Verdict


@dataclass(frozen=True)
class ReplayRecipe(Recipe):
    """A recipe whose senses are those that a recording tells, whatever is in its folder by now."""

    taught: tuple[Sense, ...] = ()
    present: tuple[Sense, ...] = ()
    """What the recording holds."""

    def holds(self, sense: Sense) -> bool:
        return sense in self.taught

    def perceived(self, camera: bool = False, microphone: bool = False) -> tuple[Sense, ...]:
        return self.present


class GivenSource:
    """A source that has been taken from already."""

    def __init__(self, status: Any) -> None:
        self.now = status

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def take(self, timeout: float) -> Any:
        return None

    def status(self) -> Any:
        return self.now


class GivenClock(Clock):
    """Stands still between the recording's events."""

    def __init__(self, now: float) -> None:
        self.now = now

    def read(self) -> float:
        return self.now


class Turn:
    """Waiting for the recording's next word about this step."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class Replayed:
    """A sense that gets what was recorded instead of what its source gives."""

    given: tuple[Any, Any, float]
    suspends = False
    recorded_learnt = False

    async def take(self, _source: Any, _seconds: float) -> Any:
        return self.given

    async def judged(self, work: Callable[..., Any], *arguments: Any) -> Any:
        result = work(*arguments)
        if self.suspends:
            await Turn()
        return result

    recorded_busy = 0.0

    @property
    def busy(self) -> float:
        return self.recorded_busy


class ReplayImagePipeline(Replayed, ImagePipeline):
    @property
    def learnt(self) -> bool:
        return self.recorded_learnt or self.judge is not None

    def _show(self, picture: Picture) -> None:
        """Nobody looks."""


class ReplaySoundPipeline(Replayed, SoundPipeline):
    @property
    def learnt(self) -> bool:
        return self.recorded_learnt or self.judge is not None


class NoLock(RecipeLock):
    """Nothing is changed in the recipe's folder."""

    def __init__(self) -> None:
        self._handle = None


class NoLog(EventLog):
    """Nothing of a replay goes into a journal."""

    def __init__(self) -> None:
        self._state: State = "UNKNOWN"

    @property
    def fault(self) -> str:
        return ""

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
