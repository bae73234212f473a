"""Where the real pictures and sounds for tests and measurements are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def find_data(name: str) -> Path | None:
    """The folder of a data set, such as `images/aliens`; None where it is absent."""
    folder = Path(os.environ.get("GOODPART_DATA", ROOT.parent / "shared" / "data")) / name
    return folder if folder.is_dir() else None


def data_folder(name: str) -> Path:
    """The same for tests: skips the test where it is absent."""
    folder = find_data(name)
    if folder is None:
        pytest.skip(f"no data set {name} here (GOODPART_DATA is the folder of the sets)")
    return folder
