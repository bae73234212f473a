"""A recording judged from its beginning to its end, as the station would have judged it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.ear import Ear
from core.errors import UnreadableError
from core.features.wave import read_wave, resampled, wave_facts
from core.snapshot import Heard
from core.sound_health import SoundHealth
from core.sound_teaching import LEAST_SECONDS
from core.sources.sound import MicrophoneStatus, Sound, Stretch

GAP_SECONDS = 0.5
"""Anomalous stretches that are nearer to each other are one."""


@dataclass(frozen=True)
class Passage:
    """A stretch of a recording in which windows are anomalous."""

    start: float
    """Seconds from the beginning."""
    end: float
    worst: Heard


@dataclass(frozen=True)
class Audition:
    """What a recording sounds like from beginning to end."""

    windows: Sequence[Heard]
    passages: Sequence[Passage]
    faults: Sequence[tuple[float, str]]
    """Seconds from the beginning at which the sound could not be trusted, and why."""

    @property
    def worst(self) -> Heard:
        return max(self.windows, key=lambda heard: heard.share)

    @property
    def mean_share(self) -> float:
        """Of the alarm level that is used up: by it recordings are ranked."""
        return sum(heard.share for heard in self.windows) / len(self.windows)


def audition(
    ear: Ear, path: Path, channel: int | None, progress: Callable[[float, float], None] | None = None
) -> Audition:
    """Judge a file block by block: an hour takes no more memory than its windows.

    `progress` is told seconds done and seconds of all. Raises UnreadableError for a file that cannot be decoded or is
    shorter than a window.
    """
    facts = wave_facts(path)
    if facts.seconds < LEAST_SECONDS:
        raise UnreadableError(f"{path}: {facts.seconds:.1f} s are shorter than a window ({LEAST_SECONDS} s)")
    ear.reset()
    health = SoundHealth(ear.taught)
    status = MicrophoneStatus("live", str(path), rate=facts.rate, channels=facts.channels)
    windows: list[Heard] = []
    faults: list[tuple[float, str]] = []
    done = 0.0

    def looked(blocks: Iterable[Sound]) -> Iterable[Sound]:
        """The same blocks, looked at by the station's ears for what is not to be trusted."""
        nonlocal done
        for block in blocks:
            done += len(block) / facts.rate
            fault = health.check(Stretch(block, facts.rate, done), status, done)
            if fault is not None:
                faults.append((done, fault.removeprefix("microphone: ")))
            yield block

    for block in resampled(looked(read_wave(path, channel=channel)), facts.rate, ear.rate):
        windows += ear.push(block)
        if progress:
            progress(done, facts.seconds)
    if not windows:
        raise UnreadableError(f"{path}: {done:.1f} s are shorter than a window ({LEAST_SECONDS} s)")
    return Audition(windows, passages_of(windows), faults)


def passages_of(windows: Sequence[Heard]) -> list[Passage]:
    """Anomalous windows that overlap or nearly so, merged."""
    found: list[Passage] = []
    for heard in windows:
        if not heard.anomalous:
            continue
        last = found[-1] if found else None
        if last is not None and heard.start - last.end <= GAP_SECONDS:
            worst = heard if heard.share > last.worst.share else last.worst
            found[-1] = Passage(last.start, heard.end, worst)
        else:
            found.append(Passage(heard.start, heard.end, heard))
    return found
