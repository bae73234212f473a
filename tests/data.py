"""Where the real pictures and sounds for tests and measurements are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def data_folder(name: str) -> Path:
    """The folder of a data set, such as `images/aliens`; skips the test where it is absent."""
    root = Path(os.environ.get("GOODPART_DATA", ROOT.parent / "shared" / "data"))
    folder = root / name
    if not folder.is_dir():
        pytest.skip(f"no data at {folder} (set GOODPART_DATA)")
    return folder
