"""One row of the journal, as it is listed and exported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

COLUMNS = (
    "id", "time", "kind", "verdict", "reason", "sense", "score", "density", "density_threshold",
    "reconstruction_error", "reconstruction_error_threshold", "p_value", "density_threshold_before",
    "reconstruction_error_threshold_before", "picture", "trace", "sound_file",
)  # fmt: skip
"""Of an export. New ones are added at the end only."""


_SCORES = COLUMNS[6:12]


_KEPT = COLUMNS[14:]


@dataclass(frozen=True)
class JournalRow:
    """An event of the journal."""

    id: int
    at: float
    """Seconds since 1970."""
    kind: str
    verdict: str
    """OK, ANOMALY, UNKNOWN; empty for what is none."""
    reason: str
    text: str = "{}"
    """`data` as it is stored."""

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """Scores and thresholds, old and new, what was kept; empty where it cannot be read."""
        with suppress(ValueError):
            data = json.loads(self.text)
            if isinstance(data, dict):
                return data
        return {}

    @cached_property
    def when(self) -> datetime:
        """Local time, with its offset."""
        return datetime.fromtimestamp(self.at).astimezone()

    @cached_property
    def sense(self) -> str:
        """`image` or `sound`: whose thresholds were changed, or who speaks where both have judged."""
        if self.kind == "threshold":
            return str(self.data.get("sense", "image"))
        senses = [name for name in ("image", "sound") if isinstance(self.data.get(name), Mapping)]
        called = [name for name in senses if self.data[name].get("anomaly") is True]
        return next(iter(called or senses), "")

    @property
    def scores(self) -> Mapping[str, Any]:
        """Of the sense that speaks, under the names of `COLUMNS`; empty where nothing was judged."""
        return self.data[self.sense] if self.kind != "threshold" and self.sense else {}

    def change(self, which: str) -> tuple[float, float] | None:
        """Of a threshold (`density`, `reconstruction_error`): what it was and what it became."""
        told = self.data.get(which)
        if self.kind != "threshold" or not isinstance(told, Mapping):
            return None
        old, new = told.get("old"), told.get("new")
        return (float(old), float(new)) if isinstance(old, int | float) and isinstance(new, int | float) else None

    def cells(self) -> dict[str, Any]:
        """For an export: every name of `COLUMNS`, None where there is nothing."""
        data, scores, changes = self.data, self.scores, (self.change("density"), self.change("reconstruction_error"))
        cells: dict[str, Any] = {
            "id": self.id,
            "time": self.when.isoformat(timespec="milliseconds"),
            "kind": self.kind,
            "verdict": self.verdict or None,
            "reason": self.reason or None,
            "sense": self.sense or None,
            **{name: scores.get(name) for name in _SCORES},
            "density_threshold_before": changes[0] and changes[0][0],
            "reconstruction_error_threshold_before": changes[1] and changes[1][0],
            **{name: data.get(name) for name in _KEPT},
        }
        if changes[0]:
            cells["density_threshold"] = changes[0][1]
        if changes[1]:
            cells["reconstruction_error_threshold"] = changes[1][1]
        return cells


def event_sentence(row: JournalRow) -> str:
    """What happened, in one line."""
    data = row.data
    if row.kind == "threshold":
        told = {which: row.change(which) for which in ("density", "reconstruction_error")}
        changes = [
            f"{which.replace('_', ' ')} {change[0]:g} -> {change[1]:g}"
            for which, change in told.items()
            if change and change[0] != change[1]
        ]
        return f"{', '.join(changes) or 'thresholds as before'} ({row.reason or 'by ?'})"
    if row.kind == "start":
        sources = [f"{name} {data[name]}" for name in ("camera", "microphone") if data.get(name)]
        return row.reason or f"the station has started{': ' + ', '.join(sources) if sources else ''}"
    if row.kind == "stop":
        return row.reason or f"the station has stopped: {data.get('judged', 0)} pictures judged"
    return row.reason
