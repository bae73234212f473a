"""Tapes that an older version recorded are read and judged as they were then."""

from __future__ import annotations

import json
import os
import platform
import re
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from numpy._core._multiarray_umath import __cpu_features__ as cpu_features

from core.replay.outcome import ReplayOutcome
from core.replay.replay import Replay

TAPES = Path(__file__).parent / "tapes"
RECORDED = json.loads((TAPES / "expected.json").read_text())
KERNELS = RECORDED["kernels"]
"""Where it was found what version 0.1.0 makes of them: see `kernels`."""
EXPECTED = RECORDED["tapes"]
"""What version 0.1.0 made of them."""

COMPUTE = ("numpy", "opencv-python-headless", "ai-edge-litert", "soxr")
"""Packages that bring kernels."""


def kernels() -> dict[str, Any]:
    """What decides which kernels compute here, and so the last bits of a sum of floats."""
    cpuinfo = Path("/proc/cpuinfo")
    told = cpuinfo.read_text() if cpuinfo.exists() else ""
    found = {
        name: re.search(rf"^{name}\s*: (.*)$", told, re.MULTILINE) for name in ("vendor_id", "cpu family", "model")
    }
    return {
        "machine": platform.machine(),
        "cpu": [match[1] if match else "" for match in found.values()],
        "cores": os.cpu_count(),
        "features": sorted(name for name, here in cpu_features.items() if here),
        "versions": {name: metadata.version(name) for name in COMPUTE},
    }


def replayed(name: str) -> ReplayOutcome:
    with closing(Replay(TAPES / f"{name}.tape", keep_samples=True)) as replay:
        return replay.run()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_tape_of_version_0_1_0_is_judged_as_it_was(name: str) -> None:
    """To the bit where the same kernels compute; elsewhere with the same verdicts for the same reasons."""
    outcome, expected = replayed(name), EXPECTED[name]
    assert outcome.live.hex() == expected["digest"]
    assert outcome.digest.count == expected["verdicts"]
    assert outcome.commands == expected["commands"]
    assert {f"{sense} {state}": count for (sense, state), count in outcome.counts.items()} == expected["counts"]
    assert [[verdict.state, verdict.reason] for _, verdict in outcome.turns] == expected["turns"]
    assert [[sample.verdict.state, sample.verdict.reason] for sample in outcome.samples] == expected["samples"]
    if kernels() == KERNELS:
        assert outcome.same, outcome.difference
        assert outcome.digest.hex() == expected["digest"]
