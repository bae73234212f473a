"""One row of the journal as the station writes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class JournalEvent:
    """An event of the station, such as a verdict, a changed threshold or a fault."""

    at: float
    """time.time() of the event."""
    kind: str
    verdict: str = ""
    """Empty if the event is not about a verdict."""
    reason: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    """Scores, old and new thresholds, names of kept files; every value can be written as JSON."""
