"""Parts that were judged one by one, and the counts of a shift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from core.state.verdict import Verdict

ShotState = Literal["waiting", "judging", "judged"]


Word = Literal["good", "bad"]
"""The operator's answer: the part is really good, or really bad."""


WAITING = "waiting for a part"
"""In single-shot mode the verdict's reason begins with this text while there is no part and no fault."""


@dataclass(frozen=True)
class Part:
    """A part that was judged and counted."""

    number: int
    """Counts the parts of a shift from 1."""
    at: float
    """time.time() of its verdict; the row in the journal has the same time."""
    verdict: Verdict
    by: str
    """What reported the part in place: `key`, `line`, `knob`, `file`; `exchange` if parts are judged continuously."""
    scores: Mapping[str, Any] = field(default_factory=dict)
    """Scores of each sense under `image` and `sound`, in the JSON format of the command line."""


@dataclass(frozen=True)
class Shot:
    """The progress of the single-shot mode."""

    state: ShotState
    pictures: int = 0
    """Number of pictures of the part that are collected."""
    of_pictures: int = 0
    """Number of pictures that a part needs."""
    seconds: float = 0.0
    """Seconds of sound of the part that are collected."""
    of_seconds: float = 0.0
    """Seconds of sound that a part needs."""


@dataclass(frozen=True)
class Shift:
    """The counts since a shift began."""

    since: float
    """time.time() when the shift began."""
    ok: int = 0
    anomalies: int = 0
    unknown: int = 0

    @property
    def parts(self) -> int:
        """The number of all counted parts."""
        return self.ok + self.anomalies + self.unknown

    @property
    def share_ok(self) -> float | None:
        """The yield, 0..1: OK parts divided by all counted parts, UNKNOWN included. None before the first part."""
        return self.ok / self.parts if self.parts else None


@dataclass(frozen=True)
class Call:
    """The last OK or ANOMALY, which the operator can confirm or correct."""

    at: float
    """time.time(); the row in the journal has the same time."""
    verdict: Verdict
    part: int | None = None
    """The number of the part; None if the verdict is not from the single-shot mode."""
    word: Word | None = None
    """The operator's answer; None if there is no answer yet."""
    offered: tuple[str, ...] = ()
    """Files, inside the recipe's folder, that were put into the review queue because of the answer."""
