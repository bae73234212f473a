"""The log of a station as a Protocol, so that a replay works without a journal."""

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
    """Journals a station's events. Every method except `close` returns at once.

    core.journal.event_log.EventLog describes the arguments.
    """

    @property
    def complaints(self) -> int:
        """Number of complaints since the station began."""

    @property
    def fault(self) -> str:
        """What is wrong with the station, as text; empty if nothing is."""

    @property
    def files(self) -> Executor:
        """Runs everything that writes into the recipe's folder, one job after the other."""

    def record(self, kind: Kind, reason: str = "", *, verdict: str = "", at: float | None = None, **data: Any) -> None:
        """Write one row."""

    def complain(self, words: str) -> None:
        """Something could not be done: show it for a while and journal it."""

    def unforeseen(self, error: Exception, words: str) -> None:
        """Journal a programming error with its traceback."""

    def health(self, sense: Sense, fault: str | None) -> None:
        """Journal when a fault of a camera or microphone begins, changes or ends."""

    def thresholds(self, sense: Sense, old: Thresholds, new: Thresholds, **how: Any) -> None:
        """Journal a change of thresholds."""

    def part(self, part: Part, picture: Picture | None, map: AnomalyMap | None, heard: SoundExcerpt | None) -> None:
        """Journal a counted part with its evidence."""

    def shift(self, reason: str, at: float, **data: Any) -> None:
        """Journal the begin of a shift."""

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
        """Journal a change of the verdict. Returns whether it changed to ANOMALY."""

    def close(self, judged: int, finish: Callable[[], None]) -> None:
        """Write everything that waits; may take some seconds. `finish` is called after the last row and may still
        complain."""
