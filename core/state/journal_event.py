"""One row of the journal, as it is recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class JournalEvent:
    at: float
    """time.time() of what happened."""
    kind: str
    verdict: str = ""
    """Empty if the event is not about a verdict."""
    reason: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    """Scores and thresholds, old and new, names of kept files; has a form in JSON."""
