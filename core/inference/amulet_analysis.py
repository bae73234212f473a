"""Judges a recording as AMULET does: the format of its answer, its own models row by row, and its sensitivity."""

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
    """Convert the JSON object of a recording into AMULET's answer."""
    return {"Analysis": found_in(result) or [{"Anomaly": NOTHING_FOUND}]}


def found_in(result: Result) -> list[Result]:
    """The anomalous windows in the format of AMULET's service; empty for a recording without an anomaly."""
    if result["verdict"] != "ANOMALY":
        return []
    rows = [window for window in result["windows"] if window["anomaly"]]
    # A recording as a whole may be worse than any of its windows.
    rows = rows or sorted(result["windows"], key=lambda window: float(window["score"]))[-1:]
    # A row of the method amulet is judged with the rows before it, but the result is for its last tenth of a second.
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
    """Judge a recording by AMULET's own rules, each row independently. Return the JSON object of `score --json`.

    `sensitivity` as in AMULET, by default that of the training. Raises UnreadableError if the recording is too short
    or cannot be decoded.
    """
    table = table_in(recording, model.features)
    if len(table.names) < model.timesteps:
        raise UnreadableError(
            f"{name}: is too short: {len(table.names)} rows of {model.features.seconds:g} s; the model judges groups of"
            f" {model.timesteps} rows"
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
    """Apply AMULET's sensitivity to a recipe's result: it moves the threshold of the reconstruction error, for windows
    and for the whole recording.

    Return the new result, and the share of the old alarm level from which windows are anomalous now. Raises
    UnreadableError if the recipe does not use the method amulet.
    """
    if judge.bundle.facts["method"] != "amulet":
        raise UnreadableError("sensitivity is for the method amulet; this recipe's sound is judged by another")

    def moved(t: Thresholds) -> Thresholds:
        return replace(t, reconstruction_error=sensitive(t.reconstruction_error, sensitivity))

    def judged(window: SoundJudgement, thresholds: Thresholds) -> SoundJudgement:
        return replace(window, anomalous=is_anomalous(window.density, window.reconstruction_error, thresholds))

    single, whole = moved(judge.thresholds), moved(result.thresholds)
    windows = [judged(window, single) for window in result.windows]
    level = share(single.typical_density, single.reconstruction_error, judge.thresholds)
    return replace(
        result, windows=windows, stretches=stretches_of(windows), whole=judged(result.whole, whole), thresholds=whole
    ), level
