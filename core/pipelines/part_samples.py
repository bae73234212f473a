"""What is gathered of a part that is in place."""

from __future__ import annotations

from typing import Generic, TypeVar

from core.state.parts import WAITING
from core.state.verdict import ImageJudgement, SoundJudgement, Thresholds, Verdict

NO_PART = Verdict("UNKNOWN", WAITING)


S = TypeVar("S")


class PartSamples(Generic[S]):
    """What one sense gathers of the part that is in place."""

    def __init__(self, begin: float, wanted: float) -> None:
        """`begin` is time.monotonic(): what was perceived before it belongs to nobody. `wanted` pictures or seconds."""
        self.begin = begin
        self.wanted = wanted
        self.got = 0.0
        self.samples: list[S] = []
        self.verdict: Verdict | None = None
        """By this sense, of the part; None while it is gathered."""
        self.judged: ImageJudgement | SoundJudgement | None = None
        """All of it as one."""
        self.thresholds: Thresholds | None = None
        """What `judged` was compared with."""
        self.note = ""
        """What held it up, in words."""
        self.begun = False
        """For the sense's own use: something after `begin` has come."""

    @property
    def open(self) -> bool:
        return self.verdict is None

    @property
    def whole(self) -> bool:
        return self.got >= self.wanted - 1e-6

    def restart(self, begin: float, note: str) -> None:
        """What was gathered is of another part, or of this one while it was moved."""
        self.begin, self.got, self.note, self.begun = begin, 0.0, note, False
        self.samples.clear()
        self.verdict = self.judged = self.thresholds = None

    def fail(self, words: str, at: float) -> None:
        """It cannot be told, for what was perceived at `at`."""
        if self.open and at >= self.begin:
            self.verdict = Verdict("UNKNOWN", words)

    def end(self, judged: ImageJudgement | SoundJudgement, thresholds: Thresholds, why: str) -> None:
        self.judged, self.thresholds = judged, thresholds
        self.verdict = Verdict("ANOMALY" if judged.anomalous else "OK", why)
