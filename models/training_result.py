"""What a run of learning gives: the content of a bundle, and words."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from core.runtime.versions import installed_versions
from core.state.verdict import Sense
from models.base import Learnt


@dataclass(frozen=True)
class TrainingResult:
    facts: Mapping[str, Any]
    """For the bundle's manifest."""
    learnt: Learnt
    from_what: str
    """`30 good pictures`"""
    besides: str

    @classmethod
    def of(
        cls,
        kind: Sense,
        method: str,
        learnt: Learnt,
        facts: Mapping[str, Any],
        seed: int,
        taught: int,
        from_what: str,
        besides: str = "",
        refused: Sequence[str] = (),
    ) -> Self:
        """`facts` are those that only this kind has; `refused` says what could not be read."""
        notes = [*learnt.notes]
        if refused:
            notes.append(f"{len(refused)} files could not be read and were passed over")
        common = {
            "kind": kind,
            "method": method,
            "taught": taught,
            "trained_at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "backbone": learnt.backbone,
            "settings": dict(learnt.settings),
            "notes": notes,
            "seed": seed,
            "versions": learning_versions(),
        }
        return cls({**common, **facts}, learnt, from_what, besides)

    def after(self, seconds: float) -> Self:
        return replace(self, from_what=f"{self.from_what} in {seconds:.0f} s")

    @property
    def words(self) -> str:
        """What was learnt, in a sentence, with what the technician must read."""
        return "; ".join([f"learnt from {self.from_what}{self.besides}", *self.facts["notes"]])


def learning_versions() -> dict[str, str]:
    """Versions of everything that learning rests on, for the manifest."""
    return installed_versions("numpy", "opencv-python-headless", "ai-edge-litert", "tensorflow")
