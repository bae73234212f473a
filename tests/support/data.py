"""Finds the real pictures and sounds for tests and measurements."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def find_data(name: str) -> Path | None:
    """Return the folder of a data set, such as `images/aliens`; None if it is missing."""
    folder = Path(os.environ.get("GOODPART_DATA", ROOT.parent / "shared" / "data")) / name
    return folder if folder.is_dir() else None


def data_folder(name: str) -> Path:
    """Return the folder of a data set; skips the test if it is missing."""
    folder = find_data(name)
    if folder is None:
        pytest.skip(f"no data set {name} here (GOODPART_DATA is the folder of the sets)")
    return folder
