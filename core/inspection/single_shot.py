"""Single shot: nothing is judged until a part is in place; then so many pictures and so much sound make one verdict."""

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
"""Beyond what a part should take; then what has not come makes it UNKNOWN."""
STANDS_SECONDS = 3.0
"""So long a verdict stands where nobody would see the part being exchanged: sound alone, or `settle = false`."""
MOVED = Verdict("UNKNOWN", "the part was moved while it was judged: put it in once more")


class SingleShot:
    """Waiting for a part, judging it, judged. Used on the station's loop; `now` is time.monotonic().

    A verdict stands until the picture changes or cannot be trusted any more, or, where nobody would see that, for
    STANDS_SECONDS: it is never told of a part that was not judged.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._verdict, self._delay = recipe.settings.verdict, recipe.settings.trigger.delay
        self.on = self._verdict.mode == "single"
        self.state: ShotState = "waiting"
        self.by = ""
        self._senses: Sequence[Pipeline[Any]] = ()
        self._deadline = self._ended = 0.0

    def trigger(self, senses: Sequence[Pipeline[Any]], by: str, now: float) -> None:
        """A part is in place, says `by`. Raises GoodpartError, in words, where it cannot be judged now."""
        if not self.on:
            raise GoodpartError("parts are judged continuously: turn to single shots to have one judged on a word")
        if self.state == "judging":
            raise GoodpartError("a part is being judged already: wait for its verdict")
        for sense in senses:
            if sense.paused:
                raise GoodpartError("paused: nothing is judged")
            if sense.judge is None:
                raise GoodpartError(f"no part can be judged: {sense.no_model}")
        begin = now + self._delay
        takes = 0.0
        for sense in senses:
            wanted = float(self._verdict.frames) if sense.sense == "image" else self._verdict.seconds
            takes = max(takes, wanted / self._verdict.rate if sense.sense == "image" else wanted)
            sense.look_at(PartSamples(begin, wanted))
        self._senses, self.by, self.state = senses, by, "judging"
        self._deadline = begin + takes + LATE_SECONDS

    def turn(self, on: bool) -> None:
        """To single shots, or back. Raises GoodpartError while a part is judged."""
        if self.state == "judging":
            raise GoodpartError("a part is being judged: wait for its verdict")
        self.on = on
        self.state = "waiting"

    def exchanged(self, now: float) -> None:
        """The picture has changed. A part that comes to rest is gathered from anew; one whose pictures were taken
        already has gone before its sound was heard."""
        if self.state == "judged":
            self._wait()
        elif self.state == "judging":
            came = any(sense.notices_exchange and sense.look and sense.look.open for sense in self._senses)
            for sense in self._senses:
                if sense.look is None or (came and sense.notices_exchange):
                    continue
                if came:
                    sense.forget()
                    sense.look.anew(now, "the part was moved")
                else:
                    sense.look.verdict = MOVED

    def advance(self, now: float) -> Verdict | None:
        """Go on with the time; gives the verdict of the part, once, when every sense has said its own."""
        if self.state == "judging":
            looks = {sense.sense: sense.look for sense in self._senses}
            if now > self._deadline:
                for of, late in looks.items():
                    if late is not None:
                        late.fail(_late(of, late, now - late.begin), now)
            said = {of: look.verdict for of, look in looks.items() if look is not None and look.verdict is not None}
            if len(said) < len(looks):
                return None
            self.state, self._ended = "judged", now
            return joined(said)
        if self.state == "judged" and not self._seen_to_stand(now):
            self._wait()
        return None

    def due(self, now: float) -> bool:
        """Whether the time alone has something to say, though no sense has."""
        return (self.state == "judging" and now > self._deadline) or (
            self.state == "judged" and not self._seen_to_stand(now)
        )

    def _seen_to_stand(self, now: float) -> bool:
        """Whether the part that was judged still lies there, as far as anybody can tell."""
        watching = [sense for sense in self._senses if sense.notices_exchange]
        if not watching:
            return now - self._ended < STANDS_SECONDS
        return not any(sense.resting or sense.hung for sense in watching)

    def _wait(self) -> None:
        self.state = "waiting"
        for sense in self._senses:
            sense.look = None
            sense.forget()

    def verdict(self, senses: Sequence[Pipeline[Any]], last: Part | None, since: float) -> Verdict:
        """What is to be told now; `last` is the newest part that was counted, `since` seconds ago."""
        if self.state == "judging":
            return Verdict("UNKNOWN", f"judging: {_gathered(self.snapshot())}")
        ago = f"{_ago(since)} ago" if last else ""
        if self.state == "judged" and last:
            return Verdict(last.verdict.state, f"part {last.number}, {ago}: {last.verdict.reason}")
        lacking = [sense.no_model for sense in senses if sense.judge is None]
        if lacking:
            return Verdict("UNKNOWN", "; ".join(lacking))
        # A motor that stands still between parts is no news; a camera that is dark is.
        wrong = {sense.sense: sense.said().reason for sense in senses if sense.resting or sense.hung}
        words = [wrong["image"]] if "image" in wrong else []
        words.append(WAITING)
        if last:
            words.append(f"last: {last.number} {last.verdict.state}, {ago}")
        words += [wrong["sound"]] if "sound" in wrong else []
        return Verdict("UNKNOWN", "; ".join(words))

    def snapshot(self) -> Shot:
        looks = {sense.sense: sense.look for sense in self._senses} if self.state != "waiting" else {}
        image, sound = looks.get("image"), looks.get("sound")
        return Shot(
            self.state,
            int(image.got) if image else 0,
            int(image.wanted) if image else 0,
            sound.got if sound else 0.0,
            sound.wanted if sound else 0.0,
        )


def _gathered(shot: Shot) -> str:
    said = [f"{shot.pictures} of {shot.of_pictures} pictures"] if shot.of_pictures else []
    said += [f"{shot.seconds:.1f} of {shot.of_seconds:.1f} s of sound"] if shot.of_seconds else []
    return ", ".join(said)


def _late(of: Sense, look: PartSamples[Any], seconds: float) -> str:
    note = f" ({look.note})" if look.note else ""
    if of == "image":
        return f"only {look.got:.0f} of {look.wanted:.0f} pictures came in {seconds:.0f} s{note}"
    return f"only {look.got:.1f} of {look.wanted:.1f} s of sound came in {seconds:.0f} s{note}"


def _ago(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
