"""What came of a replay."""

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
    """What became of one picture or stretch of sound."""

    sense: Sense
    number: int
    """Counts the samples of its sense in the recording, from 1."""
    at: float
    """time.time()"""
    verdict: Verdict
    """That the sense stood at after it."""
    score: float | None
    truth: str | None


@dataclass(frozen=True)
class Difference:
    """Where two verdict streams part."""

    at: float
    """time.time()"""
    live: VerdictLine | None
    """None where the replay says more."""
    replayed: VerdictLine | None


@dataclass
class ReplayOutcome:
    """What came of a replay; grows while it runs."""

    exact: bool
    """Judged as it was live: with the same models, settings and changes of thresholds."""
    began: float = 0.0
    ended: float = 0.0
    """time.time() of the first and last event."""
    digest: VerdictDigest = field(default_factory=VerdictDigest)
    live: VerdictDigest = field(default_factory=VerdictDigest)
    difference: Difference | None = None
    """Where exact, the first."""
    counts: Counter[tuple[Sense, State]] = field(default_factory=Counter)
    """Samples by the verdict of their sense after them."""
    samples: list[ReplayedSample] = field(default_factory=list)
    """Only where they were asked for."""
    turns: list[tuple[float, Verdict]] = field(default_factory=list)
    """time.time() and what the verdict turned to."""
    lost: int = 0
    """Samples that could not be recorded."""
    first_lost: float | None = None
    knob_bytes: int = 0
    commands: int = 0
    """Changes of thresholds, calibrations and pauses."""
    left_out: int = 0
    """Of these, what was meant for other models."""
    whole: bool = False
    """The recording was ended in order."""
    torn_bytes: int = 0
    trouble: str = ""
    """Why it was ended early, in words."""

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    @property
    def same(self) -> bool | None:
        """Whether every verdict is that of the live run, to the bit, up to the first gap; None where that cannot be
        asked."""
        return self.difference is None if self.exact and self.live.count else None


def same_judging(recording: TapeHeader, models: dict[Sense, str], recipe: Recipe) -> str:
    """Why a recipe judges otherwise than the recorded station did; empty where it judges alike. `models`: SHA-256 of
    the bundle files that it judged with."""
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
    """Who recorded, and the SHA-256 of the models that judged first. Reads up to the first sample of each."""
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
