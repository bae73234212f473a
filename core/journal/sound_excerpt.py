"""The last seconds of sound and of its scores, for the time that something is called out."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.samples import Sound
from core.state.verdict import SoundJudgement, Thresholds

TRACE_SECONDS = 30.0
SOUND_SECONDS = 5.0


@dataclass(frozen=True)
class SoundExcerpt:
    """What was heard without a gap up to a moment."""

    windows: Sequence[SoundJudgement]
    """Of the last 30 s, oldest first."""
    thresholds: Thresholds
    pieces: Sequence[Sound]
    """At least the last 5 s, where there are so many."""
    rate: int

    @property
    def sound(self) -> Sound:
        """The last 5 s."""
        whole = np.concatenate([np.zeros(0, np.float32), *self.pieces])
        return whole[-round(SOUND_SECONDS * self.rate) :]

    def to_json(self) -> str:
        """`seconds` before the moment (0 is the newest window), scores, `share` of the alarm level, thresholds."""
        end = self.windows[-1].end if self.windows else 0.0

        def column(name: str) -> list[float | None]:
            values = [float(getattr(window, name)) for window in self.windows]
            return [round(value, 6) if math.isfinite(value) else None for value in values]

        said: dict[str, Any] = {"seconds": [round(window.end - end, 2) for window in self.windows]}
        said |= {name: column(name) for name in ("density", "reconstruction_error", "share")}
        return json.dumps(said | {"thresholds": asdict(self.thresholds)})
