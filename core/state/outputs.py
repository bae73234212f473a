"""How each output of the station is doing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OutputPhase = Literal["starting", "working", "failing", "stopped"]


@dataclass(frozen=True)
class OutputState:
    name: str
    """Of its table in recipe.toml, after `outputs.`."""
    phase: OutputPhase
    trouble: str = ""
    """Why it fails, in words."""
    waiting: int = 0
    """Events that are not delivered yet."""
    lost: int = 0
    """Events that were given up since the station began."""

    @property
    def words(self) -> str:
        """Such as `failing (Connection refused), 12 events wait, 3 lost`."""
        said = [f"{self.phase} ({self.trouble})" if self.trouble else self.phase]
        if self.waiting:
            said.append("1 event waits" if self.waiting == 1 else f"{self.waiting} events wait")
        if self.lost:
            said.append(f"{self.lost} lost")
        return ", ".join(said)
