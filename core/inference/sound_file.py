"""A recording judged from its beginning to its end, as the station would have judged it."""

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
"""Anomalous stretches that are nearer to each other are one."""
Faults = list[tuple[float, str]]


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
    stretches: Sequence[AnomalousStretch]
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


def judge_sound_file(judge: SoundJudge, path: Path, channel: int | None) -> SoundFileResult:
    """Raises UnreadableError for a file that cannot be decoded or is shorter than a window."""
    with open_recording(path) as recording:
        return judge_recording(judge, recording, channel)


def judge_recording(judge: SoundJudge, recording: Recording, channel: int | None) -> SoundFileResult:
    """The same for an open file, block by block: an hour takes no more memory than its windows."""
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
            # Only two numbers of it are needed later.
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
    """The blocks of a recording. What the station would not trust in them is added to `faults`."""
    facts = recording.facts
    health = MicrophoneHealth(judge.taught)
    status = MicrophoneStatus("live", str(recording.path), rate=facts.rate, channels=facts.channels)
    done = 0.0
    for block in recording.blocks(channel):
        done += len(block) / facts.rate
        fault = health.check(SoundBlock(block, facts.rate, done), status, done)
        if fault is not None:
            faults.append((done, fault.removeprefix("microphone: ")))
        yield block


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


def stretches_of(windows: Sequence[SoundJudgement]) -> list[AnomalousStretch]:
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


def sound_as_json(judge: SoundJudge, result: SoundFileResult, path: str) -> Result:
    """The object of the command line's contract: verdict and numbers are those of the recording as a whole, windows
    and stretches those of the station."""
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
                "start": round(one.start, 1),
                "end": round(one.end, 1),
                "score": round(one.score, 4),
                "anomaly": one.anomalous,
            }
            for one in result.windows
        ],
    }


def reason_of(judge: SoundJudge, result: SoundFileResult) -> str:
    """Why the recording as a whole has its verdict, in words."""
    if result.state == "UNKNOWN":
        at, fault = result.faults[0]
        return f"{at:.1f} s: {fault}"
    whole, t = result.whole, result.thresholds
    words = reason(whole.density, whole.reconstruction_error, t, whole.anomalous)
    if result.state == "ANOMALY":
        named = judge.named(whole)
        return f"{whole.start:.1f}-{whole.end:.1f} s: " + (words if named in words else f"{named}: {words}")
    beyond = sum(one.anomalous for one in result.windows)
    return f"{words}; {beyond} of {len(result.windows)} windows beyond the station's threshold" if beyond else words
