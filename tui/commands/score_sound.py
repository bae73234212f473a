"""goodpart score, for sound"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.audition import Audition, audition
from core.ear import Ear
from core.logbook import scores_as_json


def judged_sound(ear: Ear, channel: int | None, plot: Path | None, file: Path) -> dict[str, Any]:
    """What the command line says of a recording.

    ANOMALY as soon as one window is, as at the bench; where the sound cannot be trusted and nothing is anomalous it is
    UNKNOWN. `score` and `p_value` are those of the mean over all windows, by which recordings rank best; density and
    reconstruction error are those of the worst window. Raises UnreadableError.
    """
    heard = audition(ear, file, channel)
    if plot is not None:
        draw(heard, file, plot)
    state = "ANOMALY" if heard.passages else "UNKNOWN" if heard.faults else "OK"
    return {
        "path": str(file),
        "kind": "sound",
        "verdict": state,
        **scores_as_json(heard.worst, ear.thresholds),
        "score": ear.ranking.score(heard.mean_share),
        "p_value": ear.ranking.p_value(heard.mean_share),
        "reason": why(ear, heard, state),
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


def why(ear: Ear, heard: Audition, state: str) -> str:
    if state == "UNKNOWN":
        at, fault = heard.faults[0]
        return f"{at:.1f} s: {fault}"
    if not heard.passages:
        return ear.reason(heard.worst)
    worst = max(heard.passages, key=lambda passage: passage.worst.share)
    return f"{worst.start:.1f}-{worst.end:.1f} s: {ear.reason(worst.worst)}"


def draw(heard: Audition, file: Path, plot: Path) -> None:
    from tui.soundplot import draw_audition

    place = plot / f"{file.stem}.png" if plot.is_dir() or not plot.suffix else plot
    draw_audition(heard, file.name, place)
