"""The result of a replay, and whether a recipe judges as the recorded station did."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from core.recipes.recipe import Recipe
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense, State, Verdict
from core.tape.events import ModelRefused, ModelUsed
from core.tape.header import TapeHeader
from core.tape.reader import TapeReader
from core.tape.verdict_stream import VerdictDigest, VerdictLine


@dataclass(frozen=True)
class ReplayedSample:
    """The verdict after one picture or block of sound."""

    sense: Sense
    number: int
    """Position among the recorded samples of its sense, from 1."""
    at: float
    """time.time()"""
    verdict: Verdict
    """The verdict of the sense after this sample."""
    score: float | None
    """The newest score of the sense; None before the first judgement."""
    truth: str | None
    """From a simulated bench: `good` or the name of the fault; None otherwise."""


@dataclass(frozen=True)
class Difference:
    """The first difference between two verdict streams."""

    at: float
    """time.time()"""
    live: VerdictLine | None
    """None if only the replay has a verdict here."""
    replayed: VerdictLine | None
    """None if only the live run has a verdict here."""


@dataclass
class ReplayOutcome:
    """The result of a replay; grows while it runs."""

    exact: bool
    """Whether the replay judges as the live run did: with the same models, settings and changes of thresholds."""
    began: float = 0.0
    ended: float = 0.0
    """time.time() of the first and last event."""
    digest: VerdictDigest = field(default_factory=VerdictDigest)
    live: VerdictDigest = field(default_factory=VerdictDigest)
    difference: Difference | None = None
    """The first difference; None if there is none, or if the replay is not exact."""
    counts: Counter[tuple[Sense, State]] = field(default_factory=Counter)
    """Samples by the verdict of their sense after them."""
    samples: list[ReplayedSample] = field(default_factory=list)
    """All samples in order; empty unless the replay was created with `keep_samples`."""
    turns: list[tuple[float, Verdict]] = field(default_factory=list)
    """time.time() of each change of the verdict, and the new verdict."""
    lost: int = 0
    """Number of samples that could not be recorded."""
    first_lost: float | None = None
    """time.time() of the first lost sample; None if no sample was lost."""
    knob_bytes: int = 0
    """Number of bytes recorded from the board with the knobs."""
    commands: int = 0
    """Number of changes of thresholds, calibrations, pauses, switches of the mode, and parts reported in place."""
    left_out: int = 0
    """Number of these that the replay skips because they were made for other models."""
    whole: bool = False
    """Whether the recording was ended properly."""
    torn_bytes: int = 0
    """Bytes of an incomplete event at the end of the recording."""
    trouble: str = ""
    """Why the recording ended early, as text; empty if it did not."""

    @property
    def seconds(self) -> float:
        """Seconds from the first to the last event."""
        return self.ended - self.began

    @property
    def same(self) -> bool | None:
        """Whether all verdicts equal those of the live run, bit for bit, up to the first gap; None if they cannot be
        compared."""
        return self.difference is None if self.exact and self.live.count else None


def same_judging(recording: TapeHeader, models: dict[Sense, str], recipe: Recipe) -> str:
    """Return why `recipe` judges differently from the recorded station, or "" if it does not. `models`: SHA-256 of the
    bundle files that the station judged with."""
    for sense in recording.perceived:
        bundle = recipe.bundle(sense)
        digest = hashlib.sha256(bundle.read_bytes()).hexdigest() if bundle.exists() else ""
        if digest != models.get(sense, ""):
            return f"another {SENSE_WORDS[sense].sample} model"
    now, then = recipe.settings, recording.settings
    if (
        (now.image, now.sound, now.verdict) != (then.image, then.sound, then.verdict)
        or now.camera.region != then.camera.region
        or now.microphone.channel != then.microphone.channel
        or recipe.senses != recording.taught
    ):
        return "other settings in recipe.toml"
    return ""


def models_of(path: Path) -> tuple[TapeHeader, dict[Sense, str]]:
    """Return the header of the tape at `path` and, per sense, the SHA-256 of the first model ("" if it could not be
    used). Reads only up to these models. Raises UnreadableError if the file is not a tape or is damaged."""
    recording = TapeReader(path)
    models: dict[Sense, str] = {}
    try:
        waiting = set(recording.head.perceived)
        for _, event in recording.events():
            if isinstance(event, ModelUsed | ModelRefused):
                if event.sense in waiting:
                    models[event.sense] = event.sha256 if isinstance(event, ModelUsed) else ""
                waiting.discard(event.sense)
            if not waiting:
                break
        return recording.head, models
    finally:
        recording.close()
