"""The last call, and the operator's word on it: it was good, it was bad."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.dataset.inventory import RECENT
from core.dataset.review_queue import (
    Offer,
    accept,
    counted,
    discard,
    named,
    newest_pictures,
    offer_picture,
    offer_sound,
    withdraw,
)
from core.errors import GoodpartError, UnreadableError
from core.journal.evidence_files import name_at
from core.journal.log import StationLog
from core.recipes.recipe import Recipe
from core.samples import Picture, SoundBlock
from core.serialization.verdict_json import map_as_json
from core.state.material import ReviewItem, ReviewQueue
from core.state.parts import Call, Word
from core.state.verdict import Sense, Verdict

if TYPE_CHECKING:
    from core.samples import AnomalyMap


@dataclass(frozen=True)
class CallMaterial:
    """What a call was made of: teaching material, should the operator know better."""

    picture: Picture | None
    map: AnomalyMap | None
    """Of the picture."""
    sound: Sequence[SoundBlock]
    scores: Mapping[str, Any]
    called: Collection[Sense]
    """The senses that said ANOMALY."""


class OperatorFeedback:
    """`made` is for the station's loop; `say`, `look` are for a thread that may wait for the disk."""

    def __init__(self, recipe: Recipe, log: StationLog) -> None:
        self._recipe = recipe
        self._log = log
        self._material = CallMaterial(None, None, (), {}, ())
        self.call: Call | None = None
        self.offers = ReviewQueue()

    def made(self, at: float, verdict: Verdict, material: CallMaterial, part: int | None = None) -> None:
        """There is a new OK or ANOMALY; `at` is time.time() as in its row of the journal."""
        self.call, self._material = Call(at, verdict, part), material

    def look(self, told: str = "") -> None:
        """Count what is offered, and see the newest pictures of it. Raises GoodpartError."""
        counts, recent = counted(self._recipe), self._recent()
        self.offers = replace(counts, told=told or self.offers.told, recent=recent)

    def _recent(self) -> tuple[ReviewItem, ...]:
        from core.features.image.picture import decode_picture, small_preview

        known = {one.file: one for one in self.offers.recent}
        shown: list[ReviewItem] = []
        for path in newest_pictures(self._recipe, RECENT):
            file = path.relative_to(self._recipe.folder).as_posix()
            if file not in known:
                try:
                    preview = small_preview(decode_picture(path))
                except UnreadableError:
                    continue  # teaching refuses it, and says so
                known[file] = ReviewItem(file, path.parent.parent.name == "good", preview)
            shown.append(known[file])
        return tuple(shown)

    def accept(self, file: str = "") -> None:
        """Teach what is offered, or one file of it, named from the recipe's folder. Raises GoodpartError."""
        said = accept(self._recipe, named(self._recipe, file) if file else None)
        for words in said:
            self._log.record("teaching", words)
        self.look("; ".join(said) or "nothing is offered")

    def discard(self, file: str = "") -> None:
        """Raises GoodpartError."""
        count = discard(self._recipe, named(self._recipe, file) if file else None)
        told = f"{count} offered file{'' if count == 1 else 's'} discarded"
        self._log.record("teaching", told)
        self.look(told)

    def say(self, word: Word, about: float | None = None) -> None:
        """The part of the last call was good, or bad; `about` is the call that was meant, where it may be another by
        now. A second word takes the place of the first. Raises GoodpartError."""
        call, material = self.call, self._material
        if call is None:
            raise GoodpartError("nothing was called yet that could be right or wrong")
        if about is not None and call.at != about:
            raise GoodpartError("another part has been judged meanwhile: say it again if you mean that one")
        if call.word == word:
            raise GoodpartError(f"that was said already: it was {word}")
        withdraw(self._recipe, call.offered)
        places = self._offer(call, material, word)
        if self.call is call:  # no other was made meanwhile
            self.call = replace(call, word=word, offered=places)
        self.look()
        picture = name_at(call.at)
        kept: dict[str, Any] = {"picture": picture} if (self._recipe.anomalies / picture).exists() else {}
        if kept and material.map is not None:
            kept["map"] = map_as_json(material.map)
        self._log.record(
            "word",
            f"it was {word}",
            verdict=call.verdict.state,
            word=word,
            about={"at": call.at, "verdict": call.verdict.state, "reason": call.verdict.reason, "part": call.part},
            offered=list(places),
            **kept,
            **material.scores,
        )

    def _offer(self, call: Call, material: CallMaterial, word: Word) -> tuple[str, ...]:
        """What was called rightly as good teaches nothing new. Of a part that was bad though nobody called it, any
        sense may have missed it."""
        if word == "good" and call.verdict.state == "OK":
            return ()
        offer: Offer = "good" if word == "good" else "defect"
        senses = material.called or ("image", "sound")
        places = []
        if "image" in senses and material.picture is not None:
            places.append(offer_picture(self._recipe, offer, material.picture, call.at))
        if "sound" in senses:
            place = offer_sound(self._recipe, offer, material.sound, call.at)
            places += [place] if place else []
        return tuple(place.relative_to(self._recipe.folder).as_posix() for place in places)
