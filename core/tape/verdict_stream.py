"""What a station says, as two runs can be compared by it: the verdict stream."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from core.serialization.verdict_json import kinds_as_json
from core.state.snapshot import Snapshot
from core.state.verdict import ImageJudgement, SoundJudgement

VerdictLine = Mapping[str, Any]
"""Verdict, reason, votes, and of each sense its newest sample: number, scores, thresholds. Without times."""


def verdict_line(snapshot: Snapshot) -> VerdictLine:
    kinds = kinds_as_json(snapshot)
    for sense, state in snapshot.senses.items():
        if sense in kinds and state.judged:
            del kinds[sense]["milliseconds"]
            kinds[sense] |= _place(state.judged)
    return {
        "verdict": snapshot.verdict.state,
        "reason": snapshot.verdict.reason,
        "votes": snapshot.image.votes if snapshot.image else "",
        **kinds,
    }


def _place(judged: ImageJudgement | SoundJudgement) -> dict[str, Any]:
    """Which sample it is; seconds of a window of sound."""
    place: dict[str, Any] = {"number": judged.number}
    return place | ({"start": judged.start, "end": judged.end} if isinstance(judged, SoundJudgement) else {})


class VerdictDigest:
    """SHA-256 over a verdict stream: a line of JSON for whatever differs from the line before."""

    def __init__(self, stream: Iterable[VerdictLine] = ()) -> None:
        self._sha = hashlib.sha256()
        self.count = 0
        for said in stream:
            self.add(said)

    def add(self, said: VerdictLine) -> None:
        self._sha.update(json.dumps(said, sort_keys=True, separators=(",", ":")).encode() + b"\n")
        self.count += 1

    def hex(self) -> str:
        return self._sha.hexdigest()
