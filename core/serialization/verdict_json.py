"""Verdicts and scores as JSON: the contract of the command line, the journal and the service."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from core.state.parts import Part
from core.state.snapshot import Snapshot, truth_of
from core.state.verdict import ImageJudgement, ModelInfo, Sense, SoundJudgement, Thresholds

if TYPE_CHECKING:
    from core.samples import AnomalyMap


def scores_as_json(judged: ImageJudgement | SoundJudgement, thresholds: Thresholds) -> dict[str, float | None]:
    """Return the scores and thresholds of a judgement under their contract names; None for NaN and infinities."""
    numbers = {
        "score": judged.score,
        "density": judged.density,
        "density_threshold": thresholds.density,
        "reconstruction_error": judged.reconstruction_error,
        "reconstruction_error_threshold": thresholds.reconstruction_error,
        "p_value": judged.p_value,
    }
    return {name: number if math.isfinite(number) else None for name, number in numbers.items()}


def map_as_json(map: AnomalyMap) -> list[list[float | None]]:
    """Return the map as rows of numbers with one decimal, None for NaN and infinities; about a kilobyte.

    The journal keeps it, because a later model cannot compute the same map again.
    """
    return [[round(value, 1) if math.isfinite(value) else None for value in row] for row in map.tolist()]


def kinds_as_json(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """Return the numbers of each sense that has a judgement, under `image` and `sound`."""
    return {
        sense: kind_as_json(state.judged, state.thresholds, _id(state.model))
        for sense, state in snapshot.senses.items()
        if state.judged and state.thresholds
    }


def _id(model: ModelInfo | None) -> str | None:
    return model.bundle if model else None


def kind_as_json(judged: ImageJudgement | SoundJudgement, thresholds: Thresholds, model: str | None) -> dict[str, Any]:
    """Return the numbers of one judgement. `model` is the id of the bundle that made it."""
    return {
        "anomaly": judged.anomalous,
        **scores_as_json(judged, thresholds),
        "milliseconds": round(judged.milliseconds, 2),
        "model": model,
    }


def as_json(snapshot: Snapshot) -> dict[str, Any]:
    """Return the JSON object of the command line's contract: time, verdict, reason, the truth if sources are simulated,
    scores and thresholds of each sense, and the station's fault if there is one."""
    line: dict[str, Any] = {
        "time": round(snapshot.at, 3),
        "verdict": snapshot.verdict.state,
        "reason": snapshot.verdict.reason,
    }
    truth = truth_of(snapshot)
    if truth is not None:
        line["truth"] = truth
    line |= kinds_as_json(snapshot)
    if snapshot.fault:
        line["fault"] = snapshot.fault
    return line


def part_as_json(part: Part) -> dict[str, Any]:
    """Return a counted part as JSON; `part` is its number in the shift."""
    return {
        "part": part.number,
        "time": round(part.at, 3),
        "verdict": part.verdict.state,
        "reason": part.verdict.reason,
        "by": part.by,
        **part.scores,
    }


NO_SCORES = dict.fromkeys(
    ("score", "density", "density_threshold", "reconstruction_error", "reconstruction_error_threshold", "p_value")
)
"""The contract's score names, each None: for a file without a verdict."""


Result = dict[str, Any]
"""The JSON object for one scored file."""


def unknown(path: str, sense: Sense, why: str) -> Result:
    """Return the result for a file that could not be judged: UNKNOWN, no scores, `why` as the reason."""
    return {"path": path, "kind": sense, "verdict": "UNKNOWN", **NO_SCORES, "reason": why}
