"""What a station writes down while it judges: a Protocol, so that a replay can do without a journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, Protocol

from core.journal.sound_excerpt import SoundExcerpt
from core.journal.store import Kind
from core.samples import Picture
from core.state.parts import Part
from core.state.verdict import Sense, Thresholds, Verdict

if TYPE_CHECKING:
    from core.samples import AnomalyMap


class StationLog(Protocol):
    """Every method returns at once. core.journal.event_log.EventLog says what each one does."""

    @property
    def complaints(self) -> int:
        """How many complaints there were so far."""

    @property
    def fault(self) -> str:
        """What is wrong with the station, in words; empty if nothing is."""

    @property
    def files(self) -> Executor:
        """Runs whatever writes into the recipe, one job after the other."""

    def record(
        self, kind: Kind, reason: str = "", *, verdict: str = "", at: float | None = None, **data: Any
    ) -> None: ...

    def complain(self, words: str) -> None: ...

    def unforeseen(self, error: Exception, words: str) -> None: ...

    def health(self, sense: Sense, fault: str | None) -> None: ...

    def thresholds(self, sense: Sense, old: Thresholds, new: Thresholds, **how: Any) -> None: ...

    def part(self, part: Part, picture: Picture | None, map: AnomalyMap | None, heard: SoundExcerpt | None) -> None: ...

    def shift(self, reason: str, at: float, **data: Any) -> None: ...

    def verdict(
        self,
        verdict: Verdict,
        lasting: bool,
        scores: Mapping[str, Any],
        picture: Picture | None,
        map: AnomalyMap | None,
        overheard: Callable[[], SoundExcerpt | None],
        at: float,
    ) -> bool:
        """Returns whether the verdict has turned to ANOMALY."""

    def close(self, judged: int, finish: Callable[[], None]) -> None:
        """May take some seconds. `finish` is called after the last row, and may still complain."""
