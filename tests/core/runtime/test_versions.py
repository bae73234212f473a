"""The versions that manifests and recordings name."""

from __future__ import annotations

import platform

import numpy as np
import pytest

from core import __version__
from core.runtime.versions import installed_versions
from core.tape.header import versions_that_move_scores


def test_only_what_is_installed_has_a_version() -> None:
    assert installed_versions("numpy", "no-such-package-of-anybody") == {
        "goodpart": __version__, "python": platform.python_version(), "numpy": np.__version__,
    }  # fmt: skip


def test_a_recording_names_machine_and_threads_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    found = versions_that_move_scores()
    assert found["machine"] == platform.machine()
    assert (found["numpy"], found["OMP_NUM_THREADS"]) == (np.__version__, "3")
