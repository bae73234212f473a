"""Parts that were judged, one by one, and the counts of a shift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from core.state.verdict import Verdict

ShotState = Literal["waiting", "judging", "judged"]


Word = Literal["good", "bad"]


WAITING = "waiting for a part"
"""How the verdict's reason begins in single shots while nothing else is wrong."""


@dataclass(frozen=True)
class Part:
    """A part that was judged and counted."""

    number: int
    """Counts the parts of a shift from 1."""
    at: float
    """time.time() of its verdict; the journal's row has the same."""
    verdict: Verdict
    by: str
    """Who said that it is in place: `key`, `line`, `knob`, `file`; `exchange` where parts are judged continuously."""
    scores: Mapping[str, Any] = field(default_factory=dict)
    """Of each sense, as in the command line's contract: `image`, `sound`."""


@dataclass(frozen=True)
class Shot:
    """The single-shot mode at one moment."""

    state: ShotState
    pictures: int = 0
    """Gathered of the part."""
    of_pictures: int = 0
    seconds: float = 0.0
    """Of sound."""
    of_seconds: float = 0.0


@dataclass(frozen=True)
class Shift:
    """What was counted since a shift began."""

    since: float
    """time.time()"""
    ok: int = 0
    anomalies: int = 0
    unknown: int = 0

    @property
    def parts(self) -> int:
        return self.ok + self.anomalies + self.unknown

    @property
    def share_ok(self) -> float | None:
        """The yield: OK of all parts that were counted; UNKNOWN counts as not OK. None before the first part."""
        return self.ok / self.parts if self.parts else None


@dataclass(frozen=True)
class Call:
    """The last OK or ANOMALY: the operator may say that it was right or wrong."""

    at: float
    """time.time(); the journal's row has the same."""
    verdict: Verdict
    part: int | None = None
    """Its number, where it was one of single shots."""
    word: Word | None = None
    """What the operator said of the part."""
    offered: tuple[str, ...] = ()
    """Files that were therefore put aside as teaching material, in the recipe's folder."""
