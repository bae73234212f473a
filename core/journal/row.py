"""One row of the journal, as the program lists and exports it."""

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
"""Columns of an export. New ones are added at the end only."""


_SCORES = COLUMNS[6:12]


_EVIDENCE = COLUMNS[14:]


@dataclass(frozen=True)
class JournalRow:
    """An event of the journal."""

    id: int
    """Number of the row, from 1 in the order of writing."""
    at: float
    """Seconds since 1970."""
    kind: str
    verdict: str
    """OK, ANOMALY, UNKNOWN; empty for events without a verdict."""
    reason: str
    text: str = "{}"
    """`data` as the journal stores it: a JSON object."""

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """Scores, thresholds (old and new), names of evidence files; empty if it is not valid JSON."""
        with suppress(ValueError):
            data = json.loads(self.text)
            if isinstance(data, dict):
                return data
        return {}

    @cached_property
    def when(self) -> datetime:
        """The time of the event as local time, with its UTC offset."""
        return datetime.fromtimestamp(self.at).astimezone()

    @cached_property
    def sense(self) -> str:
        """The sense whose thresholds were changed or that decided the verdict: `image`, `sound` or empty.

        If both have judged, the first that found an anomaly.
        """
        if self.kind == "threshold":
            return str(self.data.get("sense", "image"))
        senses = [name for name in ("image", "sound") if isinstance(self.data.get(name), Mapping)]
        anomalous = [name for name in senses if self.data[name].get("anomaly") is True]
        return next(iter(anomalous or senses), "")

    @property
    def scores(self) -> Mapping[str, Any]:
        """The scores of `sense`, under the names of `COLUMNS`; empty if nothing was judged."""
        return self.data[self.sense] if self.kind != "threshold" and self.sense else {}

    def change(self, which: str) -> tuple[float, float] | None:
        """Old and new value of a threshold (`density`, `reconstruction_error`); None if the row has none."""
        change = self.data.get(which)
        if self.kind != "threshold" or not isinstance(change, Mapping):
            return None
        old, new = change.get("old"), change.get("new")
        return (float(old), float(new)) if isinstance(old, int | float) and isinstance(new, int | float) else None

    def cells(self) -> dict[str, Any]:
        """The row as an export has it: a value for every name of `COLUMNS`, None for an empty cell."""
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
            **{name: data.get(name) for name in _EVIDENCE},
        }
        if changes[0]:
            cells["density_threshold"] = changes[0][1]
        if changes[1]:
            cells["reconstruction_error_threshold"] = changes[1][1]
        return cells


def event_sentence(row: JournalRow) -> str:
    """Describe the event in one line."""
    data = row.data
    if row.kind == "threshold":
        changes = {which: row.change(which) for which in ("density", "reconstruction_error")}
        parts = [
            f"{which.replace('_', ' ')} {change[0]:g} -> {change[1]:g}"
            for which, change in changes.items()
            if change and change[0] != change[1]
        ]
        return f"{', '.join(parts) or 'thresholds as before'} ({row.reason or 'by ?'})"
    if row.kind == "start":
        sources = [f"{name} {data[name]}" for name in ("camera", "microphone") if data.get(name)]
        return row.reason or f"the station has started{': ' + ', '.join(sources) if sources else ''}"
    if row.kind == "stop":
        return row.reason or f"the station has stopped: {data.get('judged', 0)} pictures judged"
    return row.reason
