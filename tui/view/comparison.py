"""A comparison as screens show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.evaluation.comparison import MisjudgedSample


@dataclass(frozen=True)
class ComparisonView:
    """A contest in words and numbers."""

    head: str
    methods: Sequence[str]
    rows: Sequence[str]
    """A line for each method."""
    cases: Mapping[str, Sequence[MisjudgedSample]]
    notes: Mapping[str, Sequence[str]]
    recommended: str | None
    advice: str
    doubt: str
    when: str
    usable: Sequence[str]
    """What a recipe can be set to."""
