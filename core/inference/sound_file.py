"""A recording judged from its beginning to its end, as the station would have judged it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.bundle import HeldOut
from core.dataset.add_sound import LEAST_SECONDS
from core.decision.calibration import smoothed
from core.decision.rule import is_anomalous
from core.decision.rule_arrays import share_arrays
from core.decision.whole_recording import WholeRecording
from core.detectors.sound.base import WindowScores
from core.errors import UnreadableError
from core.features.sound.wav import read_wave, resampled, wave_facts
from core.health.microphone import MicrophoneHealth
from core.inference.sound_judge import SoundJudge
from core.samples import Sound, SoundBlock
from core.state.source_status import MicrophoneStatus
from core.state.verdict import SoundJudgement, State, Thresholds

GAP_SECONDS = 0.5
"""Anomalous stretches that are nearer to each other are one."""


@dataclass(frozen=True)
class AnomalousStretch:
    """A stretch of a recording in which windows are anomalous."""

    start: float
    """Seconds from the beginning."""
    end: float
    worst: SoundJudgement


@dataclass(frozen=True)
class SoundFileResult:
    """What a recording sounds like from beginning to end."""

    windows: Sequence[SoundJudgement]
    passages: Sequence[AnomalousStretch]
    faults: Sequence[tuple[float, str]]
    """Seconds from the beginning at which the sound could not be trusted, and why."""
    whole: SoundJudgement
    """The recording itself, or the stretch of it as long as the taught recordings that is most anomalous."""
    thresholds: Thresholds
    """What `whole` is compared with."""

    @property
    def state(self) -> State:
        """By the whole: of single windows the false-alarm rate lets some pass the threshold in a long recording."""
        return "ANOMALY" if self.whole.anomalous else "UNKNOWN" if self.faults else "OK"


def audition(
    ear: SoundJudge, path: Path, channel: int | None, progress: Callable[[float, float], None] | None = None
) -> SoundFileResult:
    """Judge a file block by block: an hour takes no more memory than its windows.

    `progress` is told seconds done and seconds of all. Raises UnreadableError for a file that cannot be decoded or is
    shorter than a window.
    """
    facts = wave_facts(path)
    if facts.seconds < LEAST_SECONDS:
        raise UnreadableError(f"{path}: {facts.seconds:.1f} s are shorter than a window ({LEAST_SECONDS} s)")
    ear.reset()
    health = MicrophoneHealth(ear.taught)
    status = MicrophoneStatus("live", str(path), rate=facts.rate, channels=facts.channels)
    windows: list[SoundJudgement] = []
    scores: list[WindowScores] = []
    faults: list[tuple[float, str]] = []
    done = 0.0

    def looked(blocks: Iterable[Sound]) -> Iterable[Sound]:
        """The same blocks, looked at by the station's ears for what is not to be trusted."""
        nonlocal done
        for block in blocks:
            done += len(block) / facts.rate
            fault = health.check(SoundBlock(block, facts.rate, done), status, done)
            if fault is not None:
                faults.append((done, fault.removeprefix("microphone: ")))
            yield block

    for block in resampled(looked(read_wave(path, channel=channel)), facts.rate, ear.rate):
        for window in ear.listen(block):
            # Only two numbers of it are needed later.
            scores.append(WindowScores(window.start, window.end, window.density, window.reconstruction_error))
            windows.append(ear.judge(window))
        if progress:
            progress(done, facts.seconds)
    if not windows:
        raise UnreadableError(f"{path}: {done:.1f} s are shorter than a window ({LEAST_SECONDS} s)")
    rule = ear.for_whole()
    return SoundFileResult(windows, passages_of(windows), faults, worst_stretch(scores, windows, rule), rule.thresholds)


def worst_stretch(
    scores: Sequence[WindowScores], windows: Sequence[SoundJudgement], rule: WholeRecording
) -> SoundJudgement:
    """The means over `rule.windows` consecutive windows, or all, where they use up most of the alarm level."""
    held = HeldOut(
        np.array([one.density for one in scores]),
        np.array([one.reconstruction_error for one in scores]),
        recording=np.zeros(len(scores), np.int64),
    )
    means = smoothed(held, max(2, rule.windows))
    used = share_arrays(means.density, means.reconstruction_error, rule.thresholds)
    used = np.where(np.isfinite(used), used, np.inf)
    at = int(np.argmax(used))
    density, error = float(means.density[at]), float(means.reconstruction_error[at])
    inside = windows[at : at + rule.windows]
    return SoundJudgement(
        number=1,
        start=scores[at].start,
        end=inside[-1].end,
        density=density,
        reconstruction_error=error,
        anomalous=is_anomalous(density, error, rule.thresholds),
        share=float(used[at]),
        score=rule.ranking.score(float(used[at])),
        p_value=rule.ranking.p_value(float(used[at])),
        head=max(inside, key=lambda heard: heard.share).head,
        milliseconds=0.0,
    )


def passages_of(windows: Sequence[SoundJudgement]) -> list[AnomalousStretch]:
    """Anomalous windows that overlap or nearly so, merged."""
    found: list[AnomalousStretch] = []
    for heard in windows:
        if not heard.anomalous:
            continue
        last = found[-1] if found else None
        if last is not None and heard.start - last.end <= GAP_SECONDS:
            worst = heard if heard.share > last.worst.share else last.worst
            found[-1] = AnomalousStretch(last.start, heard.end, worst)
        else:
            found.append(AnomalousStretch(heard.start, heard.end, heard))
    return found
