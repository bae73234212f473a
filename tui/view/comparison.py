"""A comparison as screens show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.evaluation.comparison import MisjudgedSample


@dataclass(frozen=True)
class ComparisonView:
    """A comparison of methods as texts and numbers."""

    head: str
    """The head of the table."""
    methods: Sequence[str]
    """Names, one per row of the table."""
    rows: Sequence[str]
    """The lines of the table, one per method."""
    cases: Mapping[str, Sequence[MisjudgedSample]]
    """The worst cases of each method."""
    notes: Mapping[str, Sequence[str]]
    """Remarks on each method."""
    recommended: str | None
    """The recommended method; None without a recommendation."""
    advice: str
    """The recommendation in one sentence."""
    doubt: str
    """How certain it is."""
    when: str
    """Date and time of the comparison."""
    usable: Sequence[str]
    """Methods that a recipe can use."""
