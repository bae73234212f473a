"""What of the station's doings goes into the journal, and what is wrong with the station itself."""

from __future__ import annotations

import math
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from core.journal import Journal, Kind
from core.kept import KeptPictures
from core.recipe import Recipe
from core.snapshot import Judgement, State, Thresholds, Verdict
from core.sources.base import Picture

COMPLAINT_SECONDS = 15.0


class Logbook:
    """Every method returns at once; what takes time is done on threads of its own."""

    def __init__(self, recipe: Recipe) -> None:
        kept = recipe.settings.journal
        self._journal = Journal(recipe.journal)
        self._kept = KeptPictures(recipe.anomalies, kept.keep_pictures, kept.keep_megabytes)
        self._keeper = ThreadPoolExecutor(1, "kept pictures")
        self._complaint = ("", -math.inf)
        self._unforeseen = ""
        self._told: State | None = None
        self._health_words = ""

    @property
    def fault(self) -> str:
        """What the station suffers from, in words: the journal's trouble while it lasts, others for a while."""
        words, at = self._complaint
        recent = words if time.monotonic() - at < COMPLAINT_SECONDS else ""
        return "; ".join(said for said in (self._journal.fault, recent) if said)

    def record(self, kind: Kind, reason: str = "", **data: Any) -> None:
        self._journal.record(kind, reason=reason, **data)

    def complain(self, words: str) -> None:
        """Something could not be done: shown for a while, and journalled."""
        self._complaint = (words, time.monotonic())
        self.record("fault", words)

    def unforeseen(self, error: Exception, words: str) -> None:
        """An error that is a fault of ours, with all its details; once, however often it comes again."""
        if words != self._unforeseen:
            self._unforeseen = words
            self.record("fault", words, traceback=traceback.format_exception(error))

    def health(self, fault: str | None) -> None:
        """Tell when a fault of the picture comes, changes or goes."""
        # "frozen for 3 s" and "frozen for 4 s" are one fault: the words without the numbers tell.
        words = "".join(c for c in fault or "" if not c.isdigit() and c != ".")
        if words != self._health_words:
            self._health_words = words
            self._journal.record("health", "UNKNOWN" if fault else "", fault or "the picture can be judged again")

    def thresholds(self, old: Thresholds, new: Thresholds) -> None:
        self.record(
            "threshold",
            new.by,
            density={"old": old.density, "new": new.density},
            reconstruction_error={"old": old.reconstruction_error, "new": new.reconstruction_error},
        )

    def unknown(self, verdict: Verdict) -> None:
        """Nothing can be judged."""
        if self._told != "UNKNOWN":
            self._told = "UNKNOWN"
            self._journal.record("verdict", "UNKNOWN", verdict.reason)

    def judged(self, verdict: Verdict, before: State, scores: dict[str, float | None], picture: Picture) -> None:
        """Tell when the verdict turned from what it was `before`; keep the picture of every anomaly that is new."""
        if verdict.state == before:
            return
        if verdict.state == "UNKNOWN":
            return  # a part was exchanged; what it turns to comes in a moment
        if verdict.state == self._told != "ANOMALY":
            return  # the next part is like the one before; only an anomaly is told each time
        self._told = verdict.state
        if verdict.state == "ANOMALY":
            self._keeper.submit(self._keep, picture, verdict, scores, time.time())
        else:
            self._journal.record("verdict", verdict.state, verdict.reason, **scores)

    def _keep(self, picture: Picture, verdict: Verdict, scores: dict[str, float | None], at: float) -> None:
        data: dict[str, Any] = dict(scores)
        try:
            path = self._kept.keep(picture, at)
            if path:
                data["picture"] = path.name
        except OSError as error:
            self.complain(f"the picture of the anomaly cannot be kept ({error.strerror or error}): free the disk")
        self._journal.record("verdict", verdict.state, verdict.reason, at=at, **data)

    def close(self, judged: int) -> None:
        """Write what waits, and the end; may take some seconds where the disk is in trouble."""
        self._keeper.shutdown(wait=True)
        self.record("stop", judged=judged)
        self._journal.close()


def scores_as_json(judgement: Judgement, thresholds: Thresholds) -> dict[str, float | None]:
    """The numbers of a judgement under the names of the command line's contract; None for what is no number."""
    numbers = {
        "score": judgement.score,
        "density": judgement.density,
        "density_threshold": thresholds.density,
        "reconstruction_error": judgement.reconstruction_error,
        "reconstruction_error_threshold": thresholds.reconstruction_error,
        "p_value": judgement.p_value,
    }
    return {name: number if math.isfinite(number) else None for name, number in numbers.items()}
