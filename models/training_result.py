"""The result of a training: the content of a model file and a summary for the technician."""

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
    """The result of training one sense."""

    facts: Mapping[str, Any]
    """Entries of the bundle's manifest."""
    learnt: Learnt
    """What the method has learnt."""
    from_what: str
    """The material, for example `30 good pictures`."""
    besides: str
    """Continues the summary's first sentence, for example `, 2 of them near-duplicates`."""

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
        """Build the result. `kind` is the sense, `facts` the manifest entries that only this sense has, `taught` the
        number of files, `refused` one sentence per file that could not be read."""
        notes = [*learnt.notes]
        if refused:
            notes.append(f"{len(refused)} files could not be read and were skipped")
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
        """Return the result with the training time added to the summary."""
        return replace(self, from_what=f"{self.from_what} in {seconds:.0f} s")

    @property
    def words(self) -> str:
        """The summary of the training and the notes, in one line."""
        return "; ".join([f"learnt from {self.from_what}{self.besides}", *self.facts["notes"]])


def learning_versions() -> dict[str, str]:
    """Return the versions of the libraries that training uses, by package name, for the manifest."""
    return installed_versions("numpy", "opencv-python-headless", "ai-edge-litert", "tensorflow")
