"""Tapes that an older version recorded are read and judged as they were then."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from core.replay.outcome import ReplayOutcome
from core.replay.replay import Replay

TAPES = Path(__file__).parent / "tapes"
EXPECTED = json.loads((TAPES / "expected.json").read_text())
"""What version 0.1.0 made of them."""


def replayed(name: str) -> ReplayOutcome:
    with closing(Replay(TAPES / f"{name}.tape", keep_samples=True)) as replay:
        return replay.run()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_tape_of_version_0_1_0_is_replayed_bit_for_bit(name: str) -> None:
    outcome, expected = replayed(name), EXPECTED[name]
    assert outcome.same, outcome.difference
    assert outcome.digest.hex() == outcome.live.hex() == expected["digest"]
    assert outcome.digest.count == expected["verdicts"]
    assert outcome.commands == expected["commands"]
    assert {f"{sense} {state}": count for (sense, state), count in outcome.counts.items()} == expected["counts"]
    assert [[verdict.state, verdict.reason] for _, verdict in outcome.turns] == expected["turns"]
