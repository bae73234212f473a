"""goodpart score, for sound"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.decision.verdict import reason
from core.inference.sound_file import SoundFileResult, audition
from core.inference.sound_judge import SoundJudge
from core.serialization.verdict_json import scores_as_json


def judged_sound(ear: SoundJudge, channel: int | None, plot: Path | None, file: Path) -> dict[str, Any]:
    """What the command line says of a recording. Raises UnreadableError."""
    heard = audition(ear, file, channel)
    if plot is not None:
        draw(heard, file, plot)
    return as_json(ear, heard, str(file))


def as_json(ear: SoundJudge, heard: SoundFileResult, path: str) -> dict[str, Any]:
    """The verdict and the numbers are those of the recording as a whole (core.inference.sound_file), windows and
    stretches those of the station. Where the sound cannot be trusted and nothing is anomalous it is UNKNOWN."""
    return {
        "path": path,
        "kind": "sound",
        "verdict": heard.state,
        **scores_as_json(heard.whole, heard.thresholds),
        "reason": why(ear, heard),
        "stretches": [
            {
                "start": round(passage.start, 1),
                "end": round(passage.end, 1),
                "peak": round(passage.worst.score, 3),
                "head": ear.named(passage.worst),
            }
            for passage in heard.passages
        ],
        "windows": [
            {
                "start": round(one.start, 1),
                "end": round(one.end, 1),
                "score": round(one.score, 4),
                "anomaly": one.anomalous,
            }
            for one in heard.windows
        ],
    }


def why(ear: SoundJudge, heard: SoundFileResult) -> str:
    if heard.state == "UNKNOWN":
        at, fault = heard.faults[0]
        return f"{at:.1f} s: {fault}"
    whole, t = heard.whole, heard.thresholds
    words = reason(whole.density, whole.reconstruction_error, t, whole.anomalous)
    if heard.state == "ANOMALY":
        named = ear.named(whole)
        return f"{whole.start:.1f}-{whole.end:.1f} s: " + (words if named in words else f"{named}: {words}")
    beyond = sum(one.anomalous for one in heard.windows)
    return f"{words}; {beyond} of {len(heard.windows)} windows beyond the station's threshold" if beyond else words


def draw(heard: SoundFileResult, file: Path, plot: Path) -> None:
    from tui.reports.sound_plot import draw_audition

    place = plot / f"{file.stem}.png" if plot.is_dir() or not plot.suffix else plot
    draw_audition(heard, file.name, place)
