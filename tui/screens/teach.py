"""The screen Teach: store pictures and sound of good parts, and of defective parts for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize

from core.commands import AcceptOffers, DeleteTaught, DiscardOffers
from core.errors import GoodpartError
from core.state.material import ReviewItem
from core.state.sense_words import OTHER_SENSE, SENSE_WORDS
from core.state.snapshot import shown_sense
from core.state.verdict import Sense
from tui.jobs.sound_player import SoundPlayer
from tui.screens.base import StationScreen
from tui.screens.form import AskScreen
from tui.view.inbox import PlottedSample
from tui.view.keymap import bindings, first_key
from tui.view.view import View
from tui.widgets.picture import PicturePane
from tui.widgets.status_strip import KeysLine, StatusStrip
from tui.widgets.teaching import MetersPane, RecentPane, SoundPane, StoringPane, Teaching
from tui.widgets.title_and_footer import NoticeLine, TitleLine


class TeachScreen(StationScreen, inherit_bindings=False):
    """Shows and changes the teaching material of the recipe."""

    where = "teach"
    about = (
        "Move and exchange the part between pictures, and let light and place vary as",
        "they do at work: everything that was not taught as good is an anomaly. Begin",
        "with 25 pictures, 100 are better; of sound take 20 recordings. Defective ones",
        "are only used to test: they show what would be missed.",
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings("teach")

    def __init__(self) -> None:
        super().__init__()
        self.teaching = Teaching()
        self._playing: SoundPlayer | None = None

    def compose(self) -> ComposeResult:
        yield TitleLine(id="title")
        yield StatusStrip(id="strip")
        with Horizontal(id="body"):
            with Vertical(id="teach-left"):
                yield PicturePane("shades", id="teach-picture")
                yield RecentPane(self.teaching, id="recent")
            with Vertical(id="teach-right"):
                yield StoringPane(self.teaching, id="storing")
                yield MetersPane(id="meters")
                yield SoundPane(self.teaching, id="teach-sound")
        yield NoticeLine(id="notice")
        yield KeysLine(
            ("teach-store", "store"), ("teach-record", "record"), ("teach-kind", "good/defective"),
            ("teach-delete-last", "delete last"), ("teach-delete-all", "delete all"), ("teach-play", "play"),
            id="footer",
        )  # fmt: skip

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height < 22, "-low")

    def show(self, view: View, samples: Sequence[PlottedSample]) -> None:
        snapshot = view.snapshot
        self.set_class(snapshot.sound is not None, "-hears")
        self.set_class(snapshot.image is not None, "-sees")
        self.teaching.sense = shown_sense(snapshot, self.teaching.sense)
        self.teaching.playing = self._playing.position if self._playing else None
        if self._playing and self._playing.ended:
            trouble, self._playing = self._playing.trouble, None
            if trouble:
                self.host.say(trouble)
        super().show(view, samples)

    def on_unmount(self) -> None:
        self._stop_playing()

    def _stop_playing(self) -> None:
        if self._playing:
            self._playing.stop()
            self._playing = None

    def action_store(self) -> None:
        self.host.collect(defect=self.teaching.defect)

    def action_record(self) -> None:
        self.host.record(defect=self.teaching.defect)

    def action_kind(self) -> None:
        self.teaching.defect = not self.teaching.defect
        self.host.say(
            "storing DEFECTIVE parts from now on: only used to test"
            if self.teaching.defect
            else "storing good parts from now on, to learn from"
        )

    def action_sense(self) -> None:
        if not (self.has_class("-hears") and self.has_class("-sees")):
            self.host.say("the recipe has pictures or sound, not both")
            return
        self.teaching.sense = OTHER_SENSE[self.teaching.sense]
        self.host.say(f"the delete keys now apply to {SENSE_WORDS[self.teaching.sense].files}")

    def action_delete_last(self) -> None:
        self.host.station.do(DeleteTaught(self.teaching.sense, defect=self.teaching.defect))
        self.host.say("deleting the newest one")

    def action_delete_all(self) -> None:
        sense: Sense = self.teaching.sense
        called = self.teaching.called
        defect = self.teaching.defect

        def take(typed: Sequence[str]) -> None:
            if typed[0] != "all":
                raise GoodpartError("nothing was deleted: type the word all, or Esc")
            self.host.station.do(DeleteTaught(sense, defect=defect, every=True))
            self.host.say(f"deleting all {called}")

        question = f" This deletes all {called} of this recipe for good.\n\n To delete them, type: all"
        self.app.push_screen(AskScreen(f"delete all {called}", question, [("", "")], take, "delete"))

    def action_take_offers(self) -> None:
        if self._has_suggestions():
            newest = self._newest()
            self.host.station.do(AcceptOffers(newest.file if newest else ""))
            kind = "good" if newest and newest.good else "known defective"
            self.host.say(f"added to the {kind} pictures" if newest else "added to the teaching material")

    def action_drop_offers(self) -> None:
        if self._has_suggestions():
            newest = self._newest()
            self.host.station.do(DiscardOffers(newest.file if newest else ""))
            self.host.say("dropped the newest suggestion" if newest else "dropped the suggestions")

    def _newest(self) -> ReviewItem | None:
        """Return the newest suggested picture that is shown; None if none is, and then a key applies to all."""
        recent = self.host.station.snapshot().offers.recent
        return recent[-1] if recent else None

    def _has_suggestions(self) -> bool:
        if not self.host.station.snapshot().offers.count:
            good, bad = (first_key(self.host.keys_of(name)) for name in ("was-good", "was-bad"))
            self.host.say(f"there are no suggestions: on Watch {good} and {bad} mark the last part as good or bad")
            return False
        return True

    def action_play(self) -> None:
        if self._playing:
            self._stop_playing()
            self.host.say("stopped playing")
            return
        recipe = self.host.recipe
        if recipe is None:
            return
        self._playing = SoundPlayer(recipe.material("sound", defect=self.teaching.defect))
        self.host.say("playing the newest recording on this machine's loudspeaker")
