"""Glyphs are those of the process's one terminal; every test starts with a terminal that has all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tui.terminal import glyphs
from tui.terminal.capabilities import TerminalKind


@pytest.fixture(autouse=True)
def all_glyphs() -> Iterator[None]:
    glyphs.choose_glyphs(TerminalKind())
    yield
    glyphs.choose_glyphs(TerminalKind())
