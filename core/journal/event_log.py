"""What of the station's doings goes into the journal, and what is wrong with the station itself."""

from __future__ import annotations

import math
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from core.journal.evidence_files import EvidencePictures, EvidenceSounds
from core.journal.sound_excerpt import SoundExcerpt
from core.journal.store import Journal, Kind
from core.recipes.recipe import Recipe
from core.samples import Picture
from core.serialization.verdict_json import map_as_json
from core.state.journal_event import JournalEvent
from core.state.parts import Part
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense, State, Thresholds, Verdict

if TYPE_CHECKING:
    from core.samples import AnomalyMap

COMPLAINT_SECONDS = 15.0


class EventLog:
    """Every method returns at once; what takes time is done on threads of its own."""

    complaints = 0
    """So many so far."""

    def __init__(self, recipe: Recipe) -> None:
        kept = recipe.settings.journal
        self._journal = Journal(recipe.journal)
        self._kept = EvidencePictures(recipe.anomalies, kept.keep_pictures, kept.keep_megabytes)
        self._kept_sounds = EvidenceSounds(recipe.anomalies, kept.keep_sounds, kept.keep_megabytes)
        self._keeper = ThreadPoolExecutor(1, "kept pictures")
        self.files = ThreadPoolExecutor(1, "files")
        """For whatever is written into the recipe, one after the other."""
        self._complaint = ("", -math.inf)
        self._unforeseen = ""
        self._told: State | None = None
        self._state: State = "UNKNOWN"
        self._health_words: dict[Sense, str] = {}
        self._writing = threading.Lock()
        self._follower: Callable[[JournalEvent], None] | None = None

    @property
    def fault(self) -> str:
        """What the station suffers from, in words: the journal's trouble while it lasts, others for a while."""
        words, at = self._complaint
        recent = words if time.monotonic() - at < COMPLAINT_SECONDS else ""
        return "; ".join(said for said in (self._journal.fault, recent) if said)

    def follow(self, follower: Callable[[JournalEvent], None]) -> None:
        """`follower` gets every row that is recorded from now on, in the journal's order, on the thread that records
        it; it must return at once and record nothing."""
        self._follower = follower

    def _write(self, kind: Kind, verdict: str = "", reason: str = "", *, at: float | None = None, **data: Any) -> None:
        with self._writing:  # several threads record
            event = self._journal.record(kind, verdict, reason, at=at, **data)
            if self._follower is not None:
                self._follower(event)

    def record(self, kind: Kind, reason: str = "", *, verdict: str = "", at: float | None = None, **data: Any) -> None:
        self._write(kind, verdict, reason, at=at, **data)

    def complain(self, words: str) -> None:
        """Something could not be done: shown for a while, and journalled."""
        with self._writing:
            self._complaint = (words, time.monotonic())
            self.complaints += 1
        self.record("fault", words)

    def unforeseen(self, error: Exception, words: str) -> None:
        """An error that is a fault of ours, with all its details; once, however often it comes again."""
        if words != self._unforeseen:
            self._unforeseen = words
            self.record("fault", words, traceback=traceback.format_exception(error))

    def health(self, sense: Sense, fault: str | None) -> None:
        """Tell when a fault of a camera or microphone comes, changes or goes."""
        # "frozen for 3 s" and "frozen for 4 s" are one fault: the words without the numbers tell.
        words = "".join(c for c in fault or "" if not c.isdigit() and c != ".")
        if words != self._health_words.get(sense, ""):
            self._health_words[sense] = words
            what = SENSE_WORDS[sense].sample
            self._write("health", "UNKNOWN" if fault else "", fault or f"the {what} can be judged again")

    def thresholds(self, sense: Sense, old: Thresholds, new: Thresholds, **how: Any) -> None:
        """`how` tells more of the means: a knob's value."""
        self.record(
            "threshold",
            new.by,
            sense=sense,
            density={"old": old.density, "new": new.density},
            reconstruction_error={"old": old.reconstruction_error, "new": new.reconstruction_error},
            **how,
        )

    def part(self, part: Part, picture: Picture | None, map: AnomalyMap | None, heard: SoundExcerpt | None) -> None:
        """A part was counted; its picture with its map and its sound are kept where they are given."""
        data = {"number": part.number, "by": part.by, **part.scores}
        self._keeper.submit(self._keep, "part", picture, map, heard, part.verdict, data, part.at)

    def shift(self, reason: str, at: float, **data: Any) -> None:
        """A shift begins: after the parts that were counted before."""
        self._keeper.submit(self.record, "shift", reason, at=at, **data)

    def verdict(
        self,
        verdict: Verdict,
        lasting: bool,
        scores: Mapping[str, Any],
        picture: Picture | None,
        map: AnomalyMap | None,
        overheard: Callable[[], SoundExcerpt | None],
        at: float,
    ) -> bool:
        """Tell when the verdict turns, at time.time() `at`; keep the picture with its map and the sound, if there are
        any, of every anomaly that is new.

        `lasting` tells an UNKNOWN for a reason that lasts from the look at another part, which is not worth a row.
        Gives whether it turned to ANOMALY.
        """
        before, self._state = self._state, verdict.state
        if verdict.state == "UNKNOWN":
            if lasting and self._told != "UNKNOWN":
                self._told = "UNKNOWN"
                self._write("verdict", "UNKNOWN", verdict.reason)
            return False
        if verdict.state == before or verdict.state == self._told != "ANOMALY":
            return False  # the next part is like the one before; only an anomaly is told each time
        self._told = verdict.state
        if verdict.state == "ANOMALY":
            self._keeper.submit(self._keep, "verdict", picture, map, overheard(), verdict, scores, at)
            return True
        self._write("verdict", verdict.state, verdict.reason, at=at, **scores)
        return False

    def _keep(
        self,
        kind: Kind,
        picture: Picture | None,
        map: AnomalyMap | None,
        heard: SoundExcerpt | None,
        verdict: Verdict,
        scores: Mapping[str, Any],
        at: float,
    ) -> None:
        data: dict[str, Any] = dict(scores)
        try:
            path = None if picture is None else self._kept.keep(picture, at)
            if path:
                data["picture"] = path.name
                if map is not None:
                    data["map"] = map_as_json(map)
        except OSError as error:
            self.complain(f"the picture of the anomaly cannot be kept ({error.strerror or error}): free the disk")
        try:
            sound = None if heard is None else self._kept_sounds.keep(heard, at)
            if sound:
                data["trace"], data["sound_file"] = sound[0].name, sound[1].name
        except (OSError, RuntimeError) as error:
            self.complain(f"the sound of the anomaly cannot be kept ({error}): free the disk")
        self._write(kind, verdict.state, verdict.reason, at=at, **data)

    def close(self, judged: int, finish: Callable[[], None]) -> None:
        """Write what waits, and the end; may take some seconds where the disk is in trouble.

        `finish` is called between the last row and the end of the journal, and may still complain.
        """
        self._keeper.shutdown(wait=True)
        self.files.shutdown(wait=True)
        self.record("stop", judged=judged)
        finish()
        self._journal.close()
