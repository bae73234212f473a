"""The verdict stream: the published verdicts of a station, by which two runs are compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from core.serialization.verdict_json import kinds_as_json
from core.state.snapshot import Snapshot
from core.state.verdict import ImageJudgement, SoundJudgement

VerdictLine = Mapping[str, Any]
"""Verdict, reason, votes, and for each sense its newest sample: number, scores, thresholds. Without times."""


def verdict_line(snapshot: Snapshot) -> VerdictLine:
    """The line of the verdict stream for a snapshot: the parts of it that every run must repeat bit for bit."""
    scores = kinds_as_json(snapshot)
    for sense, state in snapshot.senses.items():
        if sense in scores and state.judged:
            del scores[sense]["milliseconds"]
            scores[sense] |= _place(state.judged)
    return {
        "verdict": snapshot.verdict.state,
        "reason": snapshot.verdict.reason,
        "votes": snapshot.image.votes if snapshot.image else "",
        **scores,
    }


def _place(judged: ImageJudgement | SoundJudgement) -> dict[str, Any]:
    """The number of the sample; for a window of sound also its start and end in seconds."""
    place: dict[str, Any] = {"number": judged.number}
    return place | ({"start": judged.start, "end": judged.end} if isinstance(judged, SoundJudgement) else {})


class VerdictDigest:
    """SHA-256 over a verdict stream, one line of JSON per added line."""

    def __init__(self, stream: Iterable[VerdictLine] = ()) -> None:
        self._sha = hashlib.sha256()
        self.count = 0
        """Lines added so far."""
        for line in stream:
            self.add(line)

    def add(self, line: VerdictLine) -> None:
        """Add a line; call it only for lines that differ from the one before."""
        self._sha.update(json.dumps(line, sort_keys=True, separators=(",", ":")).encode() + b"\n")
        self.count += 1

    def hex(self) -> str:
        """The SHA-256 of all lines so far, hexadecimal."""
        return self._sha.hexdigest()
