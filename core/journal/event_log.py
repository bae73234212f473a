"""Writes the station's events into the journal and reports faults of the station itself."""

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
"""Seconds that a complaint is shown."""


class EventLog:
    """Journals events. Every method except `close` returns at once; slow work runs on the log's own threads."""

    complaints = 0
    """Number of complaints since the station began."""

    def __init__(self, recipe: Recipe) -> None:
        settings = recipe.settings.journal
        self._journal = Journal(recipe.journal)
        self._evidence_pictures = EvidencePictures(recipe.anomalies, settings.keep_pictures, settings.keep_megabytes)
        self._evidence_sounds = EvidenceSounds(recipe.anomalies, settings.keep_sounds, settings.keep_megabytes)
        self._evidence_writer = ThreadPoolExecutor(1, "kept pictures")
        self.files = ThreadPoolExecutor(1, "files")
        """Runs everything that writes into the recipe's folder, one job after the other."""
        self._complaint = ("", -math.inf)
        self._last_error = ""
        self._journalled: State | None = None
        self._state: State = "UNKNOWN"
        self._health_faults: dict[Sense, str] = {}
        self._writing = threading.Lock()
        self._follower: Callable[[JournalEvent], None] | None = None

    @property
    def fault(self) -> str:
        """What is wrong with the station, as text; empty if nothing is.

        A fault of the journal is shown while it lasts, a complaint for COMPLAINT_SECONDS.
        """
        complaint, at = self._complaint
        recent = complaint if time.monotonic() - at < COMPLAINT_SECONDS else ""
        return "; ".join(fault for fault in (self._journal.fault, recent) if fault)

    def follow(self, follower: Callable[[JournalEvent], None]) -> None:
        """Pass every row that is recorded from now on to `follower`, in the journal's order.

        It is called on the thread that records the row; it must return at once and must not record anything.
        """
        self._follower = follower

    def _write(self, kind: Kind, verdict: str = "", reason: str = "", *, at: float | None = None, **data: Any) -> None:
        with self._writing:  # several threads record
            event = self._journal.record(kind, verdict, reason, at=at, **data)
            if self._follower is not None:
                self._follower(event)

    def record(self, kind: Kind, reason: str = "", *, verdict: str = "", at: float | None = None, **data: Any) -> None:
        """Write one row. `at` is time.time(), by default now; `data` must be JSON values."""
        self._write(kind, verdict, reason, at=at, **data)

    def complain(self, words: str) -> None:
        """Something could not be done: show it for COMPLAINT_SECONDS and journal it."""
        with self._writing:
            self._complaint = (words, time.monotonic())
            self.complaints += 1
        self.record("fault", words)

    def unforeseen(self, error: Exception, words: str) -> None:
        """Journal a programming error with its traceback. Repetitions of the same text are not journalled again."""
        if words != self._last_error:
            self._last_error = words
            self.record("fault", words, traceback=traceback.format_exception(error))

    def health(self, sense: Sense, fault: str | None) -> None:
        """Journal when a fault of a camera or microphone begins, changes or ends; `fault` is None while it is well."""
        # "frozen for 3 s" and "frozen for 4 s" are the same fault: compare without the numbers.
        fault_kind = "".join(c for c in fault or "" if not c.isdigit() and c != ".")
        if fault_kind != self._health_faults.get(sense, ""):
            self._health_faults[sense] = fault_kind
            sample = SENSE_WORDS[sense].sample
            self._write("health", "UNKNOWN" if fault else "", fault or f"the {sample} can be judged again")

    def thresholds(self, sense: Sense, old: Thresholds, new: Thresholds, **how: Any) -> None:
        """Journal a change of thresholds. `how` holds details of the change, such as the knob's value."""
        self.record(
            "threshold",
            new.by,
            sense=sense,
            density={"old": old.density, "new": new.density},
            reconstruction_error={"old": old.reconstruction_error, "new": new.reconstruction_error},
            **how,
        )

    def part(self, part: Part, picture: Picture | None, map: AnomalyMap | None, heard: SoundExcerpt | None) -> None:
        """Journal a counted part. Picture, map and sound are kept as evidence files unless they are None."""
        data = {"number": part.number, "by": part.by, **part.scores}
        self._evidence_writer.submit(self._keep, "part", picture, map, heard, part.verdict, data, part.at)

    def shift(self, reason: str, at: float, **data: Any) -> None:
        """Journal the begin of a shift at time.time() `at`."""
        # On the thread that writes parts, so that the row follows those of all parts counted before.
        self._evidence_writer.submit(self.record, "shift", reason, at=at, **data)

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
        """Journal a change of the verdict at time.time() `at`. Of a new anomaly, keep picture, map and sound if given.

        An UNKNOWN is journalled only if it is `lasting`, not while the next part is put in. `overheard` returns the
        last seconds of sound. Returns whether the verdict changed to ANOMALY.
        """
        before, self._state = self._state, verdict.state
        if verdict.state == "UNKNOWN":
            if lasting and self._journalled != "UNKNOWN":
                self._journalled = "UNKNOWN"
                self._write_in_turn(verdict, {}, at)
            return False
        if verdict.state == before or verdict.state == self._journalled != "ANOMALY":
            return False  # the next part is like the one before; only an anomaly is journalled each time
        self._journalled = verdict.state
        if verdict.state == "ANOMALY":
            self._evidence_writer.submit(self._keep, "verdict", picture, map, overheard(), verdict, scores, at)
            return True
        self._write_in_turn(verdict, scores, at)
        return False

    def _write_in_turn(self, verdict: Verdict, scores: Mapping[str, Any], at: float) -> None:
        """Journal a verdict after the rows of all earlier anomalies, which wait for their evidence."""
        self._evidence_writer.submit(self._write, "verdict", verdict.state, verdict.reason, at=at, **scores)

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
            path = None if picture is None else self._evidence_pictures.keep(picture, at)
            if path:
                data["picture"] = path.name
                if map is not None:
                    data["map"] = map_as_json(map)
        except OSError as error:
            self.complain(f"the picture of the anomaly cannot be kept ({error.strerror or error}): free the disk")
        try:
            sound = None if heard is None else self._evidence_sounds.keep(heard, at)
            if sound:
                data["trace"], data["sound_file"] = sound[0].name, sound[1].name
        except (OSError, RuntimeError) as error:
            self.complain(f"the sound of the anomaly cannot be kept ({error}): free the disk")
        self._write(kind, verdict.state, verdict.reason, at=at, **data)

    def close(self, judged: int, finish: Callable[[], None]) -> None:
        """Write everything that waits and the `stop` row; takes some seconds if the disk fails.

        `finish` is called after the `stop` row, before the journal is closed; it may still complain. `judged` is the
        number of judged pictures.
        """
        self._evidence_writer.shutdown(wait=True)
        self.files.shutdown(wait=True)
        self.record("stop", judged=judged)
        finish()
        self._journal.close()
