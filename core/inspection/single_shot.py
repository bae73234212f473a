"""Single shot: judging starts when a part is in place; a fixed amount of pictures and sound makes one verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.decision.verdict import joined
from core.errors import GoodpartError
from core.pipelines.part_samples import PartSamples
from core.recipes.recipe import Recipe
from core.state.parts import WAITING, Part, Shot, ShotState
from core.state.verdict import Sense, Verdict

if TYPE_CHECKING:
    from core.pipelines.base import Pipeline

LATE_SECONDS = 5.0
"""Seconds beyond the time that a part should take; if samples are still missing then, the part is UNKNOWN."""
STANDS_SECONDS = 3.0
"""Seconds that a verdict is shown if no sense notices the exchange of the part: sound alone, or `settle = false`."""
MOVED = Verdict("UNKNOWN", "the part was moved while it was judged: put it in once more")


class SingleShot:
    """Three states: waiting for a part, judging it, judged. Runs on the station's loop; `now` is time.monotonic().

    A verdict is shown until the picture changes or cannot be trusted any more, or for STANDS_SECONDS if no sense
    notices an exchange. So it is never shown for a part that was not judged.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._verdict, self._delay = recipe.settings.verdict, recipe.settings.trigger.delay
        self.on = self._verdict.mode == "single"
        self.state: ShotState = "waiting"
        self.by = ""
        self._senses: Sequence[Pipeline[Any]] = ()
        self._deadline = self._ended = 0.0

    def trigger(self, senses: Sequence[Pipeline[Any]], by: str, now: float) -> None:
        """Start judging the part in place; `by` names the trigger. Raises GoodpartError if it cannot be judged now."""
        if not self.on:
            raise GoodpartError("parts are judged continuously: switch to single shots to judge a part on a trigger")
        if self.state == "judging":
            raise GoodpartError("a part is being judged already: wait for its verdict")
        for sense in senses:
            if sense.paused:
                raise GoodpartError("paused: nothing is judged")
            if sense.judge is None:
                raise GoodpartError(f"no part can be judged: {sense.no_model}")
        begin = now + self._delay
        duration = 0.0
        for sense in senses:
            wanted = float(self._verdict.frames) if sense.sense == "image" else self._verdict.seconds
            duration = max(duration, wanted / self._verdict.rate if sense.sense == "image" else wanted)
            sense.begin_part(PartSamples(begin, wanted))
        self._senses, self.by, self.state = senses, by, "judging"
        self._deadline = begin + duration + LATE_SECONDS

    def turn(self, on: bool) -> None:
        """Switch to single shots (true) or to continuous judging. Raises GoodpartError while a part is being judged."""
        if self.state == "judging":
            raise GoodpartError("a part is being judged: wait for its verdict")
        self.on = on
        self.state = "waiting"

    def exchanged(self, now: float) -> None:
        """The picture has changed. While pictures are missing, the part has just come to rest: start again with it.
        If its pictures are complete, the part was removed before its sound was complete: it is UNKNOWN."""
        if self.state == "judged":
            self._wait()
        elif self.state == "judging":
            settling = any(
                sense.notices_exchange and sense.part_samples and sense.part_samples.open for sense in self._senses
            )
            for sense in self._senses:
                if sense.part_samples is None or (settling and sense.notices_exchange):
                    continue
                if settling:
                    sense.forget()
                    sense.part_samples.restart(now, "the part was moved")
                else:
                    sense.part_samples.verdict = MOVED

    def advance(self, now: float) -> Verdict | None:
        """Apply the time limits. Return the verdict of the part, once, as soon as every sense has its own."""
        if self.state == "judging":
            gathered = {sense.sense: sense.part_samples for sense in self._senses}
            if now > self._deadline:
                for sense, late in gathered.items():
                    if late is not None:
                        late.fail(_late(sense, late, now - late.begin), now)
            verdicts = {
                sense: part.verdict for sense, part in gathered.items() if part is not None and part.verdict is not None
            }
            if len(verdicts) < len(gathered):
                return None
            self.state, self._ended = "judged", now
            return joined(verdicts)
        if self.state == "judged" and not self._still_in_place(now):
            self._wait()
        return None

    def due(self, now: float) -> bool:
        """Whether a time limit has passed, so that `advance` must be called even if no sense has a new sample."""
        return (self.state == "judging" and now > self._deadline) or (
            self.state == "judged" and not self._still_in_place(now)
        )

    def _still_in_place(self, now: float) -> bool:
        """Whether the judged part is still in place, as far as the senses can notice."""
        watching = [sense for sense in self._senses if sense.notices_exchange]
        if not watching:
            return now - self._ended < STANDS_SECONDS
        return not any(sense.resting or sense.hung for sense in watching)

    def _wait(self) -> None:
        self.state = "waiting"
        for sense in self._senses:
            sense.part_samples = None
            sense.forget()

    def verdict(self, senses: Sequence[Pipeline[Any]], last: Part | None, since: float) -> Verdict:
        """Return the present verdict, UNKNOWN while waiting or judging. `last` is the newest counted part, counted
        `since` seconds ago."""
        if self.state == "judging":
            return Verdict("UNKNOWN", f"judging: {_gathered(self.snapshot())}")
        ago = f"{_ago(since)} ago" if last else ""
        if self.state == "judged" and last:
            return Verdict(last.verdict.state, f"part {last.number}, {ago}: {last.verdict.reason}")
        lacking = [sense.no_model for sense in senses if sense.judge is None]
        if lacking:
            return Verdict("UNKNOWN", "; ".join(lacking))
        # A dark camera comes first; a motor that is silent between parts is normal and comes last.
        faults = {sense.sense: sense.current_verdict().reason for sense in senses if sense.resting or sense.hung}
        reasons = [faults["image"]] if "image" in faults else []
        reasons.append(WAITING)
        if last:
            reasons.append(f"last: {last.number} {last.verdict.state}, {ago}")
        reasons += [faults["sound"]] if "sound" in faults else []
        return Verdict("UNKNOWN", "; ".join(reasons))

    def snapshot(self) -> Shot:
        """The state, and how many pictures and seconds of sound are gathered and wanted."""
        gathered = {sense.sense: sense.part_samples for sense in self._senses} if self.state != "waiting" else {}
        image, sound = gathered.get("image"), gathered.get("sound")
        return Shot(
            self.state,
            int(image.gathered) if image else 0,
            int(image.wanted) if image else 0,
            sound.gathered if sound else 0.0,
            sound.wanted if sound else 0.0,
        )


def _gathered(shot: Shot) -> str:
    progress = [f"{shot.pictures} of {shot.of_pictures} pictures"] if shot.of_pictures else []
    progress += [f"{shot.seconds:.1f} of {shot.of_seconds:.1f} s of sound"] if shot.of_seconds else []
    return ", ".join(progress)


def _late(sense: Sense, part: PartSamples[Any], seconds: float) -> str:
    note = f" ({part.note})" if part.note else ""
    if sense == "image":
        return f"only {part.gathered:.0f} of {part.wanted:.0f} pictures came in {seconds:.0f} s{note}"
    return f"only {part.gathered:.1f} of {part.wanted:.1f} s of sound came in {seconds:.0f} s{note}"


def _ago(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
