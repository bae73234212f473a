"""Judges a recording from beginning to end, as the station would judge it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.bundle import HeldOut
from core.dataset.add_sound import LEAST_SECONDS
from core.decision.calibration import smoothed
from core.decision.rule import is_anomalous
from core.decision.rule_arrays import share_arrays
from core.decision.verdict import reason
from core.decision.whole_recording import WholeRecording
from core.detectors.sound.base import WindowScores
from core.errors import UnreadableError
from core.features.sound.wav import Recording, open_recording, resampled
from core.health.microphone import MicrophoneHealth
from core.inference.sound_judge import SoundJudge
from core.samples import Sound, SoundBlock
from core.serialization.verdict_json import Result, scores_as_json
from core.state.source_status import MicrophoneStatus
from core.state.verdict import SoundJudgement, State, Thresholds

GAP_SECONDS = 0.5
"""Seconds between anomalous windows; those with a smaller gap belong to one stretch."""
Faults = list[tuple[float, str]]
"""Seconds from the beginning, and the fault as text."""


@dataclass(frozen=True)
class AnomalousStretch:
    """A stretch of a recording in which windows are anomalous."""

    start: float
    """Seconds from the beginning."""
    end: float
    worst: SoundJudgement
    """The most anomalous window of the stretch."""


@dataclass(frozen=True)
class SoundFileResult:
    """The judgement of a recording from beginning to end."""

    windows: Sequence[SoundJudgement]
    stretches: Sequence[AnomalousStretch]
    faults: Sequence[tuple[float, str]]
    """Seconds from the beginning at which the sound cannot be trusted, and why."""
    whole: SoundJudgement
    """The whole recording, or its most anomalous stretch of the length of the taught recordings."""
    thresholds: Thresholds
    """The thresholds of `whole`."""

    @property
    def state(self) -> State:
        """The verdict on the whole: in a long recording some single windows exceed the threshold by chance."""
        return "ANOMALY" if self.whole.anomalous else "UNKNOWN" if self.faults else "OK"


def judge_sound_file(judge: SoundJudge, path: Path, channel: int | None) -> SoundFileResult:
    """Judge a sound file, one `channel` or the mean of all. Raises UnreadableError if the file cannot be decoded or is
    shorter than a window."""
    with open_recording(path) as recording:
        return judge_recording(judge, recording, channel)


def judge_recording(judge: SoundJudge, recording: Recording, channel: int | None) -> SoundFileResult:
    """Judge an open recording block by block: an hour takes no more memory than its windows.

    Raises UnreadableError if it cannot be decoded or is shorter than a window.
    """
    facts = recording.facts
    if facts.seconds < LEAST_SECONDS:
        raise _too_short(recording, facts.seconds)
    judge.reset()
    seconds = 0.0
    faults: Faults = []
    windows: list[SoundJudgement] = []
    scores: list[WindowScores] = []
    for block in resampled(_checked(judge, recording, channel, faults), facts.rate, judge.rate):
        seconds += len(block) / judge.rate
        for window in judge.listen(block):
            # Without the spectrum: only two numbers of a window are needed later.
            scores.append(WindowScores(window.start, window.end, window.density, window.reconstruction_error))
            windows.append(judge.judge(window))
    if not windows:
        raise _too_short(recording, seconds)
    rule = judge.for_whole()
    worst = worst_stretch(scores, windows, rule)
    return SoundFileResult(windows, stretches_of(windows), faults, worst, rule.thresholds)


def _too_short(recording: Recording, seconds: float) -> UnreadableError:
    return UnreadableError(f"{recording.path}: {seconds:.1f} s are shorter than a window ({LEAST_SECONDS} s)")


def _checked(judge: SoundJudge, recording: Recording, channel: int | None, faults: Faults) -> Iterator[Sound]:
    """Yield the blocks of a recording. Whatever the station would not trust in them is added to `faults`."""
    facts = recording.facts
    health = MicrophoneHealth(judge.taught)
    status = MicrophoneStatus("live", str(recording.path), rate=facts.rate, channels=facts.channels)
    seconds = 0.0
    for block in recording.blocks(channel):
        seconds += len(block) / facts.rate
        fault = health.check(SoundBlock(block, facts.rate, seconds), status, seconds)
        if fault is not None:
            faults.append((seconds, fault.removeprefix("microphone: ")))
        yield block


def worst_stretch(
    scores: Sequence[WindowScores], windows: Sequence[SoundJudgement], rule: WholeRecording
) -> SoundJudgement:
    """The most anomalous stretch: the means over `rule.windows` consecutive windows, or over all if there are fewer."""
    held = HeldOut(
        np.array([window.density for window in scores]),
        np.array([window.reconstruction_error for window in scores]),
        recording=np.zeros(len(scores), np.int64),
    )
    means = smoothed(held, max(2, rule.windows))
    shares = share_arrays(means.density, means.reconstruction_error, rule.thresholds)
    shares = np.where(np.isfinite(shares), shares, np.inf)
    first = int(np.argmax(shares))
    density, error = float(means.density[first]), float(means.reconstruction_error[first])
    inside = windows[first : first + rule.windows]
    return SoundJudgement(
        number=1,
        start=scores[first].start,
        end=inside[-1].end,
        density=density,
        reconstruction_error=error,
        anomalous=is_anomalous(density, error, rule.thresholds),
        share=float(shares[first]),
        score=rule.ranking.score(float(shares[first])),
        p_value=rule.ranking.p_value(float(shares[first])),
        head=max(inside, key=lambda window: window.share).head,
        milliseconds=0.0,
    )


def stretches_of(windows: Sequence[SoundJudgement]) -> list[AnomalousStretch]:
    """Merge anomalous windows with at most GAP_SECONDS between them into stretches."""
    stretches: list[AnomalousStretch] = []
    for window in windows:
        if not window.anomalous:
            continue
        last = stretches[-1] if stretches else None
        if last is not None and window.start - last.end <= GAP_SECONDS:
            worst = window if window.share > last.worst.share else last.worst
            stretches[-1] = AnomalousStretch(last.start, window.end, worst)
        else:
            stretches.append(AnomalousStretch(window.start, window.end, window))
    return stretches


def sound_as_json(judge: SoundJudge, result: SoundFileResult, path: str) -> Result:
    """The object of `score --json`: the verdict and its scores are those of the whole recording, windows and stretches
    are those that the station would report."""
    return {
        "path": path,
        "kind": "sound",
        "verdict": result.state,
        **scores_as_json(result.whole, result.thresholds),
        "reason": reason_of(judge, result),
        "stretches": [
            {
                "start": round(stretch.start, 1),
                "end": round(stretch.end, 1),
                "peak": round(stretch.worst.score, 3),
                "head": judge.named(stretch.worst),
            }
            for stretch in result.stretches
        ],
        "windows": [
            {
                "start": round(window.start, 1),
                "end": round(window.end, 1),
                "score": round(window.score, 4),
                "anomaly": window.anomalous,
            }
            for window in result.windows
        ],
    }


def reason_of(judge: SoundJudge, result: SoundFileResult) -> str:
    """Why the whole recording has its verdict, as text."""
    if result.state == "UNKNOWN":
        seconds, fault = result.faults[0]
        return f"{seconds:.1f} s: {fault}"
    whole, t = result.whole, result.thresholds
    text = reason(whole.density, whole.reconstruction_error, t, whole.anomalous)
    if result.state == "ANOMALY":
        cause = judge.named(whole)
        return f"{whole.start:.1f}-{whole.end:.1f} s: " + (text if cause in text else f"{cause}: {text}")
    beyond = sum(window.anomalous for window in result.windows)
    return f"{text}; {beyond} of {len(result.windows)} windows beyond the station's threshold" if beyond else text
