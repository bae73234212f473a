"""AMULET's way to judge a recording: its answer, its own models row by row, and its sensitivity."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.decision.rule import is_anomalous, share
from core.detectors.sound.amulet import AS_TRAINED, AmuletModel, sensitive
from core.errors import UnreadableError
from core.features.sound.amulet import table_in
from core.features.sound.wav import Recording
from core.inference.sound_file import SoundFileResult, stretches_of
from core.inference.sound_judge import SoundJudge
from core.serialization.verdict_json import Result, unknown
from core.state.verdict import SoundJudgement, Thresholds

NOTHING_FOUND = "No anomalies detected"


def analysis_of(result: Result) -> Result:
    """AMULET's answer, from the JSON object of a recording."""
    return {"Analysis": found_in(result) or [{"Anomaly": NOTHING_FOUND}]}


def found_in(result: Result) -> list[Result]:
    """The anomalous windows as AMULET's service tells them; none of a recording that is like the good ones."""
    if result["verdict"] != "ANOMALY":
        return []
    rows = [window for window in result["windows"] if window["anomaly"]]
    # A recording as a whole may be worse than any of its windows.
    rows = rows or sorted(result["windows"], key=lambda window: float(window["score"]))[-1:]
    # A row of the method amulet is judged with the rows before it; only the last tenth of a second is meant.
    last = result["method"] == "amulet"
    return [
        {
            "Anomaly": True,
            "seconds": row.get("seconds") or f"{row['end'] - 0.1 if last else row['start']:.1f}-{row['end']:.1f}",
            "value": round(row["score"], 4),
        }
        for row in rows
    ]


def judge_by_amulet(model: AmuletModel, recording: Recording, name: str, sensitivity: float | None) -> Result:
    """The JSON object of a recording by AMULET's own rules: row by row, each for itself. Raises UnreadableError."""
    table = table_in(recording, model.features)
    if len(table.names) < model.timesteps:
        raise UnreadableError(
            f"{name}: is too short: {len(table.names)} rows of {model.features.seconds:g} s; the model judges groups of"
            f" {model.timesteps}"
        )
    errors = [float(error) for error in model.errors(table.rows)]
    limit = sensitive(model.threshold, AS_TRAINED if sensitivity is None else sensitivity)
    windows: list[dict[str, Any]] = []
    for row, error in zip(table.names, errors, strict=True):
        start, _, end = row.partition("-")
        windows.append(
            {"start": float(start), "end": float(end), "seconds": row, "score": error, "anomaly": not error <= limit}
        )
    beyond = [window for window in windows if window["anomaly"]]
    return unknown(name, "sound", "") | {
        "verdict": "ANOMALY" if beyond else "OK",
        "score": max(errors),
        "reconstruction_error": max(errors),
        "reconstruction_error_threshold": limit,
        "reason": f"{len(beyond)} of {len(windows)} rows beyond the limit {limit:.4f}",
        "windows": windows,
        "window_threshold": limit,
        "method": "amulet",
    }


def with_sensitivity(judge: SoundJudge, result: SoundFileResult, sensitivity: float) -> tuple[SoundFileResult, float]:
    """A recipe's recording by AMULET's sensitivity: the threshold of the reconstruction error is moved, for windows and
    for the whole. Also gives the share of the old alarm level from which windows are anomalous now.

    Raises UnreadableError if the recipe's method is another.
    """
    if judge.bundle.facts["method"] != "amulet":
        raise UnreadableError("sensitivity is for the method amulet; this recipe's sound is judged by another")

    def moved(t: Thresholds) -> Thresholds:
        return replace(t, reconstruction_error=sensitive(t.reconstruction_error, sensitivity))

    def judged(one: SoundJudgement, thresholds: Thresholds) -> SoundJudgement:
        return replace(one, anomalous=is_anomalous(one.density, one.reconstruction_error, thresholds))

    single, whole = moved(judge.thresholds), moved(result.thresholds)
    windows = [judged(one, single) for one in result.windows]
    level = share(single.typical_density, single.reconstruction_error, judge.thresholds)
    return replace(
        result, windows=windows, stretches=stretches_of(windows), whole=judged(result.whole, whole), thresholds=whole
    ), level
