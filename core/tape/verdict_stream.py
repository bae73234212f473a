"""What a station says, as two runs can be compared by it: the verdict stream."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from core.serialization.verdict_json import kinds_as_json
from core.state.snapshot import Snapshot

VerdictLine = Mapping[str, Any]
"""Verdict, reason, votes, and of each sense its newest sample: number, scores, thresholds. Without times."""


def verdict_line(snapshot: Snapshot) -> VerdictLine:
    kinds = kinds_as_json(snapshot)
    for kind in kinds.values():
        del kind["milliseconds"]
    if "image" in kinds and snapshot.image:
        kinds["image"]["number"] = snapshot.image.number
    if "sound" in kinds and snapshot.sound and snapshot.sound.window:
        window = snapshot.sound.window
        kinds["sound"] |= {"number": window.number, "start": window.start, "end": window.end}
    return {
        "verdict": snapshot.verdict.state,
        "reason": snapshot.verdict.reason,
        "votes": snapshot.votes,
        **kinds,
    }


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
