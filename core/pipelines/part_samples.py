"""The samples of the part in place, in the single-shot mode."""

from __future__ import annotations

from typing import Generic, TypeVar

from core.state.parts import WAITING
from core.state.verdict import ImageJudgement, SoundJudgement, Thresholds, Verdict

NO_PART = Verdict("UNKNOWN", WAITING)


S = TypeVar("S")


class PartSamples(Generic[S]):
    """The samples of one sense of the part in place, and the verdict from them."""

    def __init__(self, begin: float, wanted: float) -> None:
        """`begin` is time.monotonic(); earlier samples do not belong to this part. `wanted` is a number of pictures, or
        of seconds of sound."""
        self.begin = begin
        self.wanted = wanted
        self.gathered = 0.0
        """The number of pictures, or of seconds of sound, so far."""
        self.samples: list[S] = []
        self.verdict: Verdict | None = None
        """The sense's verdict of the part; None while samples are being gathered."""
        self.judged: ImageJudgement | SoundJudgement | None = None
        """The joint judgement of all samples."""
        self.thresholds: Thresholds | None = None
        """The thresholds that `judged` was compared with."""
        self.note = ""
        """What delayed the gathering, as text."""
        self.begun = False
        """Whether a sample after `begin` has arrived; set and read by the sense."""

    @property
    def open(self) -> bool:
        """Whether the part has no verdict yet."""
        return self.verdict is None

    @property
    def complete(self) -> bool:
        """Whether all wanted samples have been gathered."""
        return self.gathered >= self.wanted - 1e-6

    def restart(self, begin: float, note: str) -> None:
        """Discard the samples, because they show another part or the part in motion, and gather again from `begin`."""
        self.begin, self.gathered, self.note, self.begun = begin, 0.0, note, False
        self.samples.clear()
        self.verdict = self.judged = self.thresholds = None

    def fail(self, words: str, at: float) -> None:
        """Set the verdict to UNKNOWN with reason `words`, unless there is a verdict already or `at`, a
        time.monotonic(), is before `begin`."""
        if self.open and at >= self.begin:
            self.verdict = Verdict("UNKNOWN", words)

    def end(self, judged: ImageJudgement | SoundJudgement, thresholds: Thresholds, why: str) -> None:
        """Set the verdict of the part from its joint judgement, with reason `why`."""
        self.judged, self.thresholds = judged, thresholds
        self.verdict = Verdict("ANOMALY" if judged.anomalous else "OK", why)
