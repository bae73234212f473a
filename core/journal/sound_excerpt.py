"""The last seconds of sound and its scores, kept as evidence of an alarm."""

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
"""Seconds of scores before an alarm."""
SOUND_SECONDS = 5.0
"""Seconds of sound before an alarm."""


@dataclass(frozen=True)
class SoundExcerpt:
    """Sound without a gap up to an alarm, and its judged windows."""

    windows: Sequence[SoundJudgement]
    """Windows of the last 30 s, oldest first."""
    thresholds: Thresholds
    pieces: Sequence[Sound]
    """At least the last 5 s if the sound is that long, float32 (n,) each, oldest first."""
    rate: int
    """Samples per second."""

    @property
    def sound(self) -> Sound:
        """The last 5 s, float32 (n,)."""
        whole = np.concatenate([np.zeros(0, np.float32), *self.pieces])
        return whole[-round(SOUND_SECONDS * self.rate) :]

    def to_json(self) -> str:
        """Return the trace as a JSON object: `seconds` (0 is the newest window), scores, `share` of the alarm level,
        thresholds. Values that are not finite become null."""
        end = self.windows[-1].end if self.windows else 0.0

        def column(name: str) -> list[float | None]:
            values = [float(getattr(window, name)) for window in self.windows]
            return [round(value, 6) if math.isfinite(value) else None for value in values]

        trace: dict[str, Any] = {"seconds": [round(window.end - end, 2) for window in self.windows]}
        trace |= {name: column(name) for name in ("density", "reconstruction_error", "share")}
        return json.dumps(trace | {"thresholds": asdict(self.thresholds)})
