"""The number of decimals that a step needs, also for steps that are invalid or tiny."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest

from core.decision.decimals import decimals


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (10.0, 0), (1.0, 0), (0.5, 1), (0.1, 1), (0.02, 2), (0.001, 3), (0.0001, 4),
        (1e-8, 8), (2e-14, 8),
        (0.0, 2), (-0.1, 2), (math.nan, 2), (math.inf, 2),
    ],
)  # fmt: skip
def test_a_step_has_its_decimals(step: float, expected: int) -> None:
    assert decimals(step) == expected


def test_the_screen_can_import_it_without_numpy() -> None:
    code = "import sys, core.decision.decimals; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
