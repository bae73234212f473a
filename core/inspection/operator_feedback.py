"""The last verdict, and the operator's feedback on it: the part was good, or it was bad."""

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
    """The samples behind a verdict; they become teaching material if the operator corrects it."""

    picture: Picture | None
    map: AnomalyMap | None
    """Anomaly map of the picture."""
    sound: Sequence[SoundBlock]
    """The last seconds of sound."""
    scores: Mapping[str, Any]
    """Scores per sense (`image`, `sound`), as the journal stores them."""
    called: Collection[Sense]
    """The senses whose verdict is ANOMALY."""


class OperatorFeedback:
    """Takes the operator's feedback and fills the review queue with it.

    `made` runs on the station's loop; the other methods on a thread that may wait for the disk.
    """

    def __init__(self, recipe: Recipe, log: StationLog) -> None:
        self._recipe = recipe
        self._log = log
        self._material = CallMaterial(None, None, (), {}, ())
        self.call: Call | None = None
        self.offers = ReviewQueue()

    def made(self, at: float, verdict: Verdict, material: CallMaterial, part: int | None = None) -> None:
        """Remember a new OK or ANOMALY. `at` is time.time() as in its journal row, `part` the number of the part."""
        self.call, self._material = Call(at, verdict, part), material

    def look(self, told: str = "") -> None:
        """Count the review queue again and load its newest pictures; `told` is the result of the last action, as text.

        Raises GoodpartError if the folder cannot be read.
        """
        counts, recent = counted(self._recipe), self._recent()
        self.offers = replace(counts, told=told or self.offers.told, recent=recent)

    def _recent(self) -> tuple[ReviewItem, ...]:
        from core.features.image.picture import decode_picture, small_preview

        known = {item.file: item for item in self.offers.recent}
        shown: list[ReviewItem] = []
        for path in newest_pictures(self._recipe, RECENT):
            file = path.relative_to(self._recipe.folder).as_posix()
            if file not in known:
                try:
                    preview = small_preview(decode_picture(path))
                except UnreadableError:
                    continue  # teaching refuses the file and reports it
                known[file] = ReviewItem(file, path.parent.parent.name == "good", preview)
            shown.append(known[file])
        return tuple(shown)

    def accept(self, file: str = "") -> None:
        """Teach the review queue, or one `file` of it (path relative to the recipe's folder). Raises GoodpartError."""
        results = accept(self._recipe, named(self._recipe, file) if file else None)
        for result in results:
            self._log.record("teaching", result)
        self.look("; ".join(results) or "nothing is offered")

    def discard(self, file: str = "") -> None:
        """Delete the review queue, or one `file` of it (path relative to the recipe's folder). Raises GoodpartError."""
        count = discard(self._recipe, named(self._recipe, file) if file else None)
        result = f"{count} offered file{'' if count == 1 else 's'} discarded"
        self._log.record("teaching", result)
        self.look(result)

    def say(self, word: Word, about: float | None = None) -> None:
        """Record that the part of the last verdict was good or bad; a second statement replaces the first.

        `about` is the time of the verdict that the operator saw. Raises GoodpartError if there is no verdict, if a
        newer one has come since `about`, if the same was recorded before, or if the files cannot be written.
        """
        call, material = self.call, self._material
        if call is None:
            raise GoodpartError("there is no OK or ANOMALY yet to confirm or correct")
        if about is not None and call.at != about:
            raise GoodpartError("another part has been judged meanwhile: repeat it if you mean that one")
        if call.word == word:
            raise GoodpartError(f"it is recorded already that the part was {word}")
        withdraw(self._recipe, call.offered)
        offered = self._offer(call, material, word)
        if self.call is call:  # no newer verdict has come meanwhile
            self.call = replace(call, word=word, offered=offered)
        self.look()
        picture = name_at(call.at)
        evidence: dict[str, Any] = {"picture": picture} if (self._recipe.anomalies / picture).exists() else {}
        if evidence and material.map is not None:
            evidence["map"] = map_as_json(material.map)
        self._log.record(
            "word",
            f"it was {word}",
            verdict=call.verdict.state,
            word=word,
            about={"at": call.at, "verdict": call.verdict.state, "reason": call.verdict.reason, "part": call.part},
            offered=list(offered),
            **evidence,
            **material.scores,
        )

    def _offer(self, call: Call, material: CallMaterial, word: Word) -> tuple[str, ...]:
        """Put samples into the review queue; return their paths relative to the recipe's folder.

        Samples come from the senses whose verdict was ANOMALY, otherwise from both: either may have missed the defect.
        """
        if word == "good" and call.verdict.state == "OK":
            return ()  # a good part that was judged OK teaches nothing new
        offer: Offer = "good" if word == "good" else "defect"
        senses = material.called or ("image", "sound")
        paths = []
        if "image" in senses and material.picture is not None:
            paths.append(offer_picture(self._recipe, offer, material.picture, call.at))
        if "sound" in senses:
            path = offer_sound(self._recipe, offer, material.sound, call.at)
            paths += [path] if path else []
        return tuple(path.relative_to(self._recipe.folder).as_posix() for path in paths)
