"""The density of the method `seed` is scikit-learn's, to the sixth digit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.detectors.components.kde import GaussianKDE


@settings(max_examples=40, deadline=None)
@given(
    count=st.integers(1, 60),
    size=st.sampled_from([1, 3, 64, 4096]),
    spread=st.floats(0.01, 3.0),
    away=st.floats(0.0, 5.0),
    seed=st.integers(0, 2**32 - 1),
)
def test_log_densities_are_those_of_scikit_learn(count: int, size: int, spread: float, away: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = (spread * rng.standard_normal((count, size))).clip(0).astype(np.float32)
    judged = (points[0] + away * rng.standard_normal(size)).astype(np.float32)
    neighbors = pytest.importorskip("sklearn.neighbors")
    theirs = neighbors.KernelDensity(kernel="gaussian", bandwidth=0.2).fit(points).score_samples(judged[None])[0]
    ours = GaussianKDE(points, 0.2).log_density(judged)
    constant = size * np.log(0.2 * np.sqrt(2 * np.pi))
    assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-6 * max(1.0, abs(constant)))


def test_no_points_have_no_density() -> None:
    with pytest.raises(ValueError, match="n > 0"):
        GaussianKDE(np.empty((0, 4), np.float32), 0.2)
