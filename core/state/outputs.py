"""The state of each output of the station."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OutputPhase = Literal["starting", "working", "failing", "stopped"]


@dataclass(frozen=True)
class OutputState:
    """Whether an output works, and which events it has not delivered."""

    name: str
    """The name of its table in recipe.toml, after `outputs.`."""
    phase: OutputPhase
    trouble: str = ""
    """The error message while the output fails."""
    waiting: int = 0
    """Number of events that are not delivered yet."""
    lost: int = 0
    """Number of events that were dropped since the station started."""

    @property
    def words(self) -> str:
        """The state as text, for example `failing (Connection refused), 12 events waiting, 3 lost`."""
        parts = [f"{self.phase} ({self.trouble})" if self.trouble else self.phase]
        if self.waiting:
            parts.append("1 event waiting" if self.waiting == 1 else f"{self.waiting} events waiting")
        if self.lost:
            parts.append(f"{self.lost} lost")
        return ", ".join(parts)
